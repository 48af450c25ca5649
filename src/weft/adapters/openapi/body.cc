#include "weft/adapters/openapi/body.h"

#include <format>

#include "weft/adapters/openapi/styles.h"
#include "weft/wire/base64.h"
#include "weft/wire/http.h"

namespace weft::adapters::openapi {
namespace {

/// A file as an argument gave it.
struct File {
  std::string bytes;
  std::string filename;
  std::string media_type;
};

std::unexpected<Error> wrong(std::string_view name, std::string_view words) {
  return fail(
      make_argument_error("/" + json::escape_pointer(name), std::format("/{}: {}", name, words)));
}

Result<File> file_of_text(std::string_view name, std::string_view text, bool base64) {
  File file;
  if (text.starts_with("data:")) {
    const auto comma = text.find(',');
    const auto head = text.substr(5, comma == std::string_view::npos ? 0 : comma - 5);
    if (comma != std::string_view::npos && head.ends_with(";base64")) {
      auto bytes = wire::base64_decode(text.substr(comma + 1));
      if (!bytes) return wrong(name, "the data URL is not base64");
      return File{std::move(*bytes), "", std::string(head.substr(0, head.size() - 7))};
    }
  }
  if (!base64) return File{std::string(text), "", ""};
  auto bytes = wire::base64_decode(text);
  if (!bytes) return wrong(name, "expected base64");
  file.bytes = std::move(*bytes);
  return file;
}

Result<File> file_of(std::string_view name, const json::value& value, bool base64) {
  if (value.is_string()) return file_of_text(name, value.get_string(), base64);
  const auto* o = value.if_object();
  if (!o)
    return wrong(name, "expected a file: text, a data: URL or an object with `base64` or `text`");
  File file;
  if (const auto* text = json::find(*o, "base64"); text && text->is_string()) {
    auto bytes = wire::base64_decode(text->get_string());
    if (!bytes) return wrong(name, "`base64` is no base64");
    file.bytes = std::move(*bytes);
  } else {
    file.bytes = json::string_at(*o, "text");
  }
  file.filename = json::string_at(*o, "filename");
  file.media_type = json::string_at(*o, "media_type");
  if (!file.media_type.empty() && !wire::valid_header_value(file.media_type)) {
    return wrong(name, "the media type holds characters that no header may hold");
  }
  return file;
}

/// A name in Content-Disposition: quotes and line ends are percent-encoded, as browsers do.
std::string disposition_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (c != '\0') {
      out += c;
    }
  }
  return out;
}

class Multipart {
 public:
  explicit Multipart(std::string_view boundary) : boundary_(boundary) {}

  void field(std::string_view name, std::string_view type, std::string_view text) {
    begin(name, "", type);
    out_ += text;
    out_ += "\r\n";
  }
  void file(std::string_view name, const File& file, std::string_view type) {
    begin(name, file.filename.empty() ? name : file.filename,
          file.media_type.empty() ? type : file.media_type);
    out_ += file.bytes;
    out_ += "\r\n";
  }
  std::string take() {
    out_ += std::format("--{}--\r\n", boundary_);
    return std::move(out_);
  }

 private:
  void begin(std::string_view name, std::string_view filename, std::string_view type) {
    out_ += std::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", boundary_,
                        disposition_name(name));
    if (!filename.empty()) out_ += std::format("; filename=\"{}\"", disposition_name(filename));
    if (!type.empty()) out_ += std::format("\r\nContent-Type: {}", type);
    out_ += "\r\n\r\n";
  }
  std::string_view boundary_;
  std::string out_;
};

Result<void> add_multipart_field(Multipart& form, std::string_view name, const json::value& value,
                                 const FieldEncoding& encoding) {
  if (encoding.file) {
    const std::string_view type = encoding.content_type.empty()
                                      ? std::string_view("application/octet-stream")
                                      : encoding.content_type;
    WEFT_TRY(const File file, file_of(name, value, encoding.base64));
    form.file(name, file, type);
    return {};
  }
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) WEFT_CHECK(add_multipart_field(form, name, item, encoding));
    return {};
  }
  const bool as_json = value.is_object();
  const std::string_view type = !encoding.content_type.empty()
                                    ? std::string_view(encoding.content_type)
                                : as_json ? std::string_view("application/json")
                                          : std::string_view();
  form.field(name, type, plain_text_of(value));
  return {};
}

const FieldEncoding& encoding_of(const Body& body, std::string_view name) {
  static const FieldEncoding kPlain;
  const auto found = body.encodings.find(name);
  return found == body.encodings.end() ? kPlain : found->second;
}

Result<WrittenBody> write_multipart(const Body& body, const json::object& fields,
                                    std::string_view boundary) {
  Multipart form(boundary);
  for (const auto& [name, value] : fields) {
    if (value.is_null()) continue;
    WEFT_CHECK(add_multipart_field(form, name, value, encoding_of(body, name)));
  }
  return WrittenBody{std::format("multipart/form-data; boundary={}", boundary), form.take()};
}

WrittenBody write_urlencoded(const Body& body, const json::object& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.is_null()) continue;
    const FieldEncoding& encoding = encoding_of(body, name);
    Parameter parameter{.name = std::string(name), .argument = std::string(name)};
    parameter.style = encoding.style;
    parameter.explode = encoding.explode;
    parameter.as_json = encoding.content_type == "application/json";
    append_query(out, parameter, value);
  }
  return {"application/x-www-form-urlencoded", std::move(out)};
}

}  // namespace

Result<WrittenBody> write_body(const Body& body, const json::value& value,
                               std::string_view boundary) {
  const std::string_view type = body.media_type;
  const auto plain = type.substr(0, type.find(';'));
  if (plain.ends_with("/json") || plain.ends_with("+json"))
    return WrittenBody{body.media_type, json::write(value)};
  const bool form = plain == "multipart/form-data" || plain == "application/x-www-form-urlencoded";
  if (form && !value.is_object()) return wrong("body", "expected an object with the form's fields");
  if (plain == "multipart/form-data") return write_multipart(body, value.get_object(), boundary);
  if (form) return write_urlencoded(body, value.get_object());
  if (plain.starts_with("text/")) return WrittenBody{body.media_type, plain_text_of(value)};
  WEFT_TRY(File file, file_of("body", value, false));
  const bool any = plain.contains('*');
  std::string content_type = any && !file.media_type.empty() ? file.media_type : body.media_type;
  if (content_type.contains('*')) content_type = "application/octet-stream";
  return WrittenBody{std::move(content_type), std::move(file.bytes)};
}

}  // namespace weft::adapters::openapi

#include "weft/wire/multipart.h"

#include <format>

#include "weft/wire/http.h"

namespace weft::wire {
namespace {

constexpr std::size_t kBoundaryCharsMax = 70;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "%22"; break;
      case '\r': out += "%0D"; break;
      case '\n': out += "%0A"; break;
      case '\0': out += "%00"; break;
      default: out += c;
    }
  }
  out += '"';
}

bool valid_boundary(std::string_view boundary) {
  return !boundary.empty() && boundary.size() <= kBoundaryCharsMax && valid_header_name(boundary);
}

}  // namespace

Result<FormBody> write_form(const std::vector<FormPart>& parts, std::string_view boundary) {
  if (!valid_boundary(boundary))
    return fail(Reason::invalid_argument, "the boundary of a form must be a short token");
  FormBody form;
  form.content_type = std::format("multipart/form-data; boundary={}", boundary);
  for (const FormPart& part : parts) {
    if (part.content.find(boundary) != std::string::npos) {
      return fail(Reason::invalid_argument, "the boundary occurs in a part of the form");
    }
    if (!valid_header_value(part.content_type)) {
      return fail(make_argument_error("/" + part.name,
                                      "the content type of a form part is not a media type"));
    }
    form.body.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=");
    append_quoted(form.body, part.name);
    if (!part.filename.empty()) {
      form.body.append("; filename=");
      append_quoted(form.body, part.filename);
    }
    if (!part.content_type.empty())
      form.body.append("\r\nContent-Type: ").append(part.content_type);
    form.body.append("\r\n\r\n").append(part.content).append("\r\n");
  }
  form.body.append("--").append(boundary).append("--\r\n");
  return form;
}

}  // namespace weft::wire

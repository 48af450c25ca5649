#include "weft/ml/algorithms/blazingtext/engine/texts.h"

#include <algorithm>
#include <format>
#include <string>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/tabular/data_files.h"
#include "weft/wire/media_type.h"

namespace weft::ml::blazingtext {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLabel = "__label__";
constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::size_t kJsonLineBytesMax = 16 * 1024 * 1024;
/// What is put together before it is written.
constexpr std::size_t kPiece = 1024 * 1024;

std::unexpected<Error> bad(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

/// `take` is given each line, with its number, until one is wrong.
template <class Take>
Result<void> each_line(const fs::path& file, Take take) {
  WEFT_TRY(const auto mapped, MappedFile::open(file));
  std::string_view rest = mapped->bytes();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    WEFT_CHECK(take(rest.substr(0, end), number));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

/// A word that begins as a label does stands anywhere in it.
bool has_label(std::string_view line) {
  for (auto at = line.find(kLabel); at != line.npos; at = line.find(kLabel, at + 1)) {
    if (at == 0 || kBlanks.contains(line[at - 1])) return true;
  }
  return false;
}

void count(std::string_view line, Texts& out) {
  if (line.find_first_not_of(kBlanks) == line.npos) return;
  ++out.lines;
  if (has_label(line)) ++out.labelled;
}

Result<void> append_label(std::string& out, const json::value& label) {
  std::string text;
  if (label.is_string()) {
    text = label.get_string();
  } else if (label.is_int64() || label.is_uint64()) {
    text = json::write(label);
  }
  if (text.empty() || text.find_first_of(" \t\r\n\v\f") != text.npos)
    return bad("a label is a whole number, or a text without blanks");
  if (!text.starts_with(kLabel)) out += kLabel;
  out += text;
  out += ' ';
  return {};
}

/// A line of an augmented manifest as a line of text.
Result<std::string> line_of(std::string_view json_line, bool labels) {
  WEFT_TRY(const json::value parsed, json::parse(json_line, kJsonLineBytesMax));
  const auto* source = json::find(parsed, "source");
  if (source == nullptr || !source->is_string())
    return bad("it has no `source`: {\"source\": \"a text\", \"label\": 1}");
  std::string out;
  const auto* label = json::find(parsed, "label");
  if (labels && label == nullptr)
    return bad("it has no `label`: {\"source\": \"a text\", \"label\": 1}");
  if (labels && label->is_array()) {
    if (label->get_array().empty()) return bad("its list of labels is empty");
    for (const json::value& each : label->get_array()) WEFT_CHECK(append_label(out, each));
  } else if (labels) {
    WEFT_CHECK(append_label(out, *label));
  }
  std::string text(source->get_string());
  std::ranges::replace(text, '\n', ' ');
  return out + text;
}

/// All files, one behind the other, in the scratch folder.
class Gathering {
 public:
  Gathering(bool json, bool labels) : json_(json), labels_(labels) {}

  Result<void> all(const std::vector<fs::path>& files, Texts& out) {
    std::error_code ignored;
    fs::remove(out.file, ignored);
    WEFT_TRY(file_, File::make(out.file));
    for (const fs::path& file : files) {
      WEFT_CHECK(each_line(file, [&](std::string_view line, std::size_t number) {
        return one(file, line, number, out);
      }));
    }
    return flush(out);
  }

 private:
  Result<void> one(const fs::path& file, std::string_view line, std::size_t number, Texts& out) {
    if (json_ && line.find_first_not_of(kBlanks) == line.npos) return {};
    if (json_) {
      auto text = line_of(line, labels_);
      if (!text) {
        Error error = std::move(text).error();
        error.message =
            std::format("{}: line {}: {}", file.filename().string(), number, error.message);
        return fail(std::move(error));
      }
      count(*text, out);
      text_ += *text;
    } else {
      count(line, out);
      text_ += line;
    }
    text_ += '\n';
    return text_.size() < kPiece ? Result<void>() : flush(out);
  }

  Result<void> flush(Texts& out) {
    WEFT_CHECK(file_.write(text_, out.file));
    out.bytes += text_.size();
    text_.clear();
    return {};
  }

  bool json_;
  bool labels_;
  File file_;
  std::string text_;
};

}  // namespace

Result<Texts> texts_of(std::string_view name, const worker::ChannelView& channel, bool labels,
                       const fs::path& scratch) {
  const std::string type = wire::media_type(channel.content_type);
  const bool json = type == "application/jsonlines" || type == "application/x-ndjson" ||
                    type == "application/x-jsonlines" || type == "application/json";
  if (!channel.content_type.empty() && !json && type != "text/plain") {
    return bad(std::format("{} is not an accepted ContentType: text/plain, application/jsonlines",
                           channel.content_type));
  }
  WEFT_TRY(const auto files, data_files(channel.folder));
  Texts out;
  if (files.size() == 1 && !json) {
    out.file = files.front();
    std::error_code error;
    out.bytes = fs::file_size(out.file, error);
    WEFT_CHECK(each_line(out.file, [&](std::string_view line, std::size_t) -> Result<void> {
      count(line, out);
      return {};
    }));
  } else if (!files.empty()) {
    out.file = scratch / std::format("{}.txt", name);
    WEFT_CHECK(Gathering(json, labels).all(files, out));
  }
  if (out.lines == 0)
    return bad(std::format("No data in {} channel path {}", name, channel.folder.string()));
  return out;
}

}  // namespace weft::ml::blazingtext

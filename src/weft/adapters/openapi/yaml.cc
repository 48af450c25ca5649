#include "weft/adapters/openapi/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <format>
#include <sstream>

#include "weft/adapters/openapi/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openapi {
namespace {

/// Leaves the parser at once; caught where the parser was called.
struct Refused {
  std::string message;
};

json::value number_of(std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  const char* begin = text.starts_with('+') ? text.data() + 1 : text.data();
  const auto integer = std::from_chars(begin, end, whole);
  if (integer.ec == std::errc() && integer.ptr == end) return whole;
  double real = 0;
  const auto decimal = std::from_chars(begin, end, real);
  if (decimal.ec == std::errc() && decimal.ptr == end && std::isfinite(real)) return real;
  return json::value(text);
}

/// A plain scalar by the core schema; everything that is no number, boolean or null is a string.
json::value scalar_of(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char first = text.front();
  const bool numeric =
      (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t whole = 0;
    const auto read =
        std::from_chars(text.data() + 2, text.data() + text.size(), whole, text[1] == 'x' ? 16 : 8);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return whole;
  }
  return numeric ? number_of(text) : json::value(text);
}

/// Builds the JSON value from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  json::value take() { return std::move(root_); }
  bool any() const { return any_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not read");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!quoted && !tag.empty() && tag != "?") refuse(mark, "tags are not read");
    if (!wire::is_utf8(text)) refuse(mark, "the text is not UTF-8");
    if (wants_key()) {
      take_key(mark, text);
    } else {
      add(mark, quoted ? json::value(text) : scalar_of(text));
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    json::value value;
    std::string key;
    bool has_key = false;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string_view what) {
    throw Refused{std::format("line {}: {}", mark.line + 1, what)};
  }
  bool wants_key() const {
    return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key;
  }
  void take_key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = frames_.back();
    if (frame.value.get_object().contains(text))
      refuse(mark, std::format("the key `{}` stands twice", text));
    frame.key = text;
    frame.has_key = true;
  }
  void count(const YAML::Mark& mark) {
    if (++nodes_ > kYamlNodesMax) refuse(mark, std::format("more than {} nodes", kYamlNodesMax));
  }
  void add(const YAML::Mark& mark, json::value value) {
    count(mark);
    if (wants_key()) refuse(mark, "a key must be a word");
    any_ = true;
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (auto* list = frame.value.if_array()) {
      list->push_back(std::move(value));
    } else {
      frame.value.get_object()[frame.key] = std::move(value);
      frame.has_key = false;
    }
  }
  void open(const YAML::Mark& mark, const std::string& tag, json::value value) {
    count(mark);
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not read");
    if (wants_key()) refuse(mark, "a key must be a word");
    if (frames_.size() >= static_cast<std::size_t>(kYamlDepthMax)) {
      refuse(mark, std::format("more than {} levels", kYamlDepthMax));
    }
    frames_.push_back({std::move(value), {}, false});
  }
  void close() {
    json::value value = std::move(frames_.back().value);
    frames_.pop_back();
    add(YAML::Mark(), std::move(value));
  }

  std::vector<Frame> frames_;
  json::value root_;
  std::size_t nodes_ = 0;
  bool any_ = false;
};

/// The parser descends by recursion before it gives an event for what it found: brackets are
/// counted first.
bool too_many_brackets(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > 8 * kYamlDepthMax) return true;
  }
  return false;
}

}  // namespace

Result<json::value> parse_yaml(std::string_view text) {
  if (text.size() > kYamlBytesMax) {
    return fail(Reason::too_large,
                std::format("the YAML is {} bytes long; at most {} are read (JSON may be longer)",
                            text.size(), kYamlBytesMax));
  }
  if (too_many_brackets(text)) {
    return fail(Reason::invalid_argument,
                std::format("the YAML has more than {} levels", kYamlDepthMax));
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Builder builder;
    if (!parser.HandleNextDocument(builder) || !builder.any()) {
      return fail(Reason::invalid_argument, "the YAML is empty");
    }
    return builder.take();
  } catch (const Refused& refused) {
    return fail(Reason::invalid_argument, "the YAML is refused: " + refused.message);
  } catch (const YAML::Exception& broken) {
    return fail(Reason::invalid_argument, std::format("the text is not YAML: {} at line {}",
                                                      broken.msg, broken.mark.line + 1));
  } catch (const std::exception& broken) {
    return fail(Reason::invalid_argument, std::format("the text is not YAML: {}", broken.what()));
  }
}

}  // namespace weft::adapters::openapi

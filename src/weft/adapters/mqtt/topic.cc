#include "weft/adapters/mqtt/topic.h"

#include <algorithm>
#include <format>

#include "weft/adapters/mqtt/limits.h"
#include "weft/wire/mqtt.h"

namespace weft::adapters::mqtt {
namespace {

/// Calls `level` for each level of a topic until one fails.
template <class Level>
Result<void> each_level(std::string_view topic, Level level) {
  while (true) {
    const auto slash = topic.find('/');
    WEFT_CHECK(level(topic.substr(0, slash)));
    if (slash == std::string_view::npos) return {};
    topic.remove_prefix(slash + 1);
  }
}

bool is_hole(std::string_view level) { return level.starts_with('{') && level.ends_with('}'); }

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("{}") == std::string_view::npos;
}

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(make_argument_error(std::format("/{}", json::escape_pointer(name)),
                                  std::format("`{}` becomes a level of a topic: {}", name, what)));
}

Result<std::string> level_of(const json::value& arguments, std::string_view name) {
  const json::value* value = json::find(arguments, name);
  if (value == nullptr) return wrong(name, "it is missing");
  std::string level;
  if (value->is_string()) {
    level = value->get_string();
  } else if (value->is_int64() || value->is_uint64() || value->is_bool()) {
    level = json::write(*value);
  } else {
    return wrong(name,
                 std::format("expected a text or a whole number, got {}", json::type_name(*value)));
  }
  if (level.size() > kLevelBytesMax)
    return wrong(name, std::format("it is longer than {} bytes", kLevelBytesMax));
  if (const auto fit = wire::check_mqtt_level(level); !fit) return wrong(name, fit.error().message);
  return level;
}

}  // namespace

Result<TopicTemplate> TopicTemplate::parse(std::string_view text) {
  if (text.size() > kTopicBytesMax) {
    return fail(Reason::invalid_argument,
                std::format("the topic is longer than {} bytes", kTopicBytesMax));
  }
  WEFT_CHECK(wire::check_mqtt_topic(text));
  TopicTemplate out;
  out.text_ = text;
  WEFT_CHECK(each_level(text, [&](std::string_view level) -> Result<void> {
    if (level.find_first_of("{}") == std::string_view::npos) return {};
    const std::string_view name = is_hole(level) ? level.substr(1, level.size() - 2) : "";
    if (!is_name(name)) {
      return fail(Reason::invalid_argument,
                  std::format("`{}` is no level: `{{name}}` stands alone between two `/`", level));
    }
    if (!std::ranges::contains(out.names_, name)) out.names_.emplace_back(name);
    return {};
  }));
  return out;
}

Result<std::string> TopicTemplate::fill(const json::value& arguments) const {
  if (names_.empty()) return text_;
  std::string out;
  WEFT_CHECK(each_level(text_, [&](std::string_view level) -> Result<void> {
    if (level.data() != text_.data()) out += '/';
    if (!is_hole(level)) {
      out += level;
      return {};
    }
    WEFT_TRY(const std::string value, level_of(arguments, level.substr(1, level.size() - 2)));
    out += value;
    return {};
  }));
  WEFT_CHECK(wire::check_mqtt_topic(out));
  return out;
}

}  // namespace weft::adapters::mqtt

// Topics of a configuration: levels, some of which an argument of the call fills. Owned by
// adapters/mqtt; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"

namespace weft::adapters::mqtt {

class TopicTemplate {
 public:
  /// `city/{vehicle}/position`: `{name}` is a whole level. Errors say what is wrong, without the
  /// place.
  static Result<TopicTemplate> parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// The names that stand in it, in their order.
  const std::vector<std::string>& names() const { return names_; }
  /// The topic with the arguments' values. What would be more than one level, a wildcard or one of
  /// the broker's own names is refused (invalid_argument, with the argument's pointer).
  Result<std::string> fill(const json::value& arguments) const;

 private:
  std::string text_;
  std::vector<std::string> names_;
};

}  // namespace weft::adapters::mqtt

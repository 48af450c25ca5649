// `filterPattern` of CloudWatch Logs: terms that a line holds. Owned by adapters/sagemaker; pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace weft::adapters::sagemaker {

class LogFilter {
 public:
  /// `ERROR "two words" -DEBUG`, `?ERROR ?WARN`. Errors are told in words: the other kinds of
  /// patterns (`{ $.a = 1 }`, `[a, b]`, `%…%`) by name.
  static std::expected<LogFilter, std::string> create(std::string_view pattern);
  bool matches(std::string_view line) const;

 private:
  std::vector<std::string> all_;   ///< each of them
  std::vector<std::string> any_;   ///< one of them
  std::vector<std::string> none_;  ///< none of them
};

}  // namespace weft::adapters::sagemaker

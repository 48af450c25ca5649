// Hyper-parameters of an algorithm: which there are, and whether what a job names fits, told in the
// words of SageMaker's own containers (sagemaker_algorithm_toolkit). Owned by ml; pure, constant.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml {

/// `[0, 1]`, `(0, 1]`, `[1, +inf)`.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;
  bool holds(double value) const {
    return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
  }
  std::string str() const;
};

struct Hyperparameter {
  enum class Kind : std::uint8_t {
    integer,
    number,
    word,   ///< one of `words`
    words,  ///< several of them, with commas between; any where there are none
    tuple,  ///< `(1, 0, -1)`, each in the interval
    lists,  ///< `[[0, 1], [2]]`, each in the interval
    text,
  };
  std::string_view name;
  Kind kind = Kind::text;
  bool required = false;
  Interval range;
  std::span<const std::string_view> words;
  /// Another name that means the same; empty: none.
  std::string_view alias;
};

using Given = std::map<std::string, std::string, std::less<>>;

/// What a job named, under the proper names, as it was written but for blanks. Errors:
/// Reason::invalid_argument, `param` the hyper-parameter: `Missing required hyperparameter: NAME`,
/// `Extraneous hyperparameter found: NAME`, `Hyperparameter NAME: could not parse value`,
/// `Hyperparameter NAME: VALUE is not in RANGE`.
Result<Given> check_hyperparameters(std::span<const Hyperparameter> known, const Given& given);

/// Values of what was checked; nothing when it is not there.
std::optional<std::int64_t> integer_of(const Given& checked, std::string_view name);
std::optional<double> number_of(const Given& checked, std::string_view name);
std::string_view word_of(const Given& checked, std::string_view name);
std::vector<std::string> words_of(const Given& checked, std::string_view name);

}  // namespace weft::ml

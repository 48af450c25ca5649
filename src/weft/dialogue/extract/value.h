// What an utterance names: a date, a number, one of a list. Owned by whoever extracted it; plain
// data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::dialogue {

/// With the form of Value::canonical. Digits are ASCII, a decimal point is a point, nothing is
/// grouped.
enum class ValueType : std::uint8_t {
  number,     ///< `-12.5`, also of words and fractions
  ordinal,    ///< `3` for "third"
  percent,    ///< `12.5`
  money,      ///< `12.5`; unit: ISO 4217 where it is certain, else the words ("dollar")
  quantity,   ///< `3`; unit: `kilometer`
  date,       ///< `2026-11-27`
  time,       ///< `15:30`, with seconds where they are said
  date_time,  ///< `2026-11-27T15:30`
  period,     ///< `FROM/TO`, each a date, a time or both; one may be missing
  duration,   ///< ISO 8601: `PT30M`, `P2D`
  phone,      ///< `+861052345678`: digits, and a plus where one is said
  email,
  url,
  quoted,  ///< without its quotation marks
  name,    ///< as it is written
  choice,  ///< one of a list that somebody gave; unit: the list's id
};
std::string_view to_string(ValueType type);

struct Value {
  ValueType type = ValueType::name;
  std::size_t begin = 0;  ///< bytes of the utterance, up to `end`
  std::size_t end = 0;
  std::string canonical;
  std::string unit;
  /// What the same words may mean besides ("Friday" is the last one, too), likeliest first.
  std::vector<std::string> others;
  friend bool operator==(const Value&, const Value&) = default;
};

}  // namespace weft::dialogue

// Members of requests: what weft does not do is refused by name, times and texts are read. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/base/json.h"

namespace weft::adapters::sagemaker {

template <class T>
using Translated = std::expected<T, AwsError>;

/// `ValidationException`, which is what SageMaker calls nearly everything.
std::unexpected<AwsError> invalid(std::string message);

/// A member that asks for something that weft does not do.
struct Unsupported {
  /// `ResourceConfig.InstanceGroups`; `InputDataConfig[].ShuffleConfig`: of each element.
  std::string_view path;
  /// The values that ask for nothing else than what weft does, with commas between.
  std::string_view fine;
  /// What weft does instead, or what to do.
  std::string_view instead;
};

/// Errors name the first member that asks for something: null, false, and what is empty does not.
Translated<void> refuse_unsupported(const json::object& input, std::span<const Unsupported> all);

/// The member as text, number …; for what check_shape() has seen.
std::string text_at(const json::object& object, std::string_view key);
/// A point in time: seconds as a number, or a date.
std::optional<std::int64_t> time_ms_at(const json::object& object, std::string_view key);
/// As awsJson writes a time: seconds, with milliseconds.
json::value seconds_of(std::int64_t unix_ms);
std::map<std::string, std::string, std::less<>> texts_at(const json::object& object,
                                                         std::string_view key);
/// The members of `from` that a structure has, as they are; what was given without saying anything
/// (null, a structure without members) is left out, at any depth.
json::object members_of_structure(const json::object& from, std::string_view structure);

/// Each object of an array.
template <class Take>
void each_at(const json::object& object, std::string_view key, Take take) {
  const json::array* array = json::array_at(object, key);
  if (array == nullptr) return;
  for (const json::value& value : *array) {
    if (value.is_object()) take(value.get_object());
  }
}

}  // namespace weft::adapters::sagemaker

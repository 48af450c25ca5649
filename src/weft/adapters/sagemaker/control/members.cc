#include "weft/adapters/sagemaker/control/members.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/adapters/sagemaker/aws/times.h"

namespace weft::adapters::sagemaker {
namespace {

bool is_one_of(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    const auto comma = std::min(words.find(','), words.size());
    if (words.substr(0, comma) == text) return true;
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  return false;
}

/// Whether the value asks for something.
bool asks(const json::value& value, std::string_view fine) {
  if (value.is_null()) return false;
  if (value.is_bool()) return value.get_bool();
  if (value.is_string()) return !value.get_string().empty() && !is_one_of(value.get_string(), fine);
  if (value.is_array()) return !value.get_array().empty();
  return true;
}

bool asks_at(const json::value& value, std::string_view path, std::string_view fine) {
  if (path.empty()) return asks(value, fine);
  if (!value.is_object()) return false;
  const auto dot = std::min(path.find('.'), path.size());
  std::string_view name = path.substr(0, dot);
  const std::string_view rest = path.substr(std::min(dot + 1, path.size()));
  const bool each = name.ends_with("[]");
  if (each) name.remove_suffix(2);
  const json::value* member = json::find(value, name);
  if (member == nullptr) return false;
  if (!each) return asks_at(*member, rest, fine);
  return member->is_array() && std::ranges::any_of(member->get_array(), [&](const json::value& of) {
           return asks_at(of, rest, fine);
         });
}

/// The value without members that say nothing; nothing when it is one itself.
std::optional<json::value> said(const Shapes& shapes, const Shape& shape,
                                const json::value& value) {
  if (value.is_null()) return std::nullopt;
  if (shape.kind == Shape::Kind::list_ && value.is_array()) {
    json::array out;
    // What stands in a list keeps its place.
    for (const json::value& each : value.get_array())
      out.push_back(said(shapes, shapes.at(shape.of), each).value_or(json::object()));
    return out;
  }
  if (shape.kind != Shape::Kind::structure_ || !value.is_object()) return value;
  const auto members = shapes.members_of(shape);
  json::object out;
  for (const auto& [name, each] : value.get_object()) {
    const auto member = std::ranges::find(members, std::string_view(name), &Shape::Member::name);
    if (member == members.end()) continue;
    if (auto kept = said(shapes, shapes.at(member->shape), each)) out[name] = *std::move(kept);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::unexpected<AwsError> invalid(std::string message) {
  return std::unexpected(AwsError{
      .status = 400, .code = "ValidationException", .message = std::move(message), .more = {}});
}

Translated<void> refuse_unsupported(const json::object& input, std::span<const Unsupported> all) {
  const json::value whole(input);
  for (const Unsupported& each : all) {
    if (asks_at(whole, each.path, each.fine))
      return invalid(std::format("{} is not supported by weft: {}", each.path, each.instead));
  }
  return {};
}

std::string text_at(const json::object& object, std::string_view key) {
  return std::string(json::string_at(object, key));
}

std::optional<std::int64_t> time_ms_at(const json::object& object, std::string_view key) {
  const json::value* value = json::find(object, key);
  if (value == nullptr) return std::nullopt;
  std::optional<double> seconds = json::number_at(object, key);
  if (value->is_string()) seconds = from_iso8601(value->get_string());
  // Beyond the year 9999 it is none that anybody means.
  constexpr double kSecondsMax = 253'402'300'800;
  if (!seconds || !std::isfinite(*seconds) || std::abs(*seconds) > kSecondsMax) return std::nullopt;
  return std::llround(*seconds * 1'000);
}

json::value seconds_of(std::int64_t unix_ms) {
  return unix_ms % 1'000 == 0 ? json::value(unix_ms / 1'000)
                              : json::value(static_cast<double>(unix_ms) / 1'000);
}

std::map<std::string, std::string, std::less<>> texts_at(const json::object& object,
                                                         std::string_view key) {
  std::map<std::string, std::string, std::less<>> out;
  const json::object* texts = json::object_at(object, key);
  if (texts == nullptr) return out;
  for (const auto& [name, value] : *texts) {
    if (value.is_string()) out[name] = value.get_string();
  }
  return out;
}

json::object members_of_structure(const json::object& from, std::string_view structure) {
  const Shapes& shapes = sagemaker_shapes();
  const auto shape = std::ranges::find(shapes.shapes, structure, &Shape::name);
  WEFT_ASSERT(shape != shapes.shapes.end());
  json::object out;
  for (const Shape::Member& member : shapes.members_of(*shape)) {
    const json::value* value = json::find(from, member.name);
    if (value == nullptr) continue;
    if (auto kept = said(shapes, shapes.at(member.shape), *value))
      out[member.name] = *std::move(kept);
  }
  return out;
}

}  // namespace weft::adapters::sagemaker

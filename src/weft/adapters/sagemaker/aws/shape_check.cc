#include "weft/adapters/sagemaker/aws/shape_check.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/adapters/sagemaker/limits.h"
#include "weft/base/pattern.h"

namespace weft::adapters::sagemaker {
namespace {

using Kind = Shape::Kind;

/// `RoleArn` is spoken of as `roleArn`.
std::string spoken(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z')
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

std::string shown(const json::value& value) {
  std::string out = value.is_string() ? std::string(value.get_string()) : json::write(value);
  if (out.size() > kShownValueBytesMax) out = out.substr(0, kShownValueBytesMax) + "…";
  return out;
}

/// How AWS's reader of JSON calls what it found.
std::string_view found(const json::value& value) {
  if (value.is_string()) return "STRING_VALUE";
  if (value.is_bool()) return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_number()) return value.is_double() ? "DECIMAL_VALUE" : "NUMBER_VALUE";
  return value.is_array() ? "a list" : "a structure";
}

std::string_view wanted(Kind kind) {
  switch (kind) {
    case Kind::structure_: return "a structure";
    case Kind::list_: return "a list";
    case Kind::map_: return "a map";
    case Kind::string_:
    case Kind::enum_: return "a String";
    case Kind::boolean_: return "a Boolean";
    case Kind::integer_: return "an Integer";
    case Kind::long_: return "a Long";
    case Kind::float_: return "a Float";
    case Kind::double_: return "a Double";
    case Kind::timestamp_: return "a Timestamp";
    case Kind::blob_: return "a Blob";
  }
  return "";
}

bool is_type(Kind kind, const json::value& value) {
  switch (kind) {
    case Kind::structure_:
    case Kind::map_: return value.is_object();
    case Kind::list_: return value.is_array();
    case Kind::string_:
    case Kind::enum_:
    case Kind::blob_: return value.is_string();
    case Kind::boolean_: return value.is_bool();
    case Kind::integer_:
    case Kind::long_: return value.is_int64() || value.is_uint64();
    case Kind::float_:
    case Kind::double_: return value.is_number();
    case Kind::timestamp_: return value.is_number() || value.is_string();
  }
  return false;
}

/// The models' patterns are Java's: `\uXXXX` and `\p{Alnum}` in RE2's words.
std::string in_re2_words(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest.starts_with("\\u") && rest.size() >= 6) {
      out += std::format("\\x{{{}}}", rest.substr(2, 4));
      i += 5;
    } else if (rest.starts_with("\\p{Alnum}")) {
      out += "a-zA-Z0-9";
      i += 8;
    } else if (rest.starts_with('\\') && rest.size() > 1) {
      out += rest.substr(0, 2);
      ++i;
    } else {
      out += rest[0];
    }
  }
  return out;
}

/// Of a whole string. RE2 where it can, which takes a time that only grows with the string; the few
/// that look around are left to Pattern, which gives up.
class Compiled {
 public:
  explicit Compiled(std::string_view pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto simple = std::make_unique<re2::RE2>(in_re2_words(pattern), options);
    if (simple->ok()) {
      simple_ = std::move(simple);
      return;
    }
    auto other = Pattern::create(std::format("^(?:{})$", pattern));
    WEFT_ASSERT(other);
    other_.emplace(*std::move(other));
  }
  bool matches(std::string_view text) const {
    if (simple_) return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *simple_);
    return other_->found_in(text).value_or(false);
  }

 private:
  std::unique_ptr<re2::RE2> simple_;
  std::optional<Pattern> other_;
};

/// Compiled at the first use and kept: there are as many as the tables have.
const Compiled& compiled(const Shape& shape) {
  static std::mutex mutex;
  static std::map<const Shape*, std::unique_ptr<Compiled>> all;
  const std::scoped_lock lock(mutex);
  std::unique_ptr<Compiled>& at = all[&shape];
  if (!at) at = std::make_unique<Compiled>(shape.pattern);
  return *at;
}

class Checker {
 public:
  explicit Checker(const Shapes& shapes) : shapes_(shapes) {}

  Result<void> check(const Shape& shape, const json::value& value, const std::string& path) {
    if (!is_type(shape.kind, value)) {
      return fail(make_argument_error(
          "SerializationException",
          std::format("{} can not be converted to {} (at '{}')", found(value), wanted(shape.kind),
                      path.empty() ? "the request" : path)));
    }
    switch (shape.kind) {
      case Kind::structure_: return check_structure(shape, value.get_object(), path);
      case Kind::list_: return check_list(shape, value, path);
      case Kind::map_: return check_map(shape, value, path);
      case Kind::string_: check_string(shape, value, path); break;
      case Kind::enum_: check_enum(shape, value, path); break;
      case Kind::integer_:
      case Kind::long_:
      case Kind::float_:
      case Kind::double_: check_number(shape, value, path); break;
      default: break;
    }
    return {};
  }

  Result<void> outcome() const {
    if (count_ == 0) return {};
    return fail(Reason::invalid_argument, std::format("{} validation error{} detected: {}", count_,
                                                      count_ == 1 ? "" : "s", text_));
  }

 private:
  void told(std::string_view value, const std::string& path, std::string_view constraint) {
    if (++count_ > kShapeFaultsShownMax) return;
    if (!text_.empty()) text_ += "; ";
    text_ +=
        std::format("Value {} at '{}' failed to satisfy constraint: {}", value, path, constraint);
  }
  void fault(const json::value& value, const std::string& path, std::string_view constraint) {
    told(count_ < kShapeFaultsShownMax ? std::format("'{}'", shown(value)) : "", path, constraint);
  }

  Result<void> check_structure(const Shape& shape, const json::object& object,
                               const std::string& path) {
    const auto under = [&](std::string_view name) {
      return path.empty() ? spoken(name) : std::format("{}.{}", path, spoken(name));
    };
    const auto members = shapes_.members_of(shape);
    for (const Shape::Member& member : members) {
      const json::value* value = json::find(object, member.name);
      if (value != nullptr && !value->is_null()) {
        WEFT_CHECK(check(shapes_.at(member.shape), *value, under(member.name)));
      } else if (member.required) {
        told("null", under(member.name), "Member must not be null");
      }
    }
    for (const auto& [name, value] : object) {
      const auto at = std::ranges::find(members, std::string_view(name), &Shape::Member::name);
      if (at == members.end())
        fault(value, under(name), "Member is not one that weft knows of here; leave it out");
    }
    return {};
  }

  Result<void> check_list(const Shape& shape, const json::value& value, const std::string& path) {
    const json::array& array = value.get_array();
    if (!check_size(shape, value, array.size(), path)) return {};
    for (std::size_t i = 0; i < array.size(); ++i) {
      WEFT_CHECK(check(shapes_.at(shape.of), array[i], std::format("{}.{}.member", path, i + 1)));
    }
    return {};
  }

  Result<void> check_map(const Shape& shape, const json::value& value, const std::string& path) {
    const json::object& object = value.get_object();
    if (!check_size(shape, value, object.size(), path)) return {};
    for (const auto& [key, each] : object) {
      const json::value name(key);
      WEFT_CHECK(check(shapes_.at(shape.of), name, std::format("{}.key", path)));
      WEFT_CHECK(check(shapes_.at(shape.value), each,
                       std::format("{}.{}.member", path, std::string_view(key))));
    }
    return {};
  }

  /// Whether it is short enough to be looked into.
  bool check_size(const Shape& shape, const json::value& value, std::size_t size,
                  const std::string& path) {
    const auto number = static_cast<double>(size);
    const bool text = value.is_string();
    const double max = std::isnan(shape.max) && !text ? kShapeElementsMax : shape.max;
    if (number < shape.min) {
      fault(value, path,
            std::format("Member must have length greater than or equal to {}", shape.min));
    }
    if (number > max)
      fault(value, path, std::format("Member must have length less than or equal to {}", max));
    return !(number > max);
  }

  void check_string(const Shape& shape, const json::value& value, const std::string& path) {
    const std::string_view text = value.get_string();
    if (!check_size(shape, value, code_points(text), path) || shape.pattern.empty()) return;
    if (!compiled(shape).matches(text)) {
      fault(value, path,
            std::format("Member must satisfy regular expression pattern: {}", shape.pattern));
    }
  }

  void check_enum(const Shape& shape, const json::value& value, const std::string& path) {
    const auto words = shapes_.words_of(shape);
    if (std::ranges::find(words, std::string_view(value.get_string())) != words.end()) return;
    std::string all;
    for (const std::string_view word : words) {
      if (!all.empty()) all += ", ";
      all += word;
    }
    fault(value, path, std::format("Member must satisfy enum value set: [{}]", all));
  }

  void check_number(const Shape& shape, const json::value& value, const std::string& path) {
    const double number = value.is_double()  ? value.get_double()
                          : value.is_int64() ? static_cast<double>(value.get_int64())
                                             : static_cast<double>(value.get_uint64());
    if (number < shape.min) {
      fault(value, path,
            std::format("Member must have value greater than or equal to {}", shape.min));
    }
    if (number > shape.max)
      fault(value, path, std::format("Member must have value less than or equal to {}", shape.max));
  }

  const Shapes& shapes_;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace

const ShapedOperation* Shapes::operation(std::string_view name) const {
  const auto at = std::ranges::lower_bound(operations, name, {}, &ShapedOperation::name);
  return at != operations.end() && at->name == name ? &*at : nullptr;
}

bool Shapes::refuses(std::string_view name) const {
  return std::ranges::binary_search(refused, name);
}

Result<void> check_shape(const Shapes& shapes, std::uint16_t shape, const json::value& value) {
  Checker checker(shapes);
  WEFT_CHECK(checker.check(shapes.at(shape), value, ""));
  return checker.outcome();
}

}  // namespace weft::adapters::sagemaker

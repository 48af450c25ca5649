// What the members of AWS requests may be: facts of the services' models as tables, made from the
// *.shapes files at build time (tools/aws_shapes.py, shapes.cmake). Owned by adapters/sagemaker;
// constant.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace weft::adapters::sagemaker {

inline constexpr double kUnbounded = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::uint16_t kNone = 0xFFFF;

struct Shape {
  enum class Kind : std::uint8_t {
    structure_,
    list_,
    map_,
    string_,
    enum_,
    boolean_,
    integer_,
    long_,
    float_,
    double_,
    timestamp_,
    blob_,
  };
  struct Member {
    std::string_view name;
    std::uint16_t shape = 0;
    bool required = false;
  };
  Kind kind = Kind::string_;
  /// Members of a structure, words of an enum.
  std::uint16_t first = 0;
  std::uint16_t count = 0;
  /// The element of a list; key and value of a map.
  std::uint16_t of = 0;
  std::uint16_t value = 0;
  /// Of a number, or of how many characters, elements or entries; kUnbounded: any.
  double min = kUnbounded;
  double max = kUnbounded;
  std::string_view pattern;  ///< the whole string; empty: any
  std::string_view name;
};

struct ShapedOperation {
  std::string_view name;
  std::uint16_t input = kNone;
  std::uint16_t output = kNone;
};

struct Shapes {
  std::span<const Shape> shapes;
  std::span<const Shape::Member> members;
  std::span<const std::string_view> words;
  std::span<const ShapedOperation> operations;  ///< by name
  /// What the service has besides and weft does not, by name.
  std::span<const std::string_view> refused;

  /// Null when there is none.
  const ShapedOperation* operation(std::string_view name) const;
  /// Whether the service has the operation and weft does not.
  bool refuses(std::string_view name) const;
  const Shape& at(std::uint16_t index) const { return shapes[index]; }
  std::span<const Shape::Member> members_of(const Shape& shape) const {
    return members.subspan(shape.first, shape.count);
  }
  std::span<const std::string_view> words_of(const Shape& shape) const {
    return words.subspan(shape.first, shape.count);
  }
};

/// The control plane of SageMaker.
const Shapes& sagemaker_shapes();
const Shapes& logs_shapes();
const Shapes& cloudwatch_shapes();
const Shapes& sts_shapes();
const Shapes& iam_shapes();

}  // namespace weft::adapters::sagemaker

// A part of CloudWatch's shapes, for the tests and fuzzers of the forms: a list of structures,
// times, numbers. Used by tests only; constant.
#pragma once

#include <array>

#include "weft/adapters/sagemaker/aws/shapes.h"

namespace weft::adapters::sagemaker::testing {

inline const Shapes& metric_shapes() {
  using Kind = Shape::Kind;
  static constexpr std::array kShapes{
      Shape{.kind = Kind::structure_, .first = 0, .count = 9},   // 0: the request
      Shape{.kind = Kind::string_},                              // 1
      Shape{.kind = Kind::timestamp_},                           // 2
      Shape{.kind = Kind::integer_},                             // 3
      Shape{.kind = Kind::double_},                              // 4
      Shape{.kind = Kind::boolean_},                             // 5
      Shape{.kind = Kind::list_, .of = 7},                       // 6: dimensions
      Shape{.kind = Kind::structure_, .first = 9, .count = 2},   // 7: a dimension
      Shape{.kind = Kind::list_, .of = 1},                       // 8: statistics
      Shape{.kind = Kind::list_, .of = 4},                       // 9: values
      Shape{.kind = Kind::structure_, .first = 11, .count = 2},  // 10: the answer
      Shape{.kind = Kind::list_, .of = 12},                      // 11: datapoints
      Shape{.kind = Kind::structure_, .first = 13, .count = 3},  // 12: a datapoint
      Shape{.kind = Kind::map_, .of = 1, .value = 3},            // 13: attributes
      Shape{.kind = Kind::blob_},                                // 14
  };
  static constexpr std::array kMembers{
      Shape::Member{"Namespace", 1},   Shape::Member{"Dimensions", 6},
      Shape::Member{"StartTime", 2},   Shape::Member{"Period", 3},
      Shape::Member{"Statistics", 8},  Shape::Member{"Values", 9},
      Shape::Member{"Return", 5},      Shape::Member{"Attributes", 13},
      Shape::Member{"Bytes", 14},      Shape::Member{"Name", 1},
      Shape::Member{"Value", 1},       Shape::Member{"Label", 1},
      Shape::Member{"Datapoints", 11}, Shape::Member{"Timestamp", 2},
      Shape::Member{"Sum", 4},         Shape::Member{"Unit", 1},
  };
  static constexpr std::array kOperations{
      ShapedOperation{"GetMetricStatistics", 0, 10},
      ShapedOperation{"PutNothing", 0, kNone},
  };
  static constexpr std::array<std::string_view, 1> kRefused{"DeleteAlarms"};
  static constexpr Shapes kAll{.shapes = kShapes,
                               .members = kMembers,
                               .words = {},
                               .operations = kOperations,
                               .refused = kRefused};
  return kAll;
}

}  // namespace weft::adapters::sagemaker::testing

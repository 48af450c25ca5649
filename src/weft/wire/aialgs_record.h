// `aialgs.data.Record`: one row of a table as SageMaker's algorithms exchange it (proto2, in
// RecordIO frames). Owned by wire; pure.
//
//   Record { map<string, Value> features = 1, label = 2; string uid = 3, metadata = 4,
//   configuration = 5 } Value  { Float32Tensor = 2 | Float64Tensor = 3 | Int32Tensor = 7 | Bytes =
//   9 } …Tensor{ repeated values = 1, uint64 keys = 2, uint64 shape = 3 }, packed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

/// Numbers of any of the three types, as the nearest floats. With keys the row is sparse: key N is
/// the column of value N, and the last of `shape` the number of columns.
struct RecordTensor {
  std::vector<float> values;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint64_t> shape;
  bool sparse() const { return !keys.empty() || (values.empty() && !shape.empty()); }
  friend bool operator==(const RecordTensor&, const RecordTensor&) = default;
};

struct AialgsRecord {
  std::optional<RecordTensor> features;  ///< the one named `values`, or the only one
  std::optional<RecordTensor> label;
};

/// Errors: Reason::invalid_argument (no such message; features of bytes; keys that do not fit).
Result<AialgsRecord> read_aialgs_record(std::string_view bytes);
/// A record with labels alone (what predictions are answered with): each named, of float32.
std::string write_aialgs_labels(
    const std::vector<std::pair<std::string, std::vector<float>>>& labels);
/// A row of features, and its label when there is one.
std::string write_aialgs_record(const RecordTensor& features, std::optional<float> label);

}  // namespace weft::wire

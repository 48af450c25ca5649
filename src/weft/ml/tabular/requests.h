// Requests for predictions in the formats of SageMaker's algorithms, and their answers. Owned by
// ml; pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "weft/ml/tabular/rows.h"

namespace weft::ml {

/// The rows of a request: text/csv (taken when no type is named), text/libsvm, text/x-libsvm,
/// application/x-recordio-protobuf, application/json (`{"instances":[{"features":[…]} | […]]}` or
/// rows alone), application/jsonlines. Columns of libsvm that count from 1 are moved down when
/// `columns` (of the model; 0: not known) has no room for them otherwise. Errors:
/// Reason::content_type, as SageMaker's containers have it, for a type that is not taken and for
/// what cannot be read as its type.
Result<Rows> read_rows(std::string_view content_type, std::string_view body, std::uint64_t columns);

/// Predictions: `width` values for each row.
struct Scores {
  std::span<const float> values;
  std::size_t width = 1;
};

struct Answer {
  std::string_view type;
  std::string body;
};

/// In the type that is accepted: text/csv (the default, also for `*/*`), application/json
/// (`{"predictions":[{"score":…}]}`), application/jsonlines, application/x-recordio-protobuf.
/// Errors: Reason::unsupported for another (406).
Result<Answer> write_scores(std::string_view accept, Scores scores);

/// A number as Python writes it: `0.1`, `1.0`, `1e-05`, `nan`.
void append_number(std::string& out, double value);

}  // namespace weft::ml

// Rows of a table with their labels: what training reads and requests carry. Owned by ml; values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml {

enum class TableFormat : std::uint8_t { csv, libsvm, recordio };
std::string_view to_string(TableFormat format);

/// What a channel's ContentType means; the default is libsvm. Errors in the words of SageMaker's
/// XGBoost: `X is not an accepted ContentType: …`, a `label_size` that is not 1.
Result<TableFormat> table_format_from(std::string_view content_type);

/// Rows one after the other: dense (`columns` values each, NaN where one is missing) or sparse
/// (compressed, with `row_begin`).
struct Rows {
  bool sparse = false;
  std::uint64_t columns = 0;
  std::vector<float> values;
  std::vector<std::uint64_t> row_begin{0};  ///< sparse alone: one more than there are rows
  std::vector<std::uint32_t> indices;       ///< sparse alone: the column of each value
  std::vector<float> labels;                ///< one a row, or none at all
  std::vector<float> weights;               ///< one a row, or none at all
  std::vector<std::uint32_t> groups;        ///< one a row, or none at all

  std::size_t rows() const;
  void clear();
};

}  // namespace weft::ml

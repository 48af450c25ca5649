// Sparse tables in LIBSVM's text: `label[:weight] [qid:N] column:value …`, one row a line. Owned by
// wire; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

/// Rows one after the other (compressed sparse rows).
struct SparseRows {
  std::vector<std::uint64_t> row_begin{0};  ///< one more than there are rows
  std::vector<std::uint32_t> columns;       ///< as written
  std::vector<float> values;
  std::vector<float> labels;          ///< one a row; for requests without labels empty
  std::vector<float> weights;         ///< one a row, or none at all
  std::vector<std::uint32_t> groups;  ///< `qid`: one a row, or none at all

  std::size_t rows() const { return row_begin.size() - 1; }
  /// The least column there is, and one past the greatest; 0 where there are none.
  std::uint32_t columns_begin() const;
  std::uint32_t columns_end() const;
};

class LibsvmReader {
 public:
  enum class Labels : std::uint8_t {
    needed,    ///< training: each row begins with one
    optional,  ///< requests: a row may begin with its first column
  };
  explicit LibsvmReader(Labels labels) : labels_(labels) {}

  /// Appends the rows of a block of whole lines. `#` begins a comment; an empty line is no row.
  /// Errors: Reason::invalid_argument with `line L, column C: …`, counted from 1 over all blocks; a
  /// column is a character.
  Result<std::size_t> read(std::string_view block, SparseRows& rows);

 private:
  Result<void> read_row(std::string_view line, SparseRows& rows);
  Result<void> take_label(std::string_view token, SparseRows& rows);
  Result<void> take_group(std::string_view number, SparseRows& rows);
  Result<void> take_value(std::string_view token, SparseRows& rows);
  std::unexpected<Error> wrong(std::string_view at, std::string_view what) const;

  Labels labels_;
  std::size_t line_ = 0;
  std::string_view whole_;  ///< the line being read
};

}  // namespace weft::wire

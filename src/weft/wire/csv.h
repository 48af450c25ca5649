// Tables of numbers as comma-separated values (RFC 4180 without a header, as SageMaker's algorithms
// take them). Owned by wire; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

/// Reads rows of equal length from blocks of whole lines. An empty field is a missing value (NaN);
/// an empty line is no row.
class CsvReader {
 public:
  explicit CsvReader(char delimiter) : delimiter_(delimiter) {}

  /// Appends the values of the block's rows, row after row; gives how many rows it had. Errors:
  /// Reason::invalid_argument with `line L, column C: …`, counted from 1 over all blocks; a column
  /// is a field.
  Result<std::size_t> read(std::string_view block, std::vector<float>& values);
  /// Fields in a row; 0 before the first.
  std::size_t columns() const { return columns_; }

 private:
  Result<void> read_row(std::string_view line, std::vector<float>& values);
  Result<void> read_quoted(std::string_view& rest, std::size_t column, std::vector<float>& values);
  Result<void> take(std::string_view field, std::size_t column, std::vector<float>& values) const;
  std::unexpected<Error> wrong(std::size_t column, std::string_view what) const;

  char delimiter_;
  std::size_t columns_ = 0;
  std::size_t line_ = 0;
};

/// What separates the fields of the first line: `,`, `;`, a tab, `|` or a space; `,` where there is
/// none of them.
char sniff_delimiter(std::string_view text);

}  // namespace weft::wire

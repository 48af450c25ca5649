// Reading the rows of a channel: all data files of a folder, in the order of their names, a block
// at a time, so that no more than a block is in memory. Owned by ml; one thread (a worker's).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "weft/ml/tabular/rows.h"

namespace weft::ml {

struct RowFilesOptions {
  TableFormat format = TableFormat::libsvm;
  /// csv: the second column is the row's weight.
  bool weights_in_csv = false;
  /// Of text or records read at once; a row is never cut.
  std::size_t block_bytes = 16 * 1024 * 1024;
};

class RowFiles {
 public:
  /// Files whose names begin with `.` or `_` are left out, as is customary. Errors: the folder
  /// cannot be read.
  static Result<RowFiles> open(const std::filesystem::path& folder, RowFilesOptions options);
  RowFiles(RowFiles&&) noexcept;
  RowFiles& operator=(RowFiles&&) noexcept;
  ~RowFiles();

  /// The next rows in place of those in `out`; false at the end. All of them have a weight or none
  /// has, and so it is with groups. Errors: Reason::invalid_argument with `FILE: line L, column C:
  /// …` or `FILE: record N at byte B: …`.
  Result<bool> next(Rows& out);
  /// Begins anew.
  void rewind();
  /// Of all files together.
  std::uint64_t bytes() const;
  bool empty() const { return bytes() == 0; }

 private:
  struct State;
  explicit RowFiles(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Adds all rows of the files behind those there are. Where only some have a weight, that of the
/// others is 1.
Result<void> add_rows(RowFiles& files, Rows& all);

}  // namespace weft::ml

// Any bytes: rows that hang together, and the same however the lines come in blocks.
#include <bit>
#include <cstdint>

#include "weft/wire/libsvm.h"

namespace weft::wire {
namespace {

void check(const SparseRows& rows) {
  const auto one_each = [&](std::size_t size) { return size == 0 || size == rows.rows(); };
  const bool fine = rows.columns.size() == rows.values.size() &&
                    rows.row_begin.back() == rows.values.size() && one_each(rows.labels.size()) &&
                    one_each(rows.weights.size()) && one_each(rows.groups.size());
  if (!fine) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto labels =
      data[0] % 2 == 0 ? LibsvmReader::Labels::needed : LibsvmReader::Labels::optional;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  LibsvmReader whole(labels);
  SparseRows rows;
  const auto read = whole.read(text, rows);
  if (read) check(rows);
  LibsvmReader lines(labels);
  SparseRows again;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const auto more = lines.read(rest.substr(0, end), again);
    rest.remove_prefix(end);
    if (!more) {
      if (read || read.error() != more.error()) __builtin_trap();
      return 0;
    }
  }
  if (!read || rows.columns != again.columns || rows.row_begin != again.row_begin ||
      rows.values.size() != again.values.size()) {
    __builtin_trap();
  }
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(rows.values[i]) !=
        std::bit_cast<std::uint32_t>(again.values[i])) {
      __builtin_trap();
    }
  }
  return 0;
}

}  // namespace weft::wire

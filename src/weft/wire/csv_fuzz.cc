// Any bytes: as many values as rows times columns, and the same however the lines come in blocks.
#include <bit>
#include <cstdint>

#include "weft/wire/csv.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const char delimiter = sniff_delimiter(text);
  CsvReader whole(delimiter);
  std::vector<float> values;
  const auto rows = whole.read(text, values);
  if (rows && values.size() != *rows * whole.columns()) __builtin_trap();
  CsvReader lines(delimiter);
  std::vector<float> again;
  std::size_t count = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const auto more = lines.read(rest.substr(0, end), again);
    rest.remove_prefix(end);
    if (!more) {
      if (rows || rows.error() != more.error()) __builtin_trap();
      return 0;
    }
    count += *more;
  }
  if (!rows || *rows != count || values.size() != again.size()) __builtin_trap();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(values[i]) != std::bit_cast<std::uint32_t>(again[i])) {
      __builtin_trap();
    }
  }
  return 0;
}

}  // namespace weft::wire

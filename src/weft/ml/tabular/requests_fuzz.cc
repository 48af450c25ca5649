// Any bytes in any format: rows that hang together.
#include <cstdint>

#include "weft/ml/tabular/requests.h"

namespace weft::ml {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr std::string_view kTypes[] = {"text/csv", "text/libsvm",
                                         "application/x-recordio-protobuf", "application/json",
                                         "application/jsonlines"};
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto rows = read_rows(kTypes[data[0] % 5], body, data[0] / 5);
  if (!rows) return 0;
  const bool fine = rows->sparse ? rows->indices.size() == rows->values.size() &&
                                       rows->row_begin.back() == rows->values.size()
                                 : rows->values.size() == rows->rows() * rows->columns;
  if (!fine) __builtin_trap();
  return 0;
}

}  // namespace weft::ml

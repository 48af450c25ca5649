// What an instance type's name promises, in processors and memory. Owned by ml; pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::ml {

struct InstanceSize {
  int threads = 2;
  std::uint64_t memory_bytes = 8ULL << 30;
};

/// `ml.m5.xlarge`: 4 processors, 16 GiB. By size and family alone, as AWS's are built; a name of
/// another form is that of `ml.m5.large`.
InstanceSize size_of_instance(std::string_view type);

}  // namespace weft::ml

#include "weft/ml/jobs/instance_type.h"

#include <charconv>
#include <optional>
#include <string>

namespace weft::ml {
namespace {

/// `medium` 1, `large` 2, `xlarge` 4, `2xlarge` 8, `24xlarge` 96; nothing for another word.
std::optional<int> threads_of(std::string_view size) {
  if (size == "medium") return 1;
  if (size == "large") return 2;
  if (size == "xlarge") return 4;
  int times = 0;
  const char* end = size.data() + size.size();
  const auto read = std::from_chars(size.data(), size.data() + size.size(), times);
  if (read.ec != std::errc() || std::string_view(read.ptr, end) != "xlarge" || times < 1 ||
      times > 256)
    return std::nullopt;
  return times * 4;
}

/// GiB for each processor: compute-optimised 2, general 4, memory-optimised 8.
std::uint64_t gib_each(std::string_view family) {
  switch (family.empty() ? 'm' : family.front()) {
    case 'c': return 2;
    case 'r':
    case 'x': return 8;
    default: return 4;
  }
}

}  // namespace

InstanceSize size_of_instance(std::string_view type) {
  const InstanceSize otherwise;
  constexpr std::string_view kPrefix = "ml.";
  if (type.starts_with(kPrefix)) type.remove_prefix(kPrefix.size());
  const auto dot = type.find('.');
  if (dot == type.npos) return otherwise;
  const auto threads = threads_of(type.substr(dot + 1));
  if (!threads) return otherwise;
  const std::uint64_t gib = gib_each(type.substr(0, dot)) * static_cast<std::uint64_t>(*threads);
  return {.threads = *threads, .memory_bytes = gib << 30};
}

}  // namespace weft::ml

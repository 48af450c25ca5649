#include "weft/net/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "weft/net/http_server.h"

namespace weft::net {
namespace {

constexpr rlim_t kDescriptorsMax = 65'536;
/// Kept for the journal, the loops, children and what libraries open.
constexpr std::size_t kDescriptorsOwn = 64;

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kDescriptorsOwn;
  const rlim_t wanted = std::min(limit.rlim_max, kDescriptorsMax);
  if (limit.rlim_cur < wanted) {
    const rlim_t before = std::exchange(limit.rlim_cur, wanted);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kDescriptorsMax));
}

std::size_t connections_for(std::size_t descriptors) {
  // A call may need a connection on both sides, but most connections wait for their next one.
  const std::size_t left = descriptors - std::min(descriptors, kDescriptorsOwn);
  return std::max<std::size_t>(8, std::min(ServerLimits{}.connections_max, left * 2 / 3));
}

}  // namespace weft::net

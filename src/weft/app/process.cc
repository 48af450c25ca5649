#include "weft/app/process.h"

#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "weft/net/http_server.h"

namespace weft::app {
namespace {

constexpr const char* kVariable = "GLIBC_TUNABLES";
/// Pieces kept for each of the 64 sizes up to 1 KB: what some hundred calls in flight give back.
constexpr std::string_view kSetting = "glibc.malloc.tcache_count=1024";
constexpr std::string_view kName = "glibc.malloc.tcache_count";

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
  return std::max<std::size_t>(8, std::min(net::ServerLimits{}.connections_max, left * 2 / 3));
}

void keep_freed_memory_at_hand(char** argv) {
  const char* given = std::getenv(kVariable);
  std::string tunables = given == nullptr ? "" : given;
  if (tunables == kSetting) {
    // Not for the children.
    ::unsetenv(kVariable);
    return;
  }
  // A privileged start is told no tunables: it would come back here for ever.
  if (tunables.contains(kName) || ::getauxval(AT_SECURE) != 0) return;
  // Started through the loader by name (`ld.so weft …`): the running file is the loader.
  if (::getauxval(AT_BASE) == 0) return;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  if (!tunables.empty()) tunables += ':';
  tunables += kSetting;
  if (::setenv(kVariable, tunables.c_str(), 1) != 0) return;
  ::execv(program.c_str(), argv);
  if (given == nullptr) ::unsetenv(kVariable);
}

}  // namespace weft::app

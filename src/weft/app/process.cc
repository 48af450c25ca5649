#include "weft/app/process.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace weft::app {
namespace {

constexpr const char* kVariable = "GLIBC_TUNABLES";
/// Pieces kept for each of the 64 sizes up to 1 KB: what some hundred calls in flight give back.
constexpr std::string_view kSetting = "glibc.malloc.tcache_count=1024";
constexpr std::string_view kName = "glibc.malloc.tcache_count";

}  // namespace

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

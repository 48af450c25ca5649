// What a program in a sandbox may not ask of the kernel: what is no use to it, and is how people
// get out (seccomp). Owned by app; constant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::app {

/// Who says no to a system call: whoever listens to the filter, or the kernel by itself.
enum class Refusals : std::uint8_t { told, silent };

/// The filter as the kernel takes it (an array of sock_filter); empty on machines that it was not
/// written for. What libraries ask in passing, and take another way without, is never told.
std::string system_call_filter(Refusals refusals);

/// What one that is told is to be answered with (errno), and its name.
struct RefusedCall {
  std::string_view name;
  int error = 0;
};
RefusedCall refused_call(int number);

}  // namespace weft::app

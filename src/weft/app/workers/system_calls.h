// What a program in a sandbox may not ask of the kernel: what is no use to it, and is how people
// get out (seccomp). Owned by app; constant.
#pragma once

#include <string>

namespace weft::app {

/// The filter as bubblewrap's --seccomp reads it; empty on machines that it was not written for.
/// What is refused is EPERM, and ENOSYS where libraries then take another way.
std::string system_call_filter();

}  // namespace weft::app

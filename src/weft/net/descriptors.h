// How many descriptors a process may have. Owned by net; main thread, at the start.
#pragma once

#include <cstddef>

namespace weft::net {

/// Asks for as many descriptors as this user may have (at most kDescriptorsMax); gives how many it
/// is now. Children get the customary 1024 (child_spawn.h), of which each may ask for more.
std::size_t raise_descriptor_limit();
/// How many connections of callers fit: the rest is for solutions, files and children.
std::size_t connections_for(std::size_t descriptors);

}  // namespace weft::net

// What the hub asks of the system for its process. Owned by app.
#pragma once

namespace weft::app {

/// Starts this program anew with room for more freed pieces at hand in each thread (glibc reads
/// that setting only when a process begins; docs/decisions/0005). Returns when that is the case
/// already, when the user set it in GLIBC_TUNABLES, or when it cannot be had: the hub then runs as
/// well, only slower. Nothing may have been opened or started before.
void keep_freed_memory_at_hand(char** argv);

}  // namespace weft::app

// The chain of a task's events: each carries the hash of the one before it. Pure; any thread. Owned
// by store.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft::store {

using Hash = std::array<std::uint8_t, 32>;

/// The hash over what an event says (BLAKE2b-256); lengths are part of it, so that no two events
/// are the same bytes.
Hash digest_of(std::string_view kind, std::int64_t at_ms, std::string_view payload);
/// The hash of the event `seq` of `task` that follows `previous` and says `digest`.
Hash link(const Hash& previous, std::string_view task, std::int64_t seq, const Hash& digest);
/// What the first event of a task follows.
Hash chain_start(std::string_view task);

}  // namespace weft::store

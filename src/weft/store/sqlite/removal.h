// Removing ended tasks a little at a time. Belongs to the writer's thread.
#pragma once

#include "weft/store/journal.h"
#include "weft/store/sqlite/connection.h"
#include "weft/store/sqlite/heads.h"

namespace weft::store::sqlite {

/// What one transaction may remove of the tasks that ended and whose time is over: at most `limit`
/// tasks, kRemovedRowsMax rows and about kRemovedBytesMax bytes. A task of more is gone for its
/// readers at once and loses its events from the last on, so that its chain is whole at any time.
Removal remove_some(Connection& connection, Heads& heads, std::int64_t now_ms, std::size_t limit);

}  // namespace weft::store::sqlite

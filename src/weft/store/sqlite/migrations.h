// The tables of the file and how an older file becomes a newer one. Runs in the writer before
// anything else. Owned by store.
#pragma once

#include <functional>
#include <string_view>

#include "weft/store/sqlite/connection.h"

namespace weft::store::sqlite {

/// Brings the file to this version, in one transaction. Errors: a newer file, or one that is not
/// weft's.
Result<void> migrate(Connection& writer, const std::function<void(std::string_view)>& at_point);

/// Looks for damage, for at most kQuickCheckTimeMax; whether all was seen.
Result<bool> quick_check(Connection& writer);

}  // namespace weft::store::sqlite

// Lists of tasks, page by page. Belongs to the thread of the connection.
#pragma once

#include "weft/store/journal.h"
#include "weft/store/record.h"
#include "weft/store/sqlite/connection.h"

namespace weft::store::sqlite {

/// The page of tasks that begins behind `from`, and how many there are in all.
Result<TaskList> read_list(Connection& connection, const TaskQuery& query, const PageToken& from);

}  // namespace weft::store::sqlite

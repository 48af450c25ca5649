#include "weft/store/sqlite/journal_list.h"

#include "weft/store/limits.h"
#include "weft/store/sqlite/journal_rows.h"

namespace weft::store::sqlite {
namespace {

/// The statements of one kind of list. All take the same parameters: 1 owner, 2 context, 3
/// solution, 4 state, 5 changed after, 6 and 7 behind which change of which task, 8 at most.
struct Lists {
  const char* count;
  const char* page;
};

/// One owner's. Those that run change with every event, so only those that have ended stand in
/// their order in an index: what is written often is not sorted in anew each time.
constexpr Lists kOwned{
    "SELECT (SELECT count(*) FROM task INDEXED BY task_ended WHERE owner = ?1 AND ended = 1 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5) + "
    "(SELECT count(*) FROM task INDEXED BY task_open WHERE owner = ?1 AND ended = 0 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5)",
    "SELECT n, updated, id FROM task INDEXED BY task_ended WHERE owner = ?1 AND ended = 1 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5 "
    "AND (updated, id) < (?6, ?7) UNION ALL "
    "SELECT n, updated, id FROM task INDEXED BY task_open WHERE owner = ?1 AND ended = 0 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5 "
    "AND (updated, id) < (?6, ?7) ORDER BY updated DESC, id DESC LIMIT ?8"};

/// One owner's of one conversation: few.
constexpr Lists kOfContext{
    "SELECT count(*) FROM task INDEXED BY task_owner WHERE owner = ?1 AND context = ?2 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5",
    "SELECT n, updated, id FROM task INDEXED BY task_owner WHERE owner = ?1 AND context = ?2 "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5 "
    "AND (updated, id) < (?6, ?7) ORDER BY updated DESC, id DESC LIMIT ?8"};

constexpr Lists kOfAll{
    "SELECT count(*) FROM task WHERE (?2 = '' OR context = ?2) "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5",
    "SELECT n, updated, id FROM task WHERE (?2 = '' OR context = ?2) "
    "AND (?3 = '' OR solution = ?3) AND (?4 = '' OR state = ?4) AND updated > ?5 "
    "AND (updated, id) < (?6, ?7) ORDER BY updated DESC, id DESC LIMIT ?8"};

const Lists& lists_for(const TaskQuery& query) {
  if (query.any_owner) return kOfAll;
  return query.context.empty() ? kOwned : kOfContext;
}

void bind_query(Statement& statement, const TaskQuery& query) {
  statement.bind(query.owner).bind(query.context.str()).bind(query.solution.str());
  statement.bind(query.state ? model::to_string(*query.state) : std::string_view());
  statement.bind(query.updated_after_ms);
}

struct Place {
  std::int64_t n = 0;
  PageToken token;
};

}  // namespace

Result<TaskList> read_list(Connection& connection, const TaskQuery& query, const PageToken& from) {
  TaskList out;
  const Lists& lists = lists_for(query);
  {
    Statement count(connection, lists.count);
    bind_query(count, query);
    if (count.row()) out.total = count.integer(0);
  }
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kPageMax);
  std::vector<Place> places;
  {
    Statement rows(connection, lists.page);
    bind_query(rows, query);
    rows.bind(from.updated_ms).bind(from.task).bind(static_cast<std::int64_t>(limit + 1));
    while (rows.row())
      places.push_back({rows.integer(0), {rows.integer(1), std::string(rows.text(2))}});
  }
  const bool more = places.size() > limit;
  if (more) places.pop_back();
  for (const auto& place : places) {
    WEFT_TRY(auto task, read_task(connection, place.n));
    if (task) out.tasks.push_back(std::move(*task));
  }
  if (more) out.next_page_token = to_string(places.back().token);
  return out;
}

}  // namespace weft::store::sqlite

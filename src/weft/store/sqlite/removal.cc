#include "weft/store/sqlite/removal.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "weft/store/limits.h"

namespace weft::store::sqlite {
namespace {

/// What may still be removed in this transaction.
class Budget {
 public:
  bool spent() const { return rows_ == 0 || bytes_ == 0; }
  void take(std::int64_t bytes) {
    rows_ -= 1;
    bytes_ -= std::min(bytes_, static_cast<std::size_t>(std::max<std::int64_t>(bytes, 0)));
  }

 private:
  std::size_t rows_ = kRemovedRowsMax;
  std::size_t bytes_ = kRemovedBytesMax;
};

/// The call and the state: without them nobody finds the task any more.
void remove_bodies(Connection& connection, std::int64_t n, Budget& budget) {
  {
    Statement size(connection,
                   "SELECT octet_length(task_start.body) + octet_length(task_body.body) "
                   "FROM task_start JOIN task_body USING (n) WHERE n = ?");
    size.bind(n);
    budget.take(size.row() ? size.integer(0) : 0);
  }
  Statement(connection, "DELETE FROM intent WHERE n = ?").bind(n).run();
  Statement(connection, "DELETE FROM task_body WHERE n = ?").bind(n).run();
  Statement(connection, "DELETE FROM task_start WHERE n = ?").bind(n).run();
}

/// Takes events off the end of the chain; whether none is left.
bool remove_events(Connection& connection, std::int64_t n, Budget& budget) {
  std::int64_t first = 0;
  bool all = false;
  {
    Statement rows(connection,
                   "SELECT seq, octet_length(payload) FROM event WHERE n = ? ORDER BY seq DESC");
    rows.bind(n);
    while (!all && !budget.spent()) {
      all = !rows.row();
      if (all) break;
      first = rows.integer(0);
      budget.take(rows.integer(1));
    }
  }
  if (first > 0) {
    Statement(connection,
              "UPDATE task SET head = ?2 - 1, head_hash = (SELECT prev_hash FROM event WHERE n = "
              "?1 AND seq = ?2) WHERE n = ?1")
        .bind(n)
        .bind(first)
        .run();
    Statement(connection, "DELETE FROM event WHERE n = ? AND seq >= ?").bind(n).bind(first).run();
  }
  return all;
}

}  // namespace

Removal remove_some(Connection& connection, Heads& heads, std::int64_t now_ms, std::size_t limit) {
  std::vector<std::pair<std::int64_t, std::string>> over;
  {
    Statement rows(connection,
                   "SELECT n, id FROM task WHERE expires > 0 AND expires <= ? AND ended = 1 "
                   "ORDER BY expires LIMIT ?");
    rows.bind(now_ms).bind(static_cast<std::int64_t>(limit));
    while (rows.row()) over.emplace_back(rows.integer(0), rows.text(1));
  }
  Removal out;
  out.more = over.size() == limit;
  Budget budget;
  for (const auto& [n, id] : over) {
    if (!budget.spent()) remove_bodies(connection, n, budget);
    const bool gone = !budget.spent() && remove_events(connection, n, budget);
    heads.forget(id);
    if (!gone) {
      out.more = true;
      break;
    }
    Statement(connection, "DELETE FROM task WHERE n = ?").bind(n).run();
    out.tasks += 1;
  }
  return out;
}

}  // namespace weft::store::sqlite

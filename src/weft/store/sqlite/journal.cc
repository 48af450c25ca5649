#include "weft/store/sqlite/journal.h"

#include "weft/store/limits.h"
#include "weft/store/record.h"
#include "weft/store/sqlite/journal_rows.h"

namespace weft::store::sqlite {
namespace {

using Events = std::vector<PreparedEvent>;

/// A text kept beside the intent it belongs to.
struct PreparedIntent {
  Intent intent;
  std::string payload;
};

Result<std::int64_t> insert_task(Connection& connection, Heads& heads, const TaskRecord& task,
                                 const std::string& start, const std::string& body,
                                 const Events& events) {
  const std::string& id = task.id.str();
  if (find_head(connection, heads, id)) {
    Error error = make_error(Reason::internal, "the task exists already");
    error.code = Code::already_exists;
    return fail(std::move(error));
  }
  Head head;
  head.hash = chain_start(id);
  {
    Statement row(
        connection,
        "INSERT INTO task (id, owner, context, state, ended, updated, expires, head, head_hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?) RETURNING n");
    row.bind(id).bind(task.owner).bind(task.context.str()).bind(model::to_string(task.state));
    row.bind(model::terminal(task.state) ? 1 : 0)
        .bind(task.updated_ms)
        .bind(task.expires_ms)
        .bind(head.hash);
    if (row.row()) head.n = row.integer(0);
    row.run();
  }
  Statement(connection, "INSERT INTO task_start (n, body) VALUES (?, ?)")
      .bind(head.n)
      .bind(start)
      .run();
  Statement(connection, "INSERT INTO task_body (n, body) VALUES (?, ?)")
      .bind(head.n)
      .bind(body)
      .run();
  if (!events.empty()) {
    write_events(connection, id, head, events);
    Statement(connection, "UPDATE task SET head = ?, head_hash = ? WHERE n = ?")
        .bind(head.seq)
        .bind(head.hash)
        .bind(head.n)
        .run();
  }
  heads.put(id, head);
  return head.seq;
}

void write_body(Connection& connection, std::int64_t n, const Append& change,
                Result<void>& outcome) {
  auto record = read_task(connection, n);
  if (connection.failed()) return;
  if (!record || !*record) {
    outcome = record ? std::unexpected(no_such_task()) : std::unexpected(record.error());
    return;
  }
  apply(change, **record);
  const auto body = body_text(**record);
  if (!body) {
    outcome = std::unexpected(body.error());
    return;
  }
  Statement(connection, "UPDATE task_body SET body = ? WHERE n = ?").bind(*body).bind(n).run();
}

void write_steps(Connection& connection, std::int64_t n, const std::vector<PreparedIntent>& intents,
                 const std::vector<std::string>& done) {
  for (const auto& [intent, payload] : intents) {
    Statement(connection,
              "INSERT OR REPLACE INTO intent (n, step, effect, at, payload) VALUES (?, ?, ?, ?, ?)")
        .bind(n)
        .bind(intent.step)
        .bind(to_string(intent.effect))
        .bind(intent.at_ms)
        .bind(payload)
        .run();
  }
  for (const auto& step : done) {
    Statement(connection, "DELETE FROM intent WHERE n = ? AND step = ?").bind(n).bind(step).run();
  }
}

Result<std::int64_t> write_append(Connection& connection, Heads& heads, const Append& change,
                                  const Events& events,
                                  const std::vector<PreparedIntent>& intents) {
  const std::string& id = change.task.str();
  auto head = find_head(connection, heads, id);
  if (!head) return fail(no_such_task());
  if (head->seq != change.expected_head) return fail(head_moved(change, head->seq));
  // First what can still be refused, so that a refusal leaves nothing behind.
  Result<void> outcome;
  if (changes_body(change)) write_body(connection, head->n, change, outcome);
  if (!outcome) return fail(std::move(outcome).error());
  write_events(connection, id, *head, events);
  if (change.state) {
    Statement(connection,
              "UPDATE task SET head = ?, head_hash = ?, updated = max(updated, ?), state = ?, "
              "ended = ? WHERE n = ?")
        .bind(head->seq)
        .bind(head->hash)
        .bind(change.at_ms)
        .bind(model::to_string(*change.state))
        .bind(model::terminal(*change.state) ? 1 : 0)
        .bind(head->n)
        .run();
  } else {
    Statement(connection,
              "UPDATE task SET head = ?, head_hash = ?, updated = max(updated, ?) WHERE n = ?")
        .bind(head->seq)
        .bind(head->hash)
        .bind(change.at_ms)
        .bind(head->n)
        .run();
  }
  if (change.expires_ms) {
    Statement(connection, "UPDATE task SET expires = ? WHERE n = ?")
        .bind(*change.expires_ms)
        .bind(head->n)
        .run();
  }
  write_steps(connection, head->n, intents, change.steps_done);
  heads.put(id, *head);
  return head->seq;
}

std::optional<std::int64_t> number_of(Connection& connection, const TaskId& id) {
  Statement row(connection, "SELECT n FROM task WHERE id = ?");
  if (!row.bind(id.str()).row()) return std::nullopt;
  return row.integer(0);
}

constexpr const char* kCount =
    "SELECT count(*) FROM task WHERE (?1 OR owner = ?2) AND (?3 = '' OR context = ?3) "
    "AND (?4 = '' OR state = ?4) AND updated > ?5";
constexpr const char* kList =
    "SELECT n FROM task WHERE (?1 OR owner = ?2) AND (?3 = '' OR context = ?3) "
    "AND (?4 = '' OR state = ?4) AND updated > ?5 AND (updated, id) < (?6, ?7) "
    "ORDER BY updated DESC, id DESC LIMIT ?8";
constexpr const char* kOwned =
    "SELECT n FROM task WHERE owner = ?2 AND ?1 = 0 AND (?3 = '' OR context = ?3) "
    "AND (?4 = '' OR state = ?4) AND updated > ?5 AND (updated, id) < (?6, ?7) "
    "ORDER BY updated DESC, id DESC LIMIT ?8";
constexpr const char* kOwnedCount =
    "SELECT count(*) FROM task WHERE owner = ?2 AND ?1 = 0 AND (?3 = '' OR context = ?3) "
    "AND (?4 = '' OR state = ?4) AND updated > ?5";

void bind_query(Statement& statement, const TaskQuery& query) {
  statement.bind(query.any_owner ? 1 : 0).bind(query.owner).bind(query.context.str());
  statement.bind(query.state ? model::to_string(*query.state) : std::string_view());
  statement.bind(query.updated_after_ms);
}

Result<TaskList> read_list(Connection& connection, const TaskQuery& query, const PageToken& from) {
  TaskList out;
  std::vector<std::int64_t> numbers;
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kPageMax);
  {
    Statement count(connection, query.any_owner ? kCount : kOwnedCount);
    bind_query(count, query);
    if (count.row()) out.total = count.integer(0);
  }
  {
    Statement rows(connection, query.any_owner ? kList : kOwned);
    bind_query(rows, query);
    rows.bind(from.updated_ms).bind(from.task).bind(static_cast<std::int64_t>(limit + 1));
    while (rows.row()) numbers.push_back(rows.integer(0));
  }
  const bool more = numbers.size() > limit;
  if (more) numbers.pop_back();
  for (const std::int64_t n : numbers) {
    WEFT_TRY(auto task, read_task(connection, n));
    if (task) out.tasks.push_back(std::move(*task));
  }
  if (more && !out.tasks.empty()) {
    out.next_page_token =
        to_string(PageToken{out.tasks.back().updated_ms, out.tasks.back().id.str()});
  }
  return out;
}

Result<std::vector<Unfinished>> read_unfinished(Connection& connection) {
  std::vector<std::int64_t> numbers;
  {
    Statement rows(connection, "SELECT n FROM task WHERE ended = 0 ORDER BY n");
    while (rows.row()) numbers.push_back(rows.integer(0));
  }
  std::vector<Unfinished> out;
  for (const std::int64_t n : numbers) {
    WEFT_TRY(auto task, read_task(connection, n));
    WEFT_TRY(auto open, read_intents(connection, n));
    if (task) out.push_back({std::move(*task), std::move(open)});
  }
  return out;
}

Result<std::size_t> remove_tasks(Connection& connection, Heads& heads, std::int64_t now_ms,
                                 std::size_t limit) {
  std::vector<std::pair<std::int64_t, std::string>> over;
  {
    Statement rows(
        connection,
        "SELECT n, id FROM task WHERE expires > 0 AND expires <= ? AND ended = 1 LIMIT ?");
    rows.bind(now_ms).bind(static_cast<std::int64_t>(limit));
    while (rows.row()) over.emplace_back(rows.integer(0), rows.text(1));
  }
  for (const auto& [n, id] : over) {
    Statement(connection, "DELETE FROM event WHERE n = ?").bind(n).run();
    Statement(connection, "DELETE FROM intent WHERE n = ?").bind(n).run();
    Statement(connection, "DELETE FROM task_body WHERE n = ?").bind(n).run();
    Statement(connection, "DELETE FROM task_start WHERE n = ?").bind(n).run();
    Statement(connection, "DELETE FROM task WHERE n = ?").bind(n).run();
    heads.forget(id);
  }
  return over.size();
}

}  // namespace

Awaitable<Result<std::int64_t>> SqliteJournal::create(TaskRecord task,
                                                      std::vector<NewEvent> events) {
  WEFT_CO_CHECK(check(task, events.size()));
  WEFT_CO_TRY(std::string start, start_text(task));
  WEFT_CO_TRY(std::string body, body_text(task));
  WEFT_CO_TRY(Events prepared, prepare(std::move(events)));
  const std::size_t bytes = start.size() + body.size() + bytes_of(prepared);
  co_return co_await database_.write<std::int64_t>(
      bytes, [this, task = std::move(task), start = std::move(start), body = std::move(body),
              prepared = std::move(prepared)](Connection& connection) {
        return insert_task(connection, heads_, task, start, body, prepared);
      });
}

Awaitable<Result<std::int64_t>> SqliteJournal::append(Append change) {
  WEFT_CO_CHECK(check(change));
  WEFT_CO_TRY(Events prepared, prepare(std::exchange(change.events, {})));
  std::vector<PreparedIntent> intents;
  for (auto& intent : change.intents) {
    WEFT_CO_TRY(std::string payload, to_text(intent.payload, "an intent"));
    intents.push_back({std::move(intent), std::move(payload)});
  }
  change.intents.clear();
  const std::size_t bytes = bytes_of(prepared);
  co_return co_await database_.write<std::int64_t>(
      bytes, [this, change = std::move(change), prepared = std::move(prepared),
              intents = std::move(intents)](Connection& connection) {
        return write_append(connection, heads_, change, prepared, intents);
      });
}

Awaitable<Result<std::optional<TaskRecord>>> SqliteJournal::get(TaskId id) {
  using Found = std::optional<TaskRecord>;
  co_return co_await database_.read<Found>(
      [id = std::move(id)](Connection& connection) -> Result<Found> {
        const auto n = number_of(connection, id);
        if (!n) return std::nullopt;
        return read_task(connection, *n);
      });
}

Awaitable<Result<std::vector<StoredEvent>>> SqliteJournal::read(TaskId id, std::int64_t after_seq,
                                                                std::size_t limit) {
  using Found = std::vector<StoredEvent>;
  co_return co_await database_.read<Found>([id = std::move(id), after_seq,
                                            limit](Connection& connection) -> Result<Found> {
    const auto n = number_of(connection, id);
    if (!n) return fail(no_such_task());
    Found out;
    Statement rows(
        connection,
        "SELECT seq, kind, at, payload FROM event WHERE n = ? AND seq > ? ORDER BY seq LIMIT ?");
    rows.bind(*n).bind(after_seq).bind(static_cast<std::int64_t>(std::min(limit, kPageMax)));
    while (rows.row()) {
      StoredEvent event{rows.integer(0), std::string(rows.text(1)), {}, rows.integer(2)};
      WEFT_TRY(event.payload, from_text(rows.text(3), "an event"));
      out.push_back(std::move(event));
    }
    return out;
  });
}

Awaitable<Result<TaskList>> SqliteJournal::list(TaskQuery query) {
  PageToken from{std::numeric_limits<std::int64_t>::max(), ""};
  if (!query.page_token.empty()) {
    WEFT_CO_TRY(from, page_token_from(query.page_token));
  }
  co_return co_await database_.read<TaskList>(
      [query = std::move(query), from = std::move(from)](Connection& connection) {
        return read_list(connection, query, from);
      });
}

Awaitable<Result<std::vector<Unfinished>>> SqliteJournal::recover() {
  co_return co_await database_.read<std::vector<Unfinished>>(
      [](Connection& connection) { return read_unfinished(connection); });
}

Awaitable<Result<std::size_t>> SqliteJournal::remove_expired(std::int64_t now_ms,
                                                             std::size_t limit) {
  co_return co_await database_.write<std::size_t>(0, [this, now_ms, limit](Connection& connection) {
    return remove_tasks(connection, heads_, now_ms, limit);
  });
}

Awaitable<Result<void>> SqliteJournal::verify(TaskId id) {
  co_return co_await database_.read<void>(
      [id = std::move(id)](Connection& connection) -> Result<void> {
        std::size_t budget = static_cast<std::size_t>(kEventsPerTaskMax) + 1;
        WEFT_TRY([[maybe_unused]] const bool seen, check_chain(connection, id.str(), budget));
        return {};
      });
}

}  // namespace weft::store::sqlite

#include "weft/store/sqlite/journal.h"

#include <span>

#include "weft/base/log.h"
#include "weft/store/limits.h"
#include "weft/store/record.h"
#include "weft/store/sqlite/journal_list.h"
#include "weft/store/sqlite/journal_rows.h"
#include "weft/store/sqlite/removal.h"

namespace weft::store::sqlite {
namespace {

using Events = std::vector<PreparedEvent>;

/// A text kept beside the intent it belongs to.
struct PreparedIntent {
  Intent intent;
  std::string payload;
};
using Intents = std::vector<PreparedIntent>;

Result<Intents> prepare(std::vector<Intent> intents) {
  Intents out;
  for (auto& intent : intents) {
    WEFT_TRY(std::string payload, to_text(intent.payload, "an intent"));
    out.push_back({std::move(intent), std::move(payload)});
  }
  return out;
}

void write_steps(Connection& connection, std::int64_t n, const Intents& intents,
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

Result<std::int64_t> insert_task(Connection& connection, Heads& heads, const TaskRecord& task,
                                 const std::string& start, const std::string& body,
                                 const Events& events, const Intents& intents) {
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
        "INSERT INTO task (id, owner, context, state, ended, updated, expires, head, head_hash, "
        "solution) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?) RETURNING n");
    row.bind(id).bind(task.owner).bind(task.context.str()).bind(model::to_string(task.state));
    row.bind(model::terminal(task.state) ? 1 : 0)
        .bind(task.updated_ms)
        .bind(task.expires_ms)
        .bind(head.hash)
        .bind(task.solution.str());
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
  write_steps(connection, head.n, intents, {});
  heads.put(id, head);
  return head.seq;
}

/// The part of a task that changes; the call, which may be long, is not read for it.
void write_body(Connection& connection, std::int64_t n, const Append& change,
                Result<void>& outcome) {
  TaskRecord record;
  {
    Statement row(connection, "SELECT body FROM task_body WHERE n = ?");
    const bool there = row.bind(n).row();
    if (connection.failed()) return;
    outcome = there ? read_body(row.text(0), record) : std::unexpected(no_such_task());
  }
  if (!outcome) return;
  apply(change, record);
  const auto body = body_text(record);
  if (!body) {
    outcome = std::unexpected(body.error());
    return;
  }
  Statement(connection, "UPDATE task_body SET body = ? WHERE n = ?").bind(*body).bind(n).run();
}

Result<std::int64_t> write_append(Connection& connection, Heads& heads, const Append& change,
                                  const Events& events, const Intents& intents) {
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

/// Looked for among the owner's own alone: whether someone else has it is not even found out.
std::optional<std::int64_t> number_of(Connection& connection, const TaskId& id,
                                      const std::string& owner) {
  Statement row(connection, "SELECT n FROM task INDEXED BY task_own WHERE owner = ? AND id = ?");
  if (!row.bind(owner).bind(id.str()).row()) return std::nullopt;
  return row.integer(0);
}

/// A task that had not ended when it was looked for.
struct Place {
  std::int64_t n = 0;
  std::string id;
};

Result<std::vector<Place>> find_unfinished(Connection& connection) {
  std::vector<Place> out;
  Statement rows(connection, "SELECT n, id FROM task WHERE ended = 0 ORDER BY n");
  while (rows.row()) out.push_back({rows.integer(0), std::string(rows.text(1))});
  return out;
}

Result<std::optional<Unfinished>> read_unfinished(Connection& connection, std::int64_t n) {
  WEFT_TRY(auto task, read_task(connection, n));
  if (!task || model::terminal(task->state)) return std::nullopt;
  WEFT_TRY(auto open, read_intents(connection, n));
  return Unfinished{std::move(*task), std::move(open)};
}

/// What is damaged costs itself and no other.
Result<std::vector<Unfinished>> read_unfinished(Connection& connection,
                                                const std::vector<Place>& places) {
  std::vector<Unfinished> out;
  for (const auto& place : places) {
    auto one = read_unfinished(connection, place.n);
    if (!one) {
      log::error("task {} is not taken up again: {}", place.id, one.error().message);
    } else if (*one) {
      out.push_back(**std::move(one));
    }
  }
  return out;
}

}  // namespace

Awaitable<Result<std::int64_t>> SqliteJournal::create(TaskRecord task, std::vector<NewEvent> events,
                                                      std::vector<Intent> intents) {
  WEFT_CO_CHECK(check(task, events.size()));
  WEFT_CO_TRY(std::string start, start_text(task));
  WEFT_CO_TRY(std::string body, body_text(task));
  WEFT_CO_TRY(Events prepared, prepare(std::move(events)));
  WEFT_CO_TRY(Intents steps, prepare(std::move(intents)));
  const std::size_t bytes = start.size() + body.size() + bytes_of(prepared);
  co_return co_await database_.write<std::int64_t>(
      bytes, [this, task = std::move(task), start = std::move(start), body = std::move(body),
              prepared = std::move(prepared), steps = std::move(steps)](Connection& connection) {
        return insert_task(connection, heads_, task, start, body, prepared, steps);
      });
}

Awaitable<Result<std::int64_t>> SqliteJournal::append(Append change) {
  WEFT_CO_CHECK(check(change));
  WEFT_CO_TRY(Events prepared, prepare(std::exchange(change.events, {})));
  WEFT_CO_TRY(Intents intents, prepare(std::exchange(change.intents, {})));
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

Awaitable<Result<std::optional<TaskRecord>>> SqliteJournal::get(TaskId id, std::string owner) {
  using Found = std::optional<TaskRecord>;
  co_return co_await database_.read<Found>(
      [id = std::move(id), owner = std::move(owner)](Connection& connection) -> Result<Found> {
        const auto n = number_of(connection, id, owner);
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
    std::size_t bytes = 0;
    while (bytes < kPageBytesMax && rows.row()) {
      bytes += rows.text(3).size();
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
  using Places = std::vector<Place>;
  WEFT_CO_TRY(const Places places, co_await database_.read<Places>([](Connection& connection) {
    return find_unfinished(connection);
  }));
  std::vector<Unfinished> out;
  // In several reads: one that takes long is cut.
  for (std::span<const Place> rest = places; !rest.empty();) {
    const auto now = rest.first(std::min(rest.size(), kRecoveredAtOnce));
    Places some(now.begin(), now.end());
    WEFT_CO_TRY(auto found, co_await database_.read<std::vector<Unfinished>>(
                                [some = std::move(some)](Connection& connection) {
                                  return read_unfinished(connection, some);
                                }));
    out.insert(out.end(), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()));
    rest = rest.subspan(now.size());
  }
  co_return out;
}

Awaitable<Result<Removal>> SqliteJournal::remove_expired(std::int64_t now_ms, std::size_t limit) {
  co_return co_await database_.write<Removal>(
      0, [this, now_ms, limit](Connection& connection) -> Result<Removal> {
        return remove_some(connection, heads_, now_ms, limit);
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

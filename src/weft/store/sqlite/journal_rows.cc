#include "weft/store/sqlite/journal_rows.h"

#include <format>

#include "weft/store/limits.h"
#include "weft/store/record.h"

namespace weft::store::sqlite {
namespace {

Hash hash_of(std::span<const std::uint8_t> bytes) {
  Hash out{};
  if (bytes.size() == out.size()) std::ranges::copy(bytes, out.begin());
  return out;
}

std::unexpected<Error> broken(const std::string& task, std::int64_t seq) {
  Error error = make_error(
      Reason::internal, std::format("the journal of task `{}` is damaged at event {}", task, seq));
  error.code = Code::data_loss;
  return fail(std::move(error));
}

}  // namespace

Result<std::vector<PreparedEvent>> prepare(std::vector<NewEvent> events) {
  std::vector<PreparedEvent> out;
  out.reserve(events.size());
  for (auto& event : events) {
    WEFT_TRY(std::string payload, to_text(event.payload, "an event"));
    const Hash digest = digest_of(event.kind, event.at_ms, payload);
    out.push_back({std::move(event.kind), std::move(payload), event.at_ms, digest});
  }
  return out;
}

std::size_t bytes_of(const std::vector<PreparedEvent>& events) {
  std::size_t bytes = 256;
  for (const auto& event : events) bytes += event.kind.size() + event.payload.size() + 64;
  return bytes;
}

std::optional<Head> find_head(Connection& connection, Heads& heads, const std::string& task) {
  if (const Head* known = heads.find(task)) return *known;
  Statement statement(connection, "SELECT n, head, head_hash FROM task WHERE id = ?");
  if (!statement.bind(task).row()) return std::nullopt;
  return Head{statement.integer(0), statement.integer(1), hash_of(statement.blob(2))};
}

void write_events(Connection& connection, const std::string& task, Head& head,
                  const std::vector<PreparedEvent>& events) {
  for (const auto& event : events) {
    const std::int64_t seq = head.seq + 1;
    Statement statement(
        connection,
        "INSERT INTO event (n, seq, kind, at, prev_hash, payload) VALUES (?, ?, ?, ?, ?, ?)");
    statement.bind(head.n)
        .bind(seq)
        .bind(event.kind)
        .bind(event.at_ms)
        .bind(head.hash)
        .bind(event.payload);
    if (!statement.run()) return;
    head.hash = link(head.hash, task, seq, event.digest);
    head.seq = seq;
  }
}

Result<std::optional<TaskRecord>> read_task(Connection& connection, std::int64_t n) {
  TaskRecord task;
  Statement row(connection,
                "SELECT task.id, owner, context, state, updated, expires, head, task_start.body, "
                "task_body.body "
                "FROM task JOIN task_start USING (n) JOIN task_body USING (n) WHERE n = ?");
  if (!row.bind(n).row()) return std::nullopt;
  task.id = TaskId(std::string(row.text(0)));
  task.owner = std::string(row.text(1));
  task.context = ContextId(std::string(row.text(2)));
  const auto state = model::task_state_from(row.text(3));
  if (!state) return broken(task.id.str(), 0);
  task.state = *state;
  task.updated_ms = row.integer(4);
  task.expires_ms = row.integer(5);
  task.head = row.integer(6);
  WEFT_CHECK(read_start(row.text(7), task));
  WEFT_CHECK(read_body(row.text(8), task));
  return task;
}

Result<std::vector<Intent>> read_intents(Connection& connection, std::int64_t n) {
  std::vector<Intent> out;
  Statement rows(connection,
                 "SELECT step, effect, at, payload FROM intent WHERE n = ? ORDER BY id");
  rows.bind(n);
  while (rows.row()) {
    Intent intent;
    intent.step = std::string(rows.text(0));
    // An effect of a newer weft: what is unknown is not repeated.
    intent.effect = effect_from(rows.text(1)).value_or(Effect::one_shot);
    intent.at_ms = rows.integer(2);
    WEFT_TRY(intent.payload, from_text(rows.text(3), "an intent"));
    out.push_back(std::move(intent));
  }
  return out;
}

Result<bool> check_chain(Connection& connection, const std::string& task, std::size_t& budget) {
  Statement row(connection, "SELECT n, head, head_hash FROM task WHERE id = ?");
  if (!row.bind(task).row()) return fail(no_such_task());
  const Head head{row.integer(0), row.integer(1), hash_of(row.blob(2))};
  Hash hash = chain_start(task);
  std::int64_t seq = 0;
  Statement events(connection,
                   "SELECT seq, kind, at, prev_hash, payload FROM event WHERE n = ? ORDER BY seq");
  events.bind(head.n);
  while (events.row()) {
    if (budget == 0) return false;
    --budget;
    if (events.integer(0) != seq + 1 || hash_of(events.blob(3)) != hash)
      return broken(task, seq + 1);
    ++seq;
    hash = link(hash, task, seq, digest_of(events.text(1), events.integer(2), events.text(4)));
  }
  if (connection.failed()) return false;
  if (seq != head.seq || hash != head.hash) return broken(task, seq);
  return true;
}

Result<bool> check_recent_chains(Connection& connection) {
  std::vector<std::string> tasks;
  connection.set_time_limit(kChainCheckTimeMax);
  {
    Statement rows(connection,
                   "SELECT DISTINCT task.id FROM (SELECT n FROM event ORDER BY event.id DESC LIMIT "
                   "?) AS recent "
                   "JOIN task ON task.n = recent.n");
    rows.bind(static_cast<std::int64_t>(kChainCheckEventsMax));
    while (rows.row()) tasks.emplace_back(rows.text(0));
  }
  std::size_t budget = kChainCheckEventsMax;
  Result<bool> seen = true;
  for (const auto& task : tasks) {
    if (!seen || !*seen || connection.failed()) break;
    seen = check_chain(connection, task, budget);
  }
  connection.set_time_limit(Milliseconds(0));
  const auto done = connection.take_failure();
  if (!seen) return seen;
  if (!done && done.error().reason == Reason::deadline) return false;
  WEFT_CHECK(done);
  return seen;
}

}  // namespace weft::store::sqlite

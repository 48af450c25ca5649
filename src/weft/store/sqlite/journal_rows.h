// The journal's statements: what is written and read inside one transaction. Belongs to the thread
// of the connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/store/journal.h"
#include "weft/store/sqlite/connection.h"
#include "weft/store/sqlite/heads.h"

namespace weft::store::sqlite {

/// An event as it is written: its text and the digest of what it says, made before the writer's
/// turn.
struct PreparedEvent {
  std::string kind;
  std::string payload;
  std::int64_t at_ms = 0;
  Hash digest{};
};
Result<std::vector<PreparedEvent>> prepare(std::vector<NewEvent> events);
std::size_t bytes_of(const std::vector<PreparedEvent>& events);

std::optional<Head> find_head(Connection& connection, Heads& heads, const std::string& task);
/// Adds the events behind `head` and moves it.
void write_events(Connection& connection, const std::string& task, Head& head,
                  const std::vector<PreparedEvent>& events);
/// The record of a row number; nothing when there is none.
Result<std::optional<TaskRecord>> read_task(Connection& connection, std::int64_t n);
Result<std::vector<Intent>> read_intents(Connection& connection, std::int64_t n);
/// Walks a chain, reading at most `budget` events and taking what it read off it. False: the budget
/// ended first. Errors: Code::data_loss.
Result<bool> check_chain(Connection& connection, const std::string& task, std::size_t& budget);
/// Walks the chains of the tasks that changed last, within the limits; whether all that were due
/// were seen.
Result<bool> check_recent_chains(Connection& connection);

}  // namespace weft::store::sqlite

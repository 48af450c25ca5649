// What the journal writes, as text: bytes to structs and back. Pure; any thread. Owned by store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/store/journal.h"

namespace weft::store {

/// JSON as it is kept. Errors on what would not come back as it was: too large, too deep, a number
/// that is not finite.
Result<std::string> to_text(const json::value& value, std::string_view what);
/// The inverse. Errors: Code::data_loss.
Result<json::value> from_text(std::string_view text, std::string_view what);

/// The part of a task that never changes, and the part that does; what is missing in neither is in
/// columns.
Result<std::string> start_text(const TaskRecord& task);
Result<void> read_start(std::string_view text, TaskRecord& task);
Result<std::string> body_text(const TaskRecord& task);
Result<void> read_body(std::string_view text, TaskRecord& task);

/// Puts what an append sets into the record.
void apply(const Append& change, TaskRecord& task);
/// Whether an append touches what body_text() holds.
bool changes_body(const Append& change);

/// Where the next page of a list begins.
struct PageToken {
  std::int64_t updated_ms = 0;
  std::string task;
  friend bool operator==(const PageToken&, const PageToken&) = default;
};
std::string to_string(const PageToken& token);
Result<PageToken> page_token_from(std::string_view text);

/// The errors every journal gives alike.
Error no_such_task();
Error head_moved(const Append& change, std::int64_t head);
/// Errors: an append or a task that no journal takes.
Result<void> check(const TaskRecord& task, std::size_t events);
Result<void> check(const Append& change);

}  // namespace weft::store

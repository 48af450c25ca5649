// What callers of the admin API send, read: bodies and query strings. Owned by adapters/admin;
// pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "weft/hub/keys.h"
#include "weft/hub/registry.h"
#include "weft/hub/tasks.h"

namespace weft::adapters::admin {

/// What would be left out is refused: a member misspelt may be a right that was to be withheld.
Result<void> check_members(const json::object& body, std::initializer_list<std::string_view> known);
/// POST solutions: what is to be joined, by `url` or by `command`.
Result<hub::JoinRequest> read_join(const json::object& body);
/// POST keys: name, rights and solutions of the key that is wanted.
Result<hub::KeyInfo> read_key(const json::object& body);
/// GET tasks: `context`, `state`, `limit` and `page_token`.
Result<hub::TaskFilter> read_filter(std::string_view query);
/// GET tasks/ID/events: the event to go on after, by Last-Event-ID or `after`; 0 where neither is a
/// number.
std::int64_t read_after(std::string_view last_event_id, std::string_view query);

}  // namespace weft::adapters::admin

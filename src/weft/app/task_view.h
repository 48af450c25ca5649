// A task as the admin API tells it. Owned by app; pure but for settled().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/app/admin_client.h"
#include "weft/model/event.h"

namespace weft::app {

/// `/admin/v1/tasks/ID` and what is done with it.
std::string task_path(const std::string& id, std::string_view verb);
/// How the task ended; nothing while it runs.
std::optional<model::End> end_of(const json::object& task);
/// What it asks; nothing when it asks nothing.
std::optional<model::Ask> ask_of(const json::object& task);
/// The task once it asks again or is over.
Awaitable<Result<json::value>> settled(AdminClient& admin, std::string path, json::value task);

}  // namespace weft::app

#include "weft/app/task_view.h"

#include <format>

#include "weft/base/timers.h"
#include "weft/base/url.h"
#include "weft/model/codec.h"

namespace weft::app {
namespace {

constexpr Milliseconds kLookAgain{200};

}  // namespace

std::string task_path(const std::string& id, std::string_view verb) {
  return std::format("/admin/v1/tasks/{}{}", percent_encode(id), verb);
}

std::optional<model::End> end_of(const json::object& task) {
  const auto* ended = json::find(task, "end");
  if (ended == nullptr) return std::nullopt;
  const auto event = model::event_from_json(*ended);
  const auto* end = event ? std::get_if<model::End>(&event->body) : nullptr;
  return end == nullptr ? std::nullopt : std::optional(*end);
}

std::optional<model::Ask> ask_of(const json::object& task) {
  const auto* asked = json::find(task, "ask");
  if (asked == nullptr) return std::nullopt;
  auto ask = model::ask_from_json(*asked);
  return ask && !ask->items.empty() ? std::optional(*std::move(ask)) : std::nullopt;
}

Awaitable<Result<json::value>> settled(AdminClient& admin, std::string path, json::value task) {
  while (true) {
    const std::string state = std::string(json::string_at(task.as_object(), "state"));
    if (state != "submitted" && state != "working") co_return task;
    const CancelToken never;
    co_await sleep_for(kLookAgain, never);
    WEFT_CO_TRY(task, co_await admin.get(path));
  }
}

}  // namespace weft::app

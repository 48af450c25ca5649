#include <format>

#include "weft/app/command_run.h"
#include "weft/base/timers.h"
#include "weft/base/url.h"
#include "weft/model/codec.h"

namespace weft::app {
namespace {

constexpr Milliseconds kLookAgain{200};

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

std::string task_path(const std::string& id, std::string_view verb) {
  return std::format("/admin/v1/tasks/{}{}", percent_encode(id), verb);
}

/// The error that the task ended with.
std::optional<Error> failure_of(const json::object& task) {
  const auto* ended = json::find(task, "end");
  if (ended == nullptr) return std::nullopt;
  const auto event = model::event_from_json(*ended);
  const auto* end = event ? std::get_if<model::End>(&event->body) : nullptr;
  if (end == nullptr || end->outcome) return std::nullopt;
  return end->outcome.error();
}

Exit print_task(const Printer& printer, const json::value& document) {
  printer.document(document);
  const auto& task = document.as_object();
  printer.line(std::format("{}  {}/{}  {}", text_of(task, "id"), text_of(task, "solution"),
                           text_of(task, "skill"), text_of(task, "state")));
  if (const auto note = text_of(task, "note"); !note.empty()) printer.line(note);
  if (const auto* asked = json::find(task, "ask")) {
    if (auto ask = model::ask_from_json(*asked)) {
      for (const auto& [key, item] : ask->items) {
        printer.line(std::format("asks: {}", item.message));
        if (item.schema) printer.line(json::write_pretty(*item.schema));
      }
    }
    printer.note(
        std::format("next: weft task answer {} KEY=VALUE…  (or --decline)", text_of(task, "id")));
    return Exit::waiting;
  }
  if (const auto* ended = json::find(task, "end")) {
    auto event = model::event_from_json(*ended);
    const auto* end = event ? std::get_if<model::End>(&event->body) : nullptr;
    if (end != nullptr && !end->outcome) printer.line("error: " + end->outcome.error().message);
    if (end != nullptr && end->outcome) {
      const auto data = model::plain_data(*end->outcome);
      const auto text = model::plain_text(*end->outcome);
      printer.line(text.empty() && data ? json::write_pretty(*data) : text);
    }
  }
  return Exit::done;
}

/// The form of the only open question, for the types of KEY=VALUE.
const json::value* open_schema(const json::value& task) {
  const auto* ask = json::find(task, "ask");
  const auto* items = ask ? json::find(*ask, "items") : nullptr;
  if (items == nullptr || !items->is_object() || items->get_object().size() != 1) return nullptr;
  return json::find(items->get_object().begin()->value(), "schema");
}

Result<json::object> answer_body(const TaskAnswer& answer, const json::value& task) {
  json::object body;
  body["action"] = answer.decline ? "decline" : "accept";
  if (answer.decline || answer.words.empty()) return body;
  const bool plain = answer.words.size() == 1 && !answer.words.front().contains('=');
  if (plain) {
    body["text"] = answer.words.front();
  } else {
    WEFT_TRY(body["data"], read_arguments(answer.words, open_schema(task)));
  }
  return body;
}

/// The task once it asks again or is over.
Awaitable<Result<json::value>> settled(AdminClient& admin, std::string path, json::value task) {
  while (true) {
    const std::string state = text_of(task.as_object(), "state");
    if (state != "submitted" && state != "working") co_return task;
    const CancelToken never;
    co_await sleep_for(kLookAgain, never);
    WEFT_CO_TRY(task, co_await admin.get(path));
  }
}

}  // namespace

Exit run_task_ls(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/tasks"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "tasks");
        if (list == nullptr || list->empty()) {
          printer.note("there are no tasks");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{{"TASK", "SKILL", "STATE", "UPDATED"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"), text_of(o, "solution") + "/" + text_of(o, "skill"),
                          text_of(o, "state"), text_of(o, "updated")});
        }
        printer.table(rows);
        co_return Exit::done;
      });
}

Exit run_task_show(const HubOptions& hub, const std::string& id) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       const std::string path = task_path(id, "");
                       WEFT_CO_TRY(json::value answer, co_await admin.get(path));
                       (void)print_task(printer, answer);
                       co_return Exit::done;
                     });
}

Exit run_task_cancel(const HubOptions& hub, const std::string& id) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = task_path(id, "/cancel");
        json::value nothing;
        WEFT_CO_TRY(json::value answer, co_await admin.send("POST", path, std::move(nothing)));
        (void)print_task(printer, answer);
        co_return Exit::done;
      });
}

Exit run_task_answer(const HubOptions& hub, const TaskAnswer& answer) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = task_path(answer.id, "");
        WEFT_CO_TRY(json::value task, co_await admin.get(path));
        WEFT_CO_TRY(json::object body, answer_body(answer, task));
        const std::string answer_path = task_path(answer.id, "/answer");
        json::value sent(std::move(body));
        WEFT_CO_TRY(json::value after, co_await admin.send("POST", answer_path, std::move(sent)));
        WEFT_CO_TRY(after, co_await settled(admin, path, std::move(after)));
        const Exit shown = print_task(printer, after);
        const auto failure = failure_of(after.as_object());
        co_return failure ? exit_of(*failure) : shown;
      });
}

}  // namespace weft::app

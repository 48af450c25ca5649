#include <algorithm>
#include <format>

#include "weft/app/arguments.h"
#include "weft/app/command_run.h"
#include "weft/app/files.h"
#include "weft/app/questions.h"
#include "weft/app/task_view.h"
#include "weft/base/timers.h"
#include "weft/base/url.h"
#include "weft/model/codec.h"

namespace weft::app {
namespace {

/// What the hub gives at most in one page.
constexpr std::size_t kPageMax = 500;

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

void print_state(const Printer& printer, const json::object& task) {
  printer.line(std::format("{}  {}/{}  {}", text_of(task, "id"), text_of(task, "solution"),
                           text_of(task, "skill"), text_of(task, "state")));
}

Exit print_task(const Printer& printer, const json::value& document) {
  printer.document(document);
  const auto& task = document.as_object();
  print_state(printer, task);
  if (const auto note = text_of(task, "note"); !note.empty()) printer.line(note);
  if (const auto ask = ask_of(task)) {
    std::string lead = "asks: ";
    for (const auto& line : lines_of(*ask)) printer.line(std::exchange(lead, "") + line);
    printer.note(next_step(text_of(task, "id"), *ask));
    return Exit::waiting;
  }
  const auto end = end_of(task);
  if (!end) return Exit::done;
  // Cancelling is what was wanted: its state says it.
  const bool wanted = text_of(task, "state") == "canceled";
  if (end->outcome) {
    printer.line(shown_answer(printer, *end->outcome));
  } else if (!wanted) {
    printer.line("error: " + end->outcome.error().message);
  }
  return Exit::done;
}

Result<json::object> answer_body(const TaskAnswer& answer, const model::Ask& ask) {
  if (answer.decline) return answer_of_decline(ask);
  if (answer.input.empty()) return answer_of_words(answer.words, ask);
  WEFT_TRY(const std::string input, read_input(answer.input));
  return answer_of_input(input, ask);
}

/// Nothing is said by saying nothing: an approval would be given by a slip.
Exit print_wanted(const Printer& printer, const TaskAnswer& answer, const model::Ask& ask) {
  for (const auto& line : lines_of(ask)) printer.note(line);
  return printer.error(
      make_error(Reason::invalid_argument,
                 std::format("an answer is missing; the question takes {}", answer_taken(ask))),
      std::format("{}, or --decline", answer_command(answer.id, ask)), Exit::usage);
}

/// What one answer says in two ways; empty when it says one thing, or nothing.
std::string contradiction(const TaskAnswer& answer) {
  const bool words = !answer.words.empty();
  const bool input = !answer.input.empty();
  if (answer.decline && words)
    return std::format("--decline says no: `{}` would be left out", answer.words.front());
  if (answer.decline && input) return "--decline says no: --input would be left out";
  if (words && input)
    return std::format("--input is the whole answer: `{}` would be left out", answer.words.front());
  return "";
}

/// What the command ends with when the task ended so. What a person refused never reached the
/// solution.
Exit exit_after(const TaskAnswer& answer, const model::Ask& ask, const Error& error) {
  const bool asked = answer.decline || (ask.items.size() == 1 && ask.items.begin()->second.kind ==
                                                                     model::Ask::Kind::approve);
  const bool by_person = asked && error.reason == Reason::refused && error.upstream_status == 0;
  return by_person ? Exit::failed : exit_of(error);
}

/// At most so many tasks, page by page, as one page of the hub's.
Awaitable<Result<json::value>> list_tasks(AdminClient& admin, std::size_t limit) {
  json::array tasks;
  std::string token;
  while (true) {
    const std::size_t wanted = std::min(limit - tasks.size(), kPageMax);
    const std::string path =
        std::format("/admin/v1/tasks?limit={}&page_token={}", wanted, percent_encode(token));
    WEFT_CO_TRY(json::value page, co_await admin.get(path));
    const auto& o = page.as_object();
    const auto* list = json::array_at(o, "tasks");
    if (list != nullptr) tasks.insert(tasks.end(), list->begin(), list->end());
    token = text_of(o, "next_page_token");
    if (!token.empty() && list != nullptr && !list->empty() && tasks.size() < limit) continue;
    page.as_object()["tasks"] = std::move(tasks);
    co_return page;
  }
}

}  // namespace

Exit run_task_ls(const HubOptions& hub, std::size_t limit) {
  return run_command(
      hub, [limit](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await list_tasks(admin, limit));
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
        const auto total = json::int_at(answer.as_object(), "total").value_or(0);
        if (total > static_cast<std::int64_t>(list->size())) {
          printer.note(std::format("these are {} of {}; `weft task ls --limit {}` lists all",
                                   list->size(), total, total));
        }
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
  if (const auto both = contradiction(answer); !both.empty()) {
    return Printer(hub.json).error(make_error(Reason::invalid_argument, both), "say one of the two",
                                   Exit::usage);
  }
  if (const auto fit = check_words(answer.words); !fit) {
    return Printer(hub.json).error(fit.error(), "the whole answer can be given with --input JSON",
                                   Exit::usage);
  }
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = task_path(answer.id, "");
        WEFT_CO_TRY(json::value task, co_await admin.get(path));
        const auto ask = ask_of(task.as_object());
        if (!ask) {
          co_return fail(Reason::unsupported,
                         std::format("task {} asks nothing; it is {}", answer.id,
                                     text_of(task.as_object(), "state")));
        }
        const bool said = answer.decline || !answer.input.empty() || !answer.words.empty();
        if (!said) co_return print_wanted(printer, answer, *ask);
        const std::string next = answer_command(answer.id, *ask) + ", or --decline";
        auto body = answer_body(answer, *ask);
        if (!body) co_return printer.error(body.error(), next, Exit::failed);
        const std::string answer_path = task_path(answer.id, "/answer");
        json::value sent(*std::move(body));
        auto after = co_await admin.send("POST", answer_path, std::move(sent));
        if (!after && after.error().reason == Reason::invalid_argument)
          co_return printer.error(after.error(), next, Exit::failed);
        if (!after) co_return fail(std::move(after).error());
        WEFT_CO_TRY(after, co_await settled(admin, path, *std::move(after)));
        const Exit shown = print_task(printer, *after);
        const auto end = end_of(after->as_object());
        co_return end && !end->outcome ? exit_after(answer, *ask, end->outcome.error()) : shown;
      });
}

}  // namespace weft::app

#include <format>

#include "weft/app/command_run.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

std::string context_path(const std::string& id) {
  return "/admin/v1/contexts/" + percent_encode(id);
}

/// Who called, and who answered for them.
std::string who_of(const json::object& o) {
  const std::string by = text_of(o, "by");
  return by.empty() ? text_of(o, "principal") : std::format("{} ({})", text_of(o, "principal"), by);
}

std::string answer_of(const json::object& o) {
  if (const auto count = json::int_at(o, "count")) return std::format("{} not asked", *count);
  if (json::bool_at(o, "allowed").value_or(false)) return "yes";
  return text_of(o, "note").empty() ? "no" : "void";
}

}  // namespace

Exit run_context_ls(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/contexts"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "contexts");
        if (list == nullptr || list->empty()) {
          printer.note("no conversation is kept");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{{"CONVERSATION", "OWNER", "UPDATED"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"), text_of(o, "owner"), text_of(o, "updated")});
        }
        printer.table(rows);
        co_return Exit::done;
      });
}

Exit run_context_show(const HubOptions& hub, const std::string& id) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       WEFT_CO_TRY(json::value answer, co_await admin.get(context_path(id)));
                       printer.document(answer);
                       if (const auto* state = json::find(answer, "state"))
                         printer.line(json::write_pretty(*state));
                       co_return Exit::done;
                     });
}

Exit run_context_rm(const HubOptions& hub, const std::string& id) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        json::value nothing;
        WEFT_CO_TRY(json::value answer,
                    co_await admin.send("DELETE", context_path(id), std::move(nothing)));
        printer.document(answer);
        printer.note(std::format("{} is erased", id));
        co_return Exit::done;
      });
}

Exit run_audit(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/audit"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "entries");
        if (list == nullptr || list->empty()) {
          printer.note("nobody was asked for approval yet");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{{"AT", "WHO", "ANSWER", "QUESTION"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "at"), who_of(o), answer_of(o), text_of(o, "shown")});
        }
        printer.table(rows);
        co_return Exit::done;
      });
}

}  // namespace weft::app

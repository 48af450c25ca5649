#include <format>

#include "weft/app/command_run.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

/// Who may answer it.
std::string approvers_of(const json::object& o) {
  const auto* names = json::array_at(o, "approvers");
  if (names == nullptr || names->empty()) return text_of(o, "owner");
  std::string out;
  for (const auto& name : *names) {
    if (name.is_string())
      out += std::format("{}{}", out.empty() ? "" : ", ", std::string_view(name.get_string()));
  }
  return out;
}

}  // namespace

Exit run_approvals(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/approvals"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "approvals");
        if (list == nullptr || list->empty()) {
          printer.note("nothing waits for approval");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{{"ID", "WHO", "MAY APPROVE", "QUESTION"}};
        std::string mine;
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back(
              {text_of(o, "id"), text_of(o, "owner"), approvers_of(o), text_of(o, "question")});
          if (mine.empty() && json::bool_at(o, "mine").value_or(false)) mine = text_of(o, "id");
        }
        printer.table(rows);
        if (!mine.empty()) printer.note(std::format("next: weft approve {}  (or weft deny)", mine));
        co_return Exit::done;
      });
}

Exit run_approve(const HubOptions& hub, const std::string& id, bool allow) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        json::value body = json::object{{"allow", allow}};
        const std::string path = "/admin/v1/approvals/" + percent_encode(id);
        WEFT_CO_TRY(json::value answer, co_await admin.send("POST", path, std::move(body)));
        printer.document(answer);
        const auto& o = answer.as_object();
        printer.line(std::format("{}: task {} of {}", allow ? "approved" : "denied",
                                 text_of(o, "task"), text_of(o, "owner")));
        co_return Exit::done;
      });
}

}  // namespace weft::app

#include <format>

#include "weft/app/command_run.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

}  // namespace

Exit run_key_new(const HubOptions& hub, const KeyOptions& options) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       json::object body;
                       body["name"] = options.name;
                       body["admin"] = options.admin;
                       json::array solutions;
                       for (const auto& id : options.solutions) solutions.emplace_back(id);
                       body["solutions"] = std::move(solutions);
                       json::value sent(std::move(body));
                       WEFT_CO_TRY(json::value answer,
                                   co_await admin.send("POST", "/admin/v1/keys", std::move(sent)));
                       printer.document(answer);
                       printer.line(text_of(answer.as_object(), "secret"));
                       printer.note("this is shown once; from now on every caller needs a key");
                       co_return Exit::done;
                     });
}

Exit run_key_ls(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/keys"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "keys");
        if (list == nullptr || list->empty()) {
          printer.note(
              "there are no keys: everyone on this machine may call; make one with `weft key new "
              "NAME`");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{{"KEY", "NAME", "ADMIN", "CREATED", "REVOKED"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"), text_of(o, "name"),
                          json::bool_at(o, "admin").value_or(false) ? "yes" : "no",
                          text_of(o, "created"), text_of(o, "revoked")});
        }
        printer.table(rows);
        co_return Exit::done;
      });
}

Exit run_key_revoke(const HubOptions& hub, const std::string& id) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = "/admin/v1/keys/" + percent_encode(id);
        json::value nothing;
        WEFT_CO_TRY(json::value answer, co_await admin.send("DELETE", path, std::move(nothing)));
        printer.document(answer);
        printer.line(std::format("revoked {}", id));
        co_return Exit::done;
      });
}

}  // namespace weft::app

#include <algorithm>
#include <format>

#include "weft/app/command_run.h"
#include "weft/app/config.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

/// What a key may call: names, or `all`.
std::string callable(const json::object& key) {
  std::string out;
  const auto* list = json::array_at(key, "solutions");
  if (list == nullptr || list->empty()) return "all";
  for (const auto& id : *list) {
    if (!id.is_string()) continue;
    out += std::format("{}{}", out.empty() ? "" : ", ", std::string_view(id.get_string()));
  }
  return out;
}

/// A name that is none yet may be a slip: the key would call nothing.
Awaitable<> note_unknown(AdminClient& admin, const Printer& printer,
                         std::vector<std::string> wanted) {
  if (wanted.empty() || printer.as_json()) co_return;
  const auto answer = co_await admin.get("/admin/v1/solutions");
  const auto* list = answer ? json::array_at(answer->as_object(), "solutions") : nullptr;
  if (list == nullptr) co_return;
  std::vector<std::string> known;
  for (const auto& item : *list) known.push_back(text_of(item.as_object(), "id"));
  for (const auto& name : wanted) {
    if (std::ranges::contains(known, name)) continue;
    const std::string near = nearest(name, known);
    printer.note(std::format("note: there is no solution `{}` yet{}", name,
                             near.empty() ? "" : std::format("; did you mean `{}`?", near)));
  }
}

}  // namespace

Exit run_key_new(const HubOptions& hub, const KeyOptions& options) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
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
        const auto& made = answer.as_object();
        printer.note(std::format("for AWS's SDKs: AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={}",
                                 text_of(made, "aws_access_key_id"),
                                 text_of(made, "aws_secret_access_key")));
        printer.note("this is shown once; from now on every caller needs a key");
        co_await note_unknown(admin, printer, options.solutions);
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
        std::vector<std::vector<std::string>> rows{
            {"KEY", "NAME", "ADMIN", "MAY CALL", "CREATED", "REVOKED"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"), text_of(o, "name"),
                          json::bool_at(o, "admin").value_or(false) ? "yes" : "no", callable(o),
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

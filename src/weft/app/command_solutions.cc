#include <filesystem>
#include <format>

#include "weft/app/command_run.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

/// From here on detection saw a mark that only this protocol has.
constexpr double kCertain = 0.75;

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

Result<json::object> pairs_of(const std::vector<std::string>& words, std::string_view option) {
  json::object out;
  for (const auto& word : words) {
    const auto mark = word.find('=');
    if (mark == std::string::npos || mark == 0) {
      return fail(Reason::invalid_argument,
                  std::format("{} wants NAME=VALUE, not `{}`", option, word));
    }
    out[word.substr(0, mark)] = word.substr(mark + 1);
  }
  return out;
}

/// A file's path as the hub, which runs elsewhere, finds it.
std::string place_of(const std::string& url) {
  std::error_code ignored;
  const bool file = !url.contains("://") && std::filesystem::exists(url, ignored);
  return file ? std::filesystem::absolute(url, ignored).string() : url;
}

Result<json::value> join_body(const AddOptions& options) {
  json::object body;
  if (!options.url.empty()) body["url"] = place_of(options.url);
  if (!options.name.empty()) body["name"] = options.name;
  if (!options.protocol.empty()) body["protocol"] = options.protocol;
  if (!options.bearer.empty()) body["bearer"] = options.bearer;
  WEFT_TRY(body["headers"], pairs_of(options.headers, "--header"));
  WEFT_TRY(body["environment"], pairs_of(options.environment, "--env"));
  if (!options.command.empty()) {
    json::array words;
    for (const auto& word : options.command) words.emplace_back(word);
    body["command"] = std::move(words);
  }
  return body;
}

/// How a skill is called from here: `fetch-menu restaurant=TEXT`.
std::string usage_of(const json::object& skill) {
  std::string out;
  const auto* schema = json::object_at(skill, "input_schema");
  const auto* required = schema ? json::array_at(*schema, "required") : nullptr;
  if (required == nullptr) return out;
  for (const auto& name : *required) {
    if (name.is_string()) out += std::format(" {}=…", std::string_view(name.get_string()));
  }
  return out;
}

void print_solution(const Printer& printer, const json::object& o) {
  printer.line(std::format("{}  {}", text_of(o, "id"), text_of(o, "title")));
  if (const auto text = text_of(o, "description"); !text.empty()) printer.line(text);
  printer.line(
      std::format("protocol   {} {}", text_of(o, "protocol"), text_of(o, "protocol_version")));
  printer.line(std::format("at         {}", text_of(o, "url")));
  printer.line(std::format("known by   {}", text_of(o, "found_by")));
  printer.line(std::format("from       {} ({})", text_of(o, "source"), text_of(o, "origin")));
  printer.line(std::format("health     {}", text_of(o, "health")));
  const auto* skills = json::array_at(o, "skills");
  if (skills == nullptr) return;
  printer.line(std::format("\n{} skill{}", skills->size(), skills->size() == 1 ? "" : "s"));
  for (const auto& item : *skills) {
    if (!item.is_object()) continue;
    const auto& skill = item.get_object();
    printer.line(std::format("  {}", text_of(skill, "id")));
    if (const auto text = text_of(skill, "description"); !text.empty()) printer.line("    " + text);
    printer.line("    " + printer.faint(std::format("weft call {}/{}{}", text_of(o, "id"),
                                                    text_of(skill, "id"), usage_of(skill))));
  }
}

}  // namespace

Exit run_add(const HubOptions& hub, const AddOptions& options) {
  if (options.url.empty() == options.command.empty()) {
    return Printer(hub.json).error(
        make_error(Reason::invalid_argument,
                   "`weft add` takes a URL, a file or, after `--`, a command"),
        "weft add http://127.0.0.1:3000/mcp, or weft add -- npx my-server", Exit::usage);
  }
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value body, join_body(options));
        WEFT_CO_TRY(json::value answer,
                    co_await admin.send("POST", "/admin/v1/solutions", std::move(body)));
        const auto& report = answer.as_object();
        const std::string id = text_of(report, "id");
        const auto skills = json::int_at(report, "skills").value_or(0);
        printer.line(std::format("joined {} ({} {})  {} skill{}  {} ms", id,
                                 text_of(report, "protocol"), text_of(report, "protocol_version"),
                                 skills, skills == 1 ? "" : "s",
                                 json::int_at(report, "took_ms").value_or(0)));
        const auto* sure = json::find(report, "confidence");
        const bool certain = sure == nullptr || sure->to_number<double>() >= kCertain;
        printer.note(std::format("{} by {}", certain ? "known" : "probably so, judged",
                                 text_of(report, "how")));
        if (!certain) printer.note("if it is something else: weft add … --protocol NAME");
        printer.note(std::format("next: weft show {}", id));
        printer.document(answer);
        co_return Exit::done;
      });
}

Exit run_ls(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/solutions"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "solutions");
        if (list == nullptr || list->empty()) {
          printer.note("nothing has joined yet; try `weft add URL`");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{
            {"NAME", "PROTOCOL", "SKILLS", "HEALTH", "AT", "FROM"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"),
                          text_of(o, "protocol") + " " + text_of(o, "protocol_version"),
                          std::format("{}", json::int_at(o, "skills").value_or(0)),
                          text_of(o, "health"), text_of(o, "url"), text_of(o, "origin")});
        }
        printer.table(rows);
        co_return Exit::done;
      });
}

Exit run_show(const HubOptions& hub, const std::string& name) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       const std::string path = "/admin/v1/solutions/" + percent_encode(name);
                       WEFT_CO_TRY(json::value answer, co_await admin.get(path));
                       printer.document(answer);
                       if (!printer.as_json()) print_solution(printer, answer.as_object());
                       co_return Exit::done;
                     });
}

Exit run_rm(const HubOptions& hub, const std::string& name) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = "/admin/v1/solutions/" + percent_encode(name);
        json::value nothing;
        WEFT_CO_TRY(json::value answer, co_await admin.send("DELETE", path, std::move(nothing)));
        printer.line(std::format("removed {}", name));
        printer.document(answer);
        co_return Exit::done;
      });
}

}  // namespace weft::app

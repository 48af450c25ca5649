#include <unistd.h>

#include <cstdio>
#include <format>
#include <iostream>
#include <print>
#include <set>

#include "weft/app/command_run.h"
#include "weft/app/json_lines.h"
#include "weft/app/terminal.h"

namespace weft::app {
namespace {

std::string percent(double share) { return std::format("{:.1f} %", share * 100); }

void print_test(const Printer& printer, const json::object& report) {
  printer.line(std::format("{} of {} sentences understood ({})",
                           json::int_at(report, "right").value_or(0),
                           json::int_at(report, "queries").value_or(0),
                           percent(json::number_at(report, "accuracy").value_or(0))));
  if (const auto* thresholds = json::object_at(report, "thresholds")) {
    printer.line(std::format("thresholds: declined below {:.2f}, clear from {:.2f} on",
                             json::number_at(*thresholds, "low").value_or(0),
                             json::number_at(*thresholds, "high").value_or(0)));
  }
  const auto* wrong = json::array_at(report, "wrong");
  if (wrong == nullptr || wrong->empty()) return;
  std::vector<std::vector<std::string>> rows{{"SENTENCE", "MEANT", "FOUND", "ZONE"}};
  for (const json::value& each : *wrong) {
    const auto& o = each.as_object();
    rows.push_back(
        {std::string(json::string_at(o, "text")), std::string(json::string_at(o, "gold")),
         std::string(json::string_at(o, "found")), std::string(json::string_at(o, "zone"))});
  }
  printer.table(rows);
}

/// A sentence of the audit log that led to what a person then allowed.
struct Candidate {
  std::string skill;
  std::string said;
  auto operator<=>(const Candidate&) const = default;
};

/// Those that are not taught yet, each once.
std::set<Candidate> candidates_of(const json::object& audit, const json::object& taught) {
  std::set<Candidate> out;
  if (const auto* entries = json::array_at(audit, "entries")) {
    for (const json::value& item : *entries) {
      const auto& o = item.as_object();
      std::string said(json::string_at(o, "said"));
      if (said.empty() || !json::bool_at(o, "allowed").value_or(false)) continue;
      out.insert({std::format("{}/{}", json::string_at(o, "solution"), json::string_at(o, "skill")),
                  std::move(said)});
    }
  }
  for (const auto& [skill, examples] : taught) {
    const auto* list = examples.if_array();
    if (list == nullptr) continue;
    for (const json::value& each : *list) {
      if (each.is_string()) out.erase({std::string(skill), std::string(each.get_string())});
    }
  }
  return out;
}

json::value document_of(const std::set<Candidate>& candidates) {
  json::array list;
  for (const Candidate& each : candidates)
    list.push_back(json::object{{"skill", each.skill}, {"said", each.said}});
  return json::object{{"candidates", std::move(list)}};
}

Awaitable<Result<void>> teach(AdminClient& admin, const Candidate& candidate) {
  json::value body = json::object{{"skill", candidate.skill}, {"example", candidate.said}};
  WEFT_CO_CHECK(co_await admin.send("POST", "/admin/v1/sentences", std::move(body)));
  co_return Result<void>();
}

Awaitable<Result<Exit>> review(AdminClient& admin, const Printer& printer) {
  WEFT_CO_TRY(const json::value audit, co_await admin.get("/admin/v1/audit"));
  WEFT_CO_TRY(const json::value taught, co_await admin.get("/admin/v1/sentences"));
  const auto* examples = json::object_at(taught.as_object(), "examples");
  const auto candidates =
      candidates_of(audit.as_object(), examples != nullptr ? *examples : json::object());
  printer.document(document_of(candidates));
  if (candidates.empty()) printer.note("nothing was said and allowed that is not taught already");
  const bool asks = ::isatty(STDIN_FILENO) != 0 && !printer.as_json();
  int count = 0;
  for (const Candidate& each : candidates) {
    printer.line(std::format("{}  “{}”", each.skill, printable(each.said)));
    if (!asks) continue;
    std::print("teach it? [y/N/q] ");
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line) || line == "q") break;
    if (line != "y" && line != "yes") continue;
    WEFT_CO_CHECK(co_await teach(admin, each));
    ++count;
  }
  if (asks) printer.note(std::format("{} taught", count));
  if (!asks && !candidates.empty())
    printer.note("teach those that are right: weft teach SOLUTION/SKILL 'EXAMPLE'");
  co_return Exit::done;
}

}  // namespace

Exit run_teach(const HubOptions& hub, const TeachOptions& options) {
  if (!options.reviews && (options.skill.empty() || options.example.empty())) {
    const Printer printer(hub.json);
    return printer.error(
        Error{.reason = Reason::invalid_argument, .message = "a skill and an example are needed"},
        "weft teach bank/pay 'send my sister some money', or weft teach --review", Exit::usage);
  }
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        if (options.reviews) co_return co_await review(admin, printer);
        json::value body = json::object{{"skill", options.skill}, {"example", options.example}};
        WEFT_CO_TRY(const json::value answer,
                    co_await admin.send(options.forgets ? "DELETE" : "POST", "/admin/v1/sentences",
                                        std::move(body)));
        printer.document(answer);
        if (options.forgets) {
          printer.note(std::format("{} forgot it", options.skill));
        } else {
          printer.note(std::format("{} has {} taught examples", options.skill,
                                   json::int_at(answer.as_object(), "examples").value_or(0)));
        }
        co_return Exit::done;
      });
}

Exit run_router_test(const HubOptions& hub, const std::string& file) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(const auto lines, read_json_lines(file));
        json::array sentences;
        for (const JsonLine& line : lines) sentences.push_back(line.object);
        json::value body = json::object{{"sentences", std::move(sentences)}};
        WEFT_CO_TRY(const json::value report,
                    co_await admin.send("POST", "/admin/v1/sentences/test", std::move(body)));
        printer.document(report);
        print_test(printer, report.as_object());
        co_return Exit::done;
      });
}

}  // namespace weft::app

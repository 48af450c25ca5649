#include <format>

#include "weft/app/command_run.h"
#include "weft/app/json_lines.h"

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

}  // namespace

Exit run_teach(const HubOptions& hub, const TeachOptions& options) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
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

#include <format>
#include <print>

#include "weft/app/commands.h"
#include "weft/app/config.h"
#include "weft/app/files.h"
#include "weft/app/terminal.h"

namespace weft::app {
namespace {

json::object describe(const ConfigFault& fault) {
  json::object out;
  out["code"] = fault.code;
  out["file"] = fault.file;
  out["line"] = fault.line;
  out["column"] = fault.column;
  out["message"] = fault.message;
  out["expected"] = fault.expected;
  out["hint"] = fault.hint;
  return out;
}

}  // namespace

Exit run_check(const std::string& config, bool as_json) {
  const Printer printer(as_json);
  const ConfigReading reading = load_config(config);
  json::array faults;
  for (const auto& fault : reading.faults) faults.push_back(describe(fault));
  json::object document;
  document["file"] = config;
  document["ok"] = reading.faults.empty();
  document["faults"] = std::move(faults);
  printer.document(std::move(document));
  if (reading.faults.empty()) {
    const auto counted = [](std::size_t count, std::string_view of) {
      return std::format("{} {}{}", count, of, count == 1 ? "" : "s");
    };
    std::string what = counted(reading.config.solutions.size(), "solution");
    if (!reading.config.models.empty())
      what += ", " + counted(reading.config.models.size(), "model");
    printer.line(std::format("{} is fine: {}", config, what));
    return Exit::done;
  }
  const std::string text = read_file(config).value_or("");
  if (!as_json) {
    for (const auto& fault : reading.faults)
      std::println(stderr, "{}", printable(render(fault, text)));
  }
  return Exit::failed;
}

}  // namespace weft::app

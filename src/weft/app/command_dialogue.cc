#include <format>

#include "weft/app/commands.h"
#include "weft/dialogue/language/vocabulary.h"
#include "weft/dialogue/replay/fill.h"
#include "weft/dialogue/replay/finish.h"
#include "weft/dialogue/slots/built_in.h"

namespace weft::app {
namespace {

using Services = std::unique_ptr<dialogue::SgdServices>;

Result<Services> read_services(const std::string& file) {
  WEFT_TRY(auto forms, dialogue::read_sgd_schema(file));
  return std::make_unique<dialogue::SgdServices>(std::move(forms), dialogue::english_vocabulary());
}

template <class Replay>
Result<void> replay_all(Replay& replay, const std::string& folder) {
  WEFT_TRY(const auto files, dialogue::sgd_files_of(folder));
  for (const auto& file : files) {
    WEFT_TRY(const auto dialogues, dialogue::read_sgd_dialogues(file));
    for (const auto& each : dialogues) replay.add(each);
  }
  return {};
}

Result<json::object> replay_fill(const ReplayOptions& options,
                                 const dialogue::SgdServices& services) {
  dialogue::FillOptions fill;
  if (!options.seen.empty()) {
    WEFT_TRY(const auto forms, dialogue::read_sgd_schema(options.seen));
    for (const dialogue::Form& form : forms) fill.seen.insert(form.name);
  }
  dialogue::FillReplay replay(dialogue::built_in_slots(), services, dialogue::english_vocabulary(),
                              std::move(fill));
  WEFT_CHECK(replay_all(replay, options.dialogues));
  return dialogue::to_json(replay.report());
}

Result<json::object> replay_finish(const ReplayOptions& options,
                                   const dialogue::SgdServices& services) {
  const auto& model = dialogue::built_in_slots();
  dialogue::FinishReplay replay(model, services, dialogue::english_vocabulary(),
                                dialogue::choose_by_model(model), {});
  WEFT_CHECK(replay_all(replay, options.dialogues));
  return dialogue::to_json(replay.report());
}

void print_part(std::vector<std::vector<std::string>>& rows, const std::string& part,
                const json::object& figures) {
  for (const auto& [name, value] : figures) {
    if (value.is_object()) {
      print_part(rows, std::format("{} {}", part, std::string_view(name)), value.get_object());
      continue;
    }
    const bool share = value.is_double() && value.get_double() <= 1;
    rows.push_back(
        {part, std::string(name),
         share ? std::format("{:.1f} %", value.get_double() * 100) : json::write(value)});
  }
}

Result<void> replay(const ReplayOptions& options, const Printer& printer) {
  WEFT_TRY(const Services services, read_services(options.schema));
  WEFT_TRY(const json::object report, options.mode == "fill" ? replay_fill(options, *services)
                                                             : replay_finish(options, *services));
  printer.document(report);
  std::vector<std::vector<std::string>> rows{{"PART", "MEASURE", "VALUE"}};
  for (const auto& [name, value] : report) {
    if (value.is_object()) print_part(rows, std::string(name), value.get_object());
  }
  if (!printer.as_json()) printer.table(rows);
  return {};
}

}  // namespace

Exit run_dialogue_replay(const ReplayOptions& options, bool as_json) {
  const Printer printer(as_json);
  if (auto done = replay(options, printer); !done)
    return printer.error(done.error(), "docs/dialogue.md says what the files hold", Exit::failed);
  return Exit::done;
}

}  // namespace weft::app

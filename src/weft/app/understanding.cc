#include "weft/app/understanding.h"

#include <algorithm>

#include "weft/app/extracting.h"
#include "weft/base/log.h"
#include "weft/base/text.h"
#include "weft/dialogue/limits.h"
#include "weft/wire/digest.h"

namespace weft::app {
namespace {

constexpr std::string_view kLog = "language_model";
/// An answer, and one more that repairs it.
constexpr std::size_t kRounds = 2;

std::string digest_of(const dialogue::ModelRequest& request) {
  return wire::hex(wire::sha256(json::write(to_json(request))));
}

/// Whose commands change nothing is told so.
std::vector<std::string> faults_of(const dialogue::CheckedCommands& checked) {
  if (!checked.faults.empty() || !checked.commands.empty()) return checked.faults;
  return {"no tool was called"};
}

}  // namespace

Understanding::Understanding(Parts parts) : parts_(std::move(parts)), extract_(extractor()) {}

void Understanding::say(bool by_person, std::string_view text) {
  if (parts_.model != nullptr) log_.say(by_person, text);
}

void Understanding::read(const json::value& kept) {
  if (const auto* log = json::find(kept, kLog)) log_ = dialogue::model_log_from_json(*log);
}

void Understanding::add_to(json::value& kept) const {
  if (log_ != dialogue::ModelLog()) kept.as_object()[kLog] = dialogue::to_json(log_);
}

void Understanding::report_to(json::value& report) const {
  if (parts_.model != nullptr) report.as_object()[kLog] = log_.report();
}

Awaitable<Result<std::vector<std::string>>> Understanding::hear(
    dialogue::Conversation& conversation, std::string words, std::chrono::local_seconds now,
    std::string zone, Save save) {
  dialogue::Conversation heard = conversation;
  auto told = parts_.concierge.hear(heard, words, now);
  if (parts_.model != nullptr) {
    words = std::string(beginning_of(words, dialogue::kUtteranceBytesMax));
    const dialogue::Reader reader{extract_, now, dialogue::english_phrases()};
    const auto doubt = dialogue::doubt_of(conversation, heard, words, *parts_.repertoire, reader);
    const bool affordable = log_.tokens < parts_.model->config().tokens_per_session;
    if (doubt != dialogue::Doubt::none && affordable &&
        parts_.model->ready(parts_.call.principal)) {
      auto& turn = log_.turn_of(heard.turn, words);
      turn.why = to_string(doubt);
      dialogue::Scene scene =
          dialogue::scene_of(conversation, *parts_.repertoire, words, log_.said);
      scene.now = now;
      scene.zone = zone;
      WEFT_CO_TRY(auto commanded, co_await ask_model(scene, turn, std::move(save)));
      ++log_.asked;
      if (commanded) {
        ++log_.followed;
        heard = std::move(commanded->conversation);
        told = std::move(commanded->told);
      }
      log::info("the concierge asked `{}` about a turn ({}) and {}; {} of {} turns so far",
                parts_.model->config().solution, turn.why,
                commanded             ? "followed it"
                : turn.failed.empty() ? "could not use its answer"
                                      : "got none: " + turn.failed,
                log_.asked, log_.turns + 1);
    }
    ++log_.turns;
    log_.say(/*by_person=*/true, words);
  }
  conversation = std::move(heard);
  co_return told;
}

/// Has the answer of a round in the log: it came in an earlier life, or comes now. False: there is
/// none.
Awaitable<Result<bool>> Understanding::answer(std::size_t round,
                                              const dialogue::ModelRequest& request,
                                              SteadyTime until, dialogue::ModelTurn& turn,
                                              const Save& save) {
  if (round < turn.rounds.size()) co_return true;
  LanguageModel::Asker asker{.principal = parts_.call.principal,
                             .trace = parts_.call.trace,
                             .depth = parts_.call.depth,
                             .executor = parts_.out.executor(),
                             .cancel = parts_.out.cancelled(),
                             .until = until};
  dialogue::ModelRequest asked = request;
  auto answer = co_await parts_.model->ask(std::move(asked), std::move(asker));
  if (!answer) {
    turn.failed = answer.error().message;
    // What was sent was paid for, whatever came of it.
    const Reason reason = answer.error().reason;
    if (reason != Reason::unavailable && reason != Reason::permission_denied)
      log_.tokens += tokens_of(request);
    // The person went away: nothing is to be done at all.
    if (parts_.out.cancelled().cancelled()) co_return fail(parts_.out.cancelled().why());
    co_return false;
  }
  log_.tokens += answer->tokens;
  turn.rounds.push_back({.request = digest_of(request),
                         .model = std::move(answer->model),
                         .response = std::move(answer->response)});
  // What was answered is kept before anything is done with it.
  WEFT_CO_CHECK(co_await save());
  co_return true;
}

Awaitable<Result<std::optional<dialogue::Commanded>>> Understanding::ask_model(
    const dialogue::Scene& scene, dialogue::ModelTurn& turn, Save save) {
  const dialogue::Reader reader{extract_, scene.now, dialogue::english_phrases()};
  dialogue::ModelRequest request = dialogue::request_for(scene);
  const SteadyTime until =
      std::min(parts_.out.deadline(),
               parts_.hub.clock().steady() + Milliseconds(parts_.model->config().deadline_ms));
  dialogue::CheckedCommands checked;
  for (std::size_t round = 0; round < kRounds; ++round) {
    WEFT_CO_TRY(const bool there, co_await answer(round, request, until, turn, save));
    if (!there) break;
    request.answered = tool_calls_of(turn.rounds[round].response);
    const auto read = dialogue::read_commands(request.answered, request.tools);
    checked = dialogue::check_commands(read, scene, reader);
    request.faults = faults_of(checked);
    turn.faults = request.faults;
    if (request.faults.empty()) break;
  }
  auto out = dialogue::follow_commands(checked, scene, *parts_.repertoire, reader);
  if (out) {
    turn.commands.clear();
    for (const auto& each : checked.commands) {
      json::value command = to_json(each.command);
      json::array refused;
      for (const std::string& slot : each.refused) refused.emplace_back(slot);
      if (!refused.empty()) command.as_object()["refused"] = std::move(refused);
      turn.commands.push_back(std::move(command));
    }
  }
  co_return out;
}

}  // namespace weft::app

#include "weft/app/language_model.h"

#include <algorithm>
#include <format>

#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/dialogue/llm/limits.h"
#include "weft/hub/names.h"
#include "weft/model/fold.h"

namespace weft::app {
namespace {

constexpr std::int64_t kAnswerTokensMax = 1'024;
constexpr std::int64_t kBytesPerToken = 4;
/// Any; the same each time.
constexpr std::int64_t kSeed = 1;

model::Turn turn_of(model::Role role, std::string text) {
  return {"", role, "", {model::Part::text(std::move(text))}};
}

/// What is wrong with the first answer, as the results of its tools.
void add_repair(const dialogue::ModelRequest& request, std::vector<model::Turn>& turns) {
  if (request.faults.empty()) return;
  std::string faults = "Not done. Call the tools again, all that are needed, without this:";
  for (const std::string& each : request.faults) faults.append("\n- ").append(each);
  if (request.answered.empty()) {
    turns.push_back(turn_of(model::Role::user, std::move(faults)));
    return;
  }
  model::Turn said{"", model::Role::assistant, "", {}};
  std::vector<model::Turn> results;
  results.reserve(request.answered.size());
  for (const model::ToolCall& each : request.answered) {
    model::ToolCall call = each;
    if (call.id.empty()) call.id = std::format("call_{}", results.size() + 1);
    model::Turn result{"", model::Role::tool, "", {}};
    result.parts.push_back({.body = model::ToolResult{.call_id = call.id,
                                                      .parts = {model::Part::text(faults)},
                                                      .is_error = true},
                            .media_type = "",
                            .meta = {}});
    results.push_back(std::move(result));
    said.parts.push_back({.body = std::move(call), .media_type = "", .meta = {}});
  }
  turns.push_back(std::move(said));
  std::ranges::move(results, std::back_inserter(turns));
}

json::value kept(const model::Output& output) {
  json::array calls;
  for (const model::Turn& turn : output.turns) {
    for (const model::Part& part : turn.parts) {
      if (const auto* call = std::get_if<model::ToolCall>(&part.body)) {
        calls.push_back(json::object{
            {"id", call->id}, {"name", call->name}, {"arguments", call->arguments_text}});
      }
    }
  }
  return json::object{{"tool_calls", std::move(calls)},
                      {"text", model::plain_text(output)},
                      {"finish", to_string(output.finish)}};
}

/// The skill that is a conversation; one of the configured name first.
const model::Skill* skill_of(const model::Solution& solution, const std::string& name) {
  const model::Skill* named = solution.skill(name);
  if (named != nullptr) return named;
  const auto at = std::ranges::find(solution.skills, model::Shape::converse, &model::Skill::shape);
  return at == solution.skills.end() ? nullptr : &*at;
}

}  // namespace

std::vector<model::ToolCall> tool_calls_of(const json::value& response) {
  std::vector<model::ToolCall> out;
  const auto* o = response.if_object();
  const auto* calls = o == nullptr ? nullptr : json::array_at(*o, "tool_calls");
  if (calls == nullptr) return out;
  for (const json::value& each : *calls) {
    const auto* call = each.if_object();
    if (call == nullptr) continue;
    out.push_back({.id = std::string(json::string_at(*call, "id")),
                   .name = std::string(json::string_at(*call, "name")),
                   .arguments_text = std::string(json::string_at(*call, "arguments"))});
  }
  return out;
}

std::int64_t tokens_of(const dialogue::ModelRequest& request) {
  return static_cast<std::int64_t>(json::write(to_json(request)).size()) / kBytesPerToken;
}

/// Said once, until it is another.
Error LanguageModel::complain(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (complaint_ != why) {
      complaint_ = why;
      log::warn("the concierge understands without its language model: {}", why);
    }
  }
  return make_error(Reason::unavailable, std::move(why));
}

Result<std::pair<const hub::Entry*, const model::Skill*>> LanguageModel::found(
    const hub::Snapshot& snapshot) {
  const hub::Entry* entry = snapshot.find(config_.solution);
  if (entry == nullptr) {
    return fail(
        complain(std::format("`concierge.llm` names the solution `{}`, which has not joined; "
                             "`weft ls` shows what has",
                             config_.solution)));
  }
  const model::Skill* skill = skill_of(*entry->solution, config_.model);
  if (entry->solution->protocol != "openai" || skill == nullptr ||
      skill->shape != model::Shape::converse) {
    return fail(
        complain(std::format("`concierge.llm` names `{}`, which is no chat that speaks OpenAI's "
                             "protocol",
                             config_.solution)));
  }
  return std::pair{entry, skill};
}

bool LanguageModel::ready(const model::Principal& principal) {
  const hub::Audience audience{hub_.keys(), principal};
  if (!found(*hub_.registry().snapshot()) || !audience.may_know(config_.solution)) return false;
  const std::lock_guard lock(mutex_);
  if (failures_ < kModelFailuresMax) return true;
  const SteadyTime now = hub_.clock().steady();
  if (now < rests_until_) return false;
  // The others wait for what comes of it.
  rests_until_ = now + Milliseconds(kModelRestMs);
  return true;
}

Result<model::Call> LanguageModel::call_of(const dialogue::ModelRequest& request,
                                           const Asker& asker) {
  const auto snapshot = hub_.registry().snapshot();
  WEFT_TRY(const auto chat, found(*snapshot));
  const auto& [entry, skill] = chat;
  model::Call out;
  out.id = CallId(make_ulid(hub_.clock().unix_ms(), hub_.random()));
  out.solution = entry->solution->id;
  out.skill = skill->id;
  if (!config_.model.empty() && config_.model != skill->id.str()) out.model = config_.model;
  out.principal = asker.principal;
  out.trace = asker.trace;
  out.depth = asker.depth + 1;
  out.reply = model::Reply::stream;
  out.turns.push_back(turn_of(model::Role::system, request.instructions));
  out.turns.push_back(turn_of(model::Role::user, request.scene));
  add_repair(request, out.turns);
  out.tools = request.tools;
  out.tool_choice = "required";
  out.gen.temperature = 0;
  out.gen.seed = kSeed;
  out.gen.max_tokens = kAnswerTokensMax;
  return out;
}

/// `given_up`: by the person, which says nothing of the model.
void LanguageModel::note(const Result<model::Output>& outcome, bool given_up) {
  const std::lock_guard lock(mutex_);
  if (outcome) {
    failures_ = 0;
    complaint_.clear();
    return;
  }
  const Reason reason = outcome.error().reason;
  // Whose key may not call it has no model; others have.
  if (given_up || reason == Reason::permission_denied) {
    rests_until_ = SteadyTime();
    return;
  }
  if (++failures_ < kModelFailuresMax) return;
  rests_until_ = hub_.clock().steady() + Milliseconds(kModelRestMs);
  if (failures_ == kModelFailuresMax) {
    log::warn(
        "the concierge understands without its language model for {} seconds: `{}` failed {} "
        "times in a row, last with: {}",
        kModelRestMs / 1'000, config_.solution, failures_, outcome.error().message);
  }
}

Awaitable<Result<model::Output>> LanguageModel::run(model::Call call, Asker asker) {
  CancelSource cancel;
  cancel.follow(asker.cancel);
  hub::CallContext context{asker.executor, asker.until, cancel.token()};
  const auto first_ms = Milliseconds(config_.first_token_ms);
  const std::string name = config_.solution;
  Timer first = run_after(asker.executor, first_ms, [&cancel, &name, first_ms] {
    cancel.cancel(make_error(Reason::deadline, std::format("`{}` began no answer within {} ms",
                                                           name, first_ms.count())));
  });
  auto stream = hub_.call(std::move(call), std::move(context));
  model::Fold fold(2 * dialogue::kModelLogBytesMax, name);
  while (!fold.ended()) {
    model::Event event = co_await stream->next();
    if (std::holds_alternative<model::Ask>(event.body)) {
      co_return fail(Reason::unsupported, std::format("`{}` asks back instead of answering", name));
    }
    if (std::holds_alternative<model::Delta>(event.body)) first.cancel();
    WEFT_CO_CHECK(fold.add(std::move(event)));
  }
  co_return fold.take().outcome;
}

Awaitable<Result<LanguageModel::Answer>> LanguageModel::ask(dialogue::ModelRequest request,
                                                            Asker asker) {
  WEFT_CO_TRY(model::Call call, call_of(request, asker));
  const CancelToken person = asker.cancel;
  auto outcome = co_await run(std::move(call), std::move(asker));
  if (outcome && json::write(kept(*outcome)).size() > dialogue::kModelLogBytesMax)
    outcome = fail(Reason::too_large, "the model's answer is too long to be kept");
  note(outcome, person.cancelled());
  if (!outcome) co_return fail(std::move(outcome).error());
  Answer out;
  out.model = outcome->model.empty() ? config_.model : outcome->model;
  out.response = kept(*outcome);
  const std::size_t bytes = json::write(out.response).size();
  out.tokens = outcome->usage
                   ? std::max<std::int64_t>(0, outcome->usage->input + outcome->usage->output)
                   : tokens_of(request) + static_cast<std::int64_t>(bytes) / kBytesPerToken;
  co_return out;
}

}  // namespace weft::app

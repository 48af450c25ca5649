#include "weft/adapters/mqtt/client.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"

namespace weft::adapters::mqtt {

model::Solution describe(const Config& config) {
  model::Solution solution;
  solution.title = config.title;
  solution.description = config.description;
  solution.kind = model::Kind::device;
  solution.protocol = "mqtt";
  solution.protocol_version = "5.0";
  solution.skills.reserve(config.skills.size());
  for (const SkillConfig& one : config.skills) {
    solution.skills.push_back(one.skill);
    const bool streams = one.way == Way::stream || one.state.place.has_value();
    solution.caps.stream = solution.caps.stream || streams;
    const bool asks = one.state.place && !one.state.asks.empty();
    solution.caps.ask = solution.caps.ask || asks;
  }
  return solution;
}

Awaitable<Result<std::shared_ptr<const model::Solution>>> MqttService::refresh(
    hub::CallContext context) {
  (void)context;
  if (auto absence = shared_->client->absence()) co_return fail(*std::move(absence));
  co_return nullptr;
}

Awaitable<Result<model::Output>> MqttService::run(std::shared_ptr<const model::Call> call,
                                                  hub::Emitter& out) {
  const auto shared = shared_;
  const auto& skills = shared->config.skills;
  const auto found = std::ranges::find(
      skills, call->skill, [](const SkillConfig& one) -> const SkillId& { return one.skill.id; });
  if (found == skills.end()) {
    co_return fail(Reason::solution_not_found,
                   std::format("there is no skill `{}`", call->skill.str()));
  }
  std::vector<model::Loss> losses = losses_of_call(*call, {});
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  const bool hears = found->way == Way::latest || found->way == Way::stream;
  if (hears) co_return co_await run_telemetry(shared, *found, call, out);
  co_return co_await run_request(shared, *found, call, out);
}

}  // namespace weft::adapters::mqtt

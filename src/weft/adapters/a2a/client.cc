#include "weft/adapters/a2a/client.h"

#include <format>
#include <utility>

namespace weft::adapters::a2a {
namespace {

std::shared_ptr<const model::Skill> skill_of(std::shared_ptr<const model::Solution> solution,
                                             const SkillId& id) {
  if (const model::Skill* skill = solution->skill(id.str())) return {std::move(solution), skill};
  auto skill = std::make_shared<model::Skill>();
  skill->id = id;
  skill->shape = model::Shape::converse;
  return skill;
}

}  // namespace

AgentService::AgentService(Environment& environment, hub::JoinRequest join,
                           std::shared_ptr<const Agent> agent,
                           std::shared_ptr<const model::Solution> solution)
    : environment_(environment),
      join_(std::make_shared<const hub::JoinRequest>(std::move(join))),
      memory_(std::make_shared<Memory>()),
      now_{std::move(agent), std::move(solution)} {}

AgentService::Now AgentService::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

Session::Parts AgentService::parts(std::shared_ptr<const model::Call> call, Executor executor) {
  const Now current = now();
  net::HttpClient& client = environment_.clients.at(executor);
  auto skill = skill_of(current.solution, call->skill);
  Peer peer(client, current.agent, join_, *call);
  return {std::move(peer), memory_, std::move(call), std::move(skill)};
}

Awaitable<Result<model::Output>> AgentService::run(std::shared_ptr<const model::Call> call,
                                                   hub::Emitter& out) {
  Session session(parts(std::move(call), out.executor()), out);
  co_return co_await session.run();
}

std::unique_ptr<hub::EventStream> AgentService::reattach(std::shared_ptr<const model::Call> call,
                                                         model::Accepted accepted,
                                                         hub::CallContext context) {
  if (accepted.upstream_task.empty()) return nullptr;
  auto made = std::make_shared<Session::Parts>(parts(std::move(call), context.executor));
  return hub::make_stream(context,
                          [made, accepted](hub::Emitter& out) -> Awaitable<Result<model::Output>> {
                            Session session(std::move(*made), out);
                            co_return co_await session.take_up(accepted);
                          });
}

Awaitable<Result<std::shared_ptr<const model::Solution>>> AgentService::refresh(
    hub::CallContext context) {
  net::HttpClient& client = environment_.clients.at(context.executor);
  hub::JoinRequest join = *join_;
  WEFT_CO_TRY(const auto found, co_await find_card(client, std::move(join), context));
  const Now before = now();
  if (found.raw == before.solution->raw) co_return nullptr;
  WEFT_CO_TRY(const auto named, parse_url(join_->url));
  WEFT_CO_TRY(auto agent, settle_agent(found, named));
  auto solution =
      std::make_shared<model::Solution>(to_solution(found.card, agent->door, found.raw));
  solution->id = before.solution->id;
  const std::lock_guard lock(mutex_);
  now_ = {std::move(agent), solution};
  co_return std::shared_ptr<const model::Solution>(std::move(solution));
}

Awaitable<hub::Finding> AgentProtocol::probe(hub::JoinRequest request, hub::CallContext context) {
  hub::Finding finding;
  if (request.url.empty()) co_return finding;
  const auto named = parse_url(request.url);
  if (!named) {
    finding.tried = named.error().message;
    co_return finding;
  }
  net::HttpClient& client = environment_.clients.at(context.executor);
  hub::JoinRequest join = request;
  auto found = co_await find_card(client, std::move(join), context);
  if (!found) {
    finding.tried = found.error().message;
    co_return finding;
  }
  const auto door = choose_interface(found->card);
  finding.spoken = true;
  finding.confidence = confidence_of(*found, *named);
  finding.url = found->url.str();
  finding.protocol_version = door ? std::string(to_string(door->version)) : "";
  finding.how = std::format("GET {} gave an A2A {} card \"{}\"", found->url.path,
                            door ? door->interface.version : "", found->card.name);
  co_return finding;
}

Awaitable<Result<hub::Joined>> AgentProtocol::connect(hub::JoinRequest request,
                                                      hub::Finding finding,
                                                      hub::CallContext context) {
  (void)finding;
  WEFT_CO_TRY(const auto named, parse_url(request.url));
  net::HttpClient& client = environment_.clients.at(context.executor);
  hub::JoinRequest join = request;
  WEFT_CO_TRY(const auto found, co_await find_card(client, std::move(join), context));
  WEFT_CO_TRY(auto agent, settle_agent(found, named));
  model::Solution solution = to_solution(found.card, agent->door, found.raw);
  auto kept = std::make_shared<const model::Solution>(solution);
  auto service = std::make_shared<AgentService>(environment_, std::move(request), std::move(agent),
                                                std::move(kept));
  co_return hub::Joined{std::move(solution), std::move(service)};
}

}  // namespace weft::adapters::a2a

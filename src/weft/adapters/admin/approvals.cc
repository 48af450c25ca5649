// Questions for approval that wait, for whoever may answer them: no admin key is needed, the name
// of the key decides.
#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"

namespace weft::adapters::admin {
namespace {

json::object describe(const hub::OpenApproval& open) {
  json::object out;
  out["id"] = open.consent.id;
  out["task"] = open.task.str();
  out["solution"] = open.solution.str();
  out["skill"] = open.skill.str();
  out["owner"] = open.owner;
  out["question"] = open.shown;
  if (const auto* arguments = json::find(open.details, "arguments")) out["arguments"] = *arguments;
  if (const auto* notes = json::find(open.details, "notes")) out["notes"] = *notes;
  json::array approvers;
  for (const auto& name : open.consent.approvers) approvers.emplace_back(name);
  out["approvers"] = std::move(approvers);
  out["mine"] = open.mine;
  out["digest"] = open.consent.digest;
  out["asked"] = to_rfc3339(open.asked_ms);
  out["expires"] = to_rfc3339(open.consent.expires_ms);
  return out;
}

Awaitable<> list(Environment& environment, Request& request) {
  json::array approvals;
  for (const auto& open : environment.hub.tasks().approvals(request.principal))
    approvals.push_back(describe(open));
  answer(request.exchange, 200, json::object{{"approvals", std::move(approvals)}});
  co_return;
}

struct Decision {
  bool allow = false;
  std::string digest;
};

Result<Decision> read_decision(const json::object& body) {
  WEFT_CHECK(check_members(body, {"allow", "digest"}));
  const auto allow = json::bool_at(body, "allow");
  if (!allow) return fail(make_argument_error("/allow", "allow: true or false"));
  return Decision{.allow = *allow, .digest = std::string(json::string_at(body, "digest"))};
}

Awaitable<Result<json::value>> decide(Environment& environment, Request& request, std::string id) {
  WEFT_CO_TRY(const json::object body, co_await read_object(request.exchange));
  WEFT_CO_TRY(Decision decision, read_decision(body));
  std::string approval = id;
  WEFT_CO_TRY(const hub::TaskView view, co_await environment.hub.tasks().decide(
                                            std::move(approval), decision.allow,
                                            std::move(decision.digest), request.principal));
  // What the call came to is its owner's to see.
  co_return json::object{{"id", std::move(id)},
                         {"allowed", decision.allow},
                         {"task", view.id.str()},
                         {"owner", view.owner}};
}

}  // namespace

Awaitable<> handle_approvals(Environment& environment, Request& request) {
  const std::string& method = request.exchange.head().method;
  if (request.rest.empty() && method == "GET") co_return co_await list(environment, request);
  if (request.rest.size() != 1 || method != "POST")
    co_return answer_error(request.exchange, wrong_method(request, "GET, and POST approvals/ID"));
  std::string id = request.rest.front();
  auto decided = co_await decide(environment, request, std::move(id));
  if (!decided) co_return answer_error(request.exchange, decided.error());
  answer(request.exchange, 200, *std::move(decided));
}

}  // namespace weft::adapters::admin

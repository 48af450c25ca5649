#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
#include "weft/adapters/common/upstream.h"
#include "weft/hub/approval.h"
#include "weft/hub/join_record.h"
#include "weft/hub/names.h"
#include "weft/hub/nearest.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {
namespace {

std::string_view to_string(hub::Health health) {
  switch (health) {
    case hub::Health::unknown: return "unknown";
    case hub::Health::up: return "up";
    case hub::Health::down: return "down";
  }
  return "unknown";
}

std::string_view to_string(hub::Approval approval) {
  switch (approval) {
    case hub::Approval::solution: return "solution";
    case hub::Approval::hub: return "hub";
    case hub::Approval::both: return "both";
  }
  return "both";
}

json::object approvals_of(const hub::JoinRequest& request) {
  json::object out;
  for (const auto& [skill, approval] : request.approvals) out[skill] = to_string(approval);
  return out;
}

json::object approvers_of(const hub::JoinRequest& request) {
  json::object out;
  for (const auto& [skill, names] : request.approvers) {
    json::array list;
    for (const auto& name : names) list.emplace_back(name);
    out[skill] = std::move(list);
  }
  return out;
}

/// The names in `approval` that are no skill, each with the nearest that is one.
json::array unknown_approvals_of(const hub::Entry& entry) {
  std::vector<std::string> skills;
  for (const auto& skill : entry.solution->skills) skills.push_back(skill.id.str());
  json::array out;
  for (const auto& name : hub::unknown_approvals(entry.request, *entry.solution)) {
    const auto near = hub::nearest(name, skills, 1);
    json::object one{{"name", name}};
    one["nearest"] = near.empty() ? "" : near.front();
    out.emplace_back(std::move(one));
  }
  return out;
}

json::object describe(const hub::Entry& entry, bool whole) {
  json::object out = whole ? model::to_json(*entry.solution) : json::object();
  if (!whole) {
    out["id"] = entry.solution->id.str();
    out["title"] = entry.solution->title;
    out["kind"] = model::to_string(entry.solution->kind);
    out["protocol"] = entry.solution->protocol;
    out["protocol_version"] = entry.solution->protocol_version;
    out["url"] = entry.solution->url;
    out["skills"] = entry.solution->skills.size();
  }
  out["source"] = hub::to_string(entry.request.source);
  out["origin"] = entry.request.origin;
  out["found_by"] = entry.found_by;
  out["health"] = to_string(entry.counters->health.load());
  out["running"] = entry.counters->running.load();
  out["calls"] = entry.counters->calls.load();
  out["failures"] = entry.counters->failures.load();
  out["approvals"] = approvals_of(entry.request);
  if (!entry.request.approvers.empty()) out["approvers"] = approvers_of(entry.request);
  if (!entry.blocked.empty()) out["blocked"] = entry.blocked;
  out["unknown_approvals"] = unknown_approvals_of(entry);
  return out;
}

json::object describe(const hub::Joiner::Waiting& waiting, bool whole) {
  json::object out;
  out["id"] = waiting.request.id.str();
  out["protocol"] = waiting.request.protocol;
  out["url"] = hub::place_of(waiting.request);
  out["skills"] = whole ? json::value(json::array()) : json::value(0);
  out["source"] = hub::to_string(waiting.request.source);
  out["origin"] = waiting.request.origin;
  out["health"] = "down";
  out["why"] = waiting.why;
  out["approvals"] = approvals_of(waiting.request);
  return out;
}

/// One that has joined, or one that waits to.
Result<json::object> find(Environment& environment, std::string_view id) {
  const auto snapshot = environment.hub.registry().snapshot();
  if (const hub::Entry* entry = snapshot->find(id)) return describe(*entry, true);
  for (const auto& waiting : environment.joiner->waiting()) {
    if (waiting.request.id.str() == id) return describe(waiting, true);
  }
  return fail(hub::missing_solution(*snapshot, id));
}

Awaitable<> list(Environment& environment, Request& request) {
  const auto snapshot = environment.hub.registry().snapshot();
  json::array solutions;
  for (const auto& entry : snapshot->entries) solutions.push_back(describe(*entry, false));
  for (const auto& waiting : environment.joiner->waiting())
    solutions.push_back(describe(waiting, false));
  json::object body;
  body["solutions"] = std::move(solutions);
  answer(request.exchange, 200, std::move(body));
  co_return;
}

Awaitable<> join(Environment& environment, Request& request) {
  auto body = co_await read_object(request.exchange);
  if (!body) co_return answer_error(request.exchange, body.error());
  auto wanted = read_join(*body);
  if (!wanted) co_return answer_error(request.exchange, wanted.error());
  if (auto fit = solution_headers(*wanted); !fit)
    co_return answer_error(request.exchange, fit.error());
  auto joined = co_await environment.joiner->join(*std::move(wanted), request.exchange.executor());
  if (!joined) co_return answer_error(request.exchange, joined.error());
  json::object report;
  report["id"] = joined->id.str();
  report["protocol"] = joined->protocol;
  report["protocol_version"] = joined->protocol_version;
  report["how"] = joined->how;
  report["confidence"] = joined->confidence;
  report["skills"] = joined->skills;
  report["took_ms"] = joined->took_ms;
  answer(request.exchange, 201, std::move(report));
}

}  // namespace

Awaitable<> handle_solutions(Environment& environment, Request& request) {
  const std::string& method = request.exchange.head().method;
  if (request.rest.empty()) {
    if (method == "GET") co_return co_await list(environment, request);
    if (method == "POST") co_return co_await join(environment, request);
    co_return answer_error(request.exchange, wrong_method(request, "GET and POST"));
  }
  const std::string id = request.rest.front();
  if (method == "GET") {
    auto found = find(environment, id);
    if (!found) co_return answer_error(request.exchange, found.error());
    co_return answer(request.exchange, 200, *std::move(found));
  }
  if (method == "DELETE") {
    SolutionId gone(id);
    auto left = co_await environment.joiner->leave(std::move(gone), request.exchange.executor());
    if (!left) co_return answer_error(request.exchange, left.error());
    json::object body;
    body["removed"] = id;
    co_return answer(request.exchange, 200, std::move(body));
  }
  answer_error(request.exchange, wrong_method(request, "GET and DELETE"));
}

}  // namespace weft::adapters::admin

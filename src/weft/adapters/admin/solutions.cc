#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
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
  return out;
}

json::object describe(const hub::Joiner::Waiting& waiting) {
  json::object out;
  out["id"] = waiting.request.id.str();
  out["protocol"] = waiting.request.protocol;
  out["url"] = waiting.request.url;
  out["skills"] = 0;
  out["source"] = hub::to_string(waiting.request.source);
  out["origin"] = waiting.request.origin;
  out["health"] = "down";
  out["why"] = waiting.why;
  return out;
}

Awaitable<> list(Environment& environment, Request& request) {
  const auto snapshot = environment.hub.registry().snapshot();
  json::array solutions;
  for (const auto& entry : snapshot->entries) solutions.push_back(describe(*entry, false));
  for (const auto& waiting : environment.joiner->waiting()) solutions.push_back(describe(waiting));
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
    const auto snapshot = environment.hub.registry().snapshot();
    auto found = hub::find_skill(*snapshot, id, "");
    const hub::Entry* entry = snapshot->find(id);
    if (entry == nullptr) co_return answer_error(request.exchange, found.error());
    json::object body = describe(*entry, true);
    co_return answer(request.exchange, 200, std::move(body));
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

// Conversations that are kept, and the audit log.
#include "weft/hub/contexts.h"
#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
#include "weft/hub/audit.h"

namespace weft::adapters::admin {
namespace {

json::object describe(const hub::KeptContext& kept) {
  return {{"id", kept.id.str()}, {"owner", kept.owner}, {"updated", to_rfc3339(kept.updated_ms)}};
}

Awaitable<> list(Environment& environment, Request& request) {
  auto kept = co_await environment.hub.contexts().list(request.principal, kContextsListed);
  if (!kept) co_return answer_error(request.exchange, kept.error());
  json::array contexts;
  for (const auto& each : *kept) contexts.push_back(describe(each));
  answer(request.exchange, 200, json::object{{"contexts", std::move(contexts)}});
}

Awaitable<> show(Environment& environment, Request& request) {
  ContextId id(request.rest.front());
  auto kept = co_await environment.hub.contexts().show(request.principal, std::move(id));
  if (!kept) co_return answer_error(request.exchange, kept.error());
  json::object body = describe(*kept);
  body["state"] = std::move(kept->state);
  answer(request.exchange, 200, std::move(body));
}

Awaitable<> erase(Environment& environment, Request& request) {
  ContextId id(request.rest.front());
  auto erased = co_await environment.hub.contexts().erase(request.principal, std::move(id));
  if (!erased) co_return answer_error(request.exchange, erased.error());
  answer(request.exchange, 200, json::object{{"erased", request.rest.front()}});
}

}  // namespace

Awaitable<> handle_contexts(Environment& environment, Request& request) {
  const std::string& method = request.exchange.head().method;
  if (request.rest.empty() && method == "GET") co_return co_await list(environment, request);
  if (request.rest.size() == 1 && method == "GET") co_return co_await show(environment, request);
  if (request.rest.size() == 1 && method == "DELETE")
    co_return co_await erase(environment, request);
  answer_error(request.exchange, wrong_method(request, "GET, and GET and DELETE contexts/ID"));
}

Awaitable<> handle_audit(Environment& environment, Request& request) {
  if (!request.rest.empty() || request.exchange.head().method != "GET")
    co_return answer_error(request.exchange, wrong_method(request, "GET"));
  auto noted = co_await environment.hub.audit().list(request.principal, kAuditListed);
  if (!noted) co_return answer_error(request.exchange, noted.error());
  json::array entries;
  for (const auto& each : *noted) {
    json::value entry = each.to_json();
    json::object& o = entry.as_object();
    o.erase("at_ms");
    o["at"] = to_rfc3339(each.at_ms);
    entries.push_back(std::move(entry));
  }
  answer(request.exchange, 200, json::object{{"entries", std::move(entries)}});
}

}  // namespace weft::adapters::admin

#include "weft/adapters/admin/api.h"

namespace weft::adapters {
namespace admin {
namespace {

using Handle = Awaitable<> (*)(Environment&, Request&);

Route route(Environment& environment, std::string prefix, Handle handle) {
  Route out;
  out.prefix = std::move(prefix);
  out.handler = [&environment, handle](Request& request) { return handle(environment, request); };
  out.admin = true;
  return out;
}

/// Whether the hub runs.
Awaitable<> handle_health(Environment&, Request& request) {
  wire::ResponseHead head;
  head.headers.add("Content-Type", "text/plain");
  (void)request.exchange.respond(std::move(head), "ok\n");
  co_return;
}

/// Whether calls should be sent to it.
Awaitable<> handle_ready(Environment& environment, Request& request) {
  const bool turns = !environment.ready || environment.ready();
  const bool room = !environment.memory ||
                    environment.memory->load(std::memory_order_relaxed) < net::MemoryLevel::low;
  wire::ResponseHead head;
  head.status = turns && room ? 200 : 503;
  head.headers.add("Content-Type", "text/plain");
  std::string_view said = "ok\n";
  if (!room) said = "the hub is short of memory; see its log\n";
  if (!turns) said = "a loop of the hub is blocked; see its log\n";
  (void)request.exchange.respond(std::move(head), said);
  co_return;
}

/// Answers without a key.
Route open_route(Environment& environment, std::string prefix, Handle handle) {
  Route out = route(environment, std::move(prefix), handle);
  out.admin = false;
  out.open = true;
  return out;
}

std::vector<Route> routes(Environment& environment) {
  std::vector<Route> out;
  out.push_back(route(environment, "/admin/v1/info", handle_info));
  out.push_back(route(environment, "/admin/v1/solutions", handle_solutions));
  out.push_back(route(environment, "/admin/v1/tasks", handle_tasks));
  out.push_back(route(environment, "/admin/v1/jobs", handle_jobs));
  out.push_back(route(environment, "/admin/v1/keys", handle_keys));
  out.push_back(route(environment, "/admin/v1/contexts", handle_contexts));
  out.push_back(route(environment, "/admin/v1/audit", handle_audit));
  out.push_back(route(environment, "/admin/v1/sentences", handle_sentences));
  out.push_back(route(environment, "/admin/v1/call", handle_call));
  out.push_back(route(environment, "/admin/v1/reload", handle_reload));
  out.push_back(route(environment, "/admin/v1/openapi.json", handle_document));
  Route approvals = route(environment, "/admin/v1/approvals", handle_approvals);
  approvals.admin = false;
  out.push_back(std::move(approvals));
  Route metrics = route(environment, "/metrics", handle_metrics);
  metrics.admin = false;
  out.push_back(std::move(metrics));
  out.push_back(open_route(environment, "/healthz", handle_health));
  out.push_back(open_route(environment, "/readyz", handle_ready));
  return out;
}

}  // namespace

Adapter adapter() {
  Adapter out;
  out.name = "admin";
  out.routes = routes;
  return out;
}

}  // namespace admin
}  // namespace weft::adapters

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

Awaitable<> handle_health(Request& request) {
  wire::ResponseHead head;
  head.headers.add("Content-Type", "text/plain");
  std::string text = "ok\n";
  (void)request.exchange.respond(std::move(head), text);
  co_return;
}

std::vector<Route> routes(Environment& environment) {
  std::vector<Route> out;
  out.push_back(route(environment, "/admin/v1/info", handle_info));
  out.push_back(route(environment, "/admin/v1/solutions", handle_solutions));
  out.push_back(route(environment, "/admin/v1/tasks", handle_tasks));
  out.push_back(route(environment, "/admin/v1/keys", handle_keys));
  out.push_back(route(environment, "/admin/v1/call", handle_call));
  out.push_back(route(environment, "/admin/v1/reload", handle_reload));
  out.push_back(route(environment, "/admin/v1/openapi.json", handle_document));
  Route metrics = route(environment, "/metrics", handle_metrics);
  metrics.admin = false;
  out.push_back(std::move(metrics));
  for (const auto* path : {"/healthz", "/readyz"}) {
    Route health;
    health.prefix = path;
    health.handler = handle_health;
    health.open = true;
    out.push_back(std::move(health));
  }
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

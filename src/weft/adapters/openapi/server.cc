#include "weft/adapters/openapi/server.h"

#include <charconv>
#include <format>
#include <ranges>

#include "weft/adapters/common/own_url.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/openapi/client.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_document.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::openapi {
namespace {

void refuse(net::Exchange& exchange, const Error& error) {
  Error copy = error;
  respond_problem(exchange, std::move(copy));
}

Result<json::object> document_for(Environment& environment, const Request& request) {
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), request.principal};
  const auto shown = [&](const model::Solution& solution) {
    return audience.may_know(solution.id.str());
  };
  const std::string url = own_url(environment, request.exchange);
  if (request.rest.size() == 1) return hub_document(*snapshot, url, shown);
  const auto* entry = snapshot->find(request.rest[0]);
  if (entry && shown(*entry->solution)) return solution_document(*entry->solution, url);
  if (!entry && audience.may_know(request.rest[0]))
    return fail(hub::missing_solution(*snapshot, request.rest[0], &audience));
  return fail(Reason::solution_not_found,
              std::format("there is no solution `{}`", request.rest[0]));
}

Awaitable<> serve_document(Environment& environment, Request& request) {
  auto document = document_for(environment, request);
  if (!document) {
    respond_problem(request.exchange, document.error());
    co_return;
  }
  json::value body(std::move(*document));
  wire::Headers headers;
  (void)respond_json(request.exchange, 200, body, std::move(headers));
}

Awaitable<> serve_nothing(Request& request) {
  respond_problem(request.exchange,
                  make_error(Reason::solution_not_found,
                             "nothing is served here: POST /api/SOLUTION/SKILL calls a skill, GET "
                             "/api/openapi.json describes all of them, /api/jobs/ID is a job"));
  co_return;
}

Awaitable<> serve(Environment& environment, Request& request) {
  const auto& rest = request.rest;
  const std::string& method = request.exchange.head().method;
  if (!rest.empty() && rest.size() <= 2 && rest.back() == "openapi.json" && method == "GET") {
    return serve_document(environment, request);
  }
  if (rest.size() >= 2 && rest[0] == "jobs") return serve_job(environment, request);
  if (rest.size() >= 2) return serve_call(environment, request);
  return serve_nothing(request);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// The `q` of one entry of Accept; 1 where it says none that can be read.
double weight_of(std::string_view item) {
  const auto at = item.find(";q=");
  const auto spaced = item.find("; q=");
  const auto begin = at != std::string_view::npos ? at + 3 : spaced + 4;
  if (at == std::string_view::npos && spaced == std::string_view::npos) return 1;
  double weight = 1;
  const auto read = std::from_chars(item.data() + begin, item.data() + item.size(), weight);
  return read.ec == std::errc() ? weight : 1;
}

}  // namespace

void respond_problem(net::Exchange& exchange, Error error) {
  wire::Headers headers;
  headers.set("Content-Type", "application/problem+json");
  add_error_headers(headers, error);
  const int status = http_status(error);
  json::value body(problem_json(error, status));
  (void)respond_json(exchange, status, body, std::move(headers));
}

Awaitable<Result<json::value>> read_json(net::Exchange& exchange) {
  const std::string type(exchange.head().headers.get("Content-Type"));
  WEFT_CO_TRY(const std::string text, co_await exchange.read_body(kRequestBytesMax));
  if (text.empty()) co_return json::value(json::object());
  const std::string plain = wire::media_type(type);
  if (!plain.ends_with("/json") && !plain.ends_with("+json")) {
    co_return fail(Reason::content_type,
                   std::format("the body is `{}`: send application/json", type));
  }
  co_return json::parse(text, kRequestBytesMax);
}

bool wants_events(const wire::RequestHead& head) {
  double events = 0;
  double json = 0;
  for (const auto part : std::views::split(head.headers.get("Accept"), ',')) {
    const std::string_view item = trimmed(std::string_view(part));
    const std::string_view type = trimmed(item.substr(0, item.find(';')));
    const double weight = weight_of(item);
    if (wire::same_name(type, "text/event-stream")) {
      if (weight > json) events = std::max(events, weight);
    } else if (wire::same_name(type, "application/json") || type == "application/*" ||
               type == "*/*") {
      json = std::max(json, weight);
    }
  }
  return events > 0 && events >= json;
}

std::vector<Route> make_routes(Environment& environment) {
  Environment* env = &environment;
  Route route;
  route.prefix = "/api";
  route.handler = [env](Request& request) { return serve(*env, request); };
  route.refuse = refuse;
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

Adapter adapter() {
  Adapter out;
  out.name = "openapi";
  out.protocol = [](Environment& environment) { return make_protocol(environment); };
  out.routes = [](Environment& environment) { return make_routes(environment); };
  return out;
}

}  // namespace weft::adapters::openapi

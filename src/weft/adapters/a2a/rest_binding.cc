#include "weft/adapters/a2a/rest_binding.h"

#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/base/url.h"

namespace weft::adapters::a2a {
namespace {

RestCall allow(RestCall call, Verb verb, bool fits) {
  call.verb = verb;
  call.wrong_method = !fits;
  return call;
}

std::optional<RestCall> read_task_path(RestCall call, std::string_view method,
                                       const std::vector<std::string>& path, std::size_t at) {
  const bool get = method == "GET";
  const bool post = method == "POST";
  if (at + 1 == path.size()) return allow(call, Verb::list, get);
  const std::string& last = path[at + 1];
  if (at + 2 < path.size()) {
    if (path[at + 2] != "pushNotificationConfigs" || at + 4 < path.size()) return std::nullopt;
    call.id = last;
    return allow(call, Verb::push, true);
  }
  const auto colon = last.rfind(':');
  call.id = last.substr(0, colon);
  if (colon == std::string::npos) return allow(call, Verb::get, get);
  const std::string_view action = std::string_view(last).substr(colon + 1);
  if (action == "cancel") return allow(call, Verb::cancel, post);
  // The proto's annotation says GET, the prose POST.
  if (action == "subscribe") return allow(call, Verb::subscribe, get || post);
  return std::nullopt;
}

/// Query parameters as the members they stand for.
json::object from_query(std::string_view query) {
  json::object out;
  for (const auto& [key, value] : parse_query(query)) {
    if (value == "true")
      out[key] = true;
    else if (value == "false")
      out[key] = false;
    else
      out[key] = value;
  }
  return out;
}

/// Sees to the body of a POST: its media type, its size, its JSON.
Awaitable<Result<json::object>> body_of(net::Exchange& exchange, Verb verb) {
  const bool needed = verb == Verb::send || verb == Verb::stream;
  if (!exchange.head().has_body() && !needed) co_return json::object();
  if (needed && !json_content(exchange.head().headers.get("Content-Type"))) {
    co_return fail(Reason::content_type,
                   "the body of a request is application/a2a+json or application/json");
  }
  WEFT_CO_TRY(const auto body, co_await exchange.read_body(kBodyBytesMax));
  if (body.empty() && !needed) co_return json::object();
  WEFT_CO_TRY(auto value, json::parse(body, kBodyBytesMax));
  if (!value.is_object())
    co_return fail(make_argument_error("", "the body of a request is a JSON object"));
  co_return std::move(value.get_object());
}

}  // namespace

std::optional<RestCall> read_rest(std::string_view method, const std::vector<std::string>& path) {
  RestCall call;
  std::size_t at = 0;
  if (!path.empty() && path[0] == "v1") {
    call.version = Version::v03_rest;
    at = 1;
  }
  if (at >= path.size()) return std::nullopt;
  const std::string& first = path[at];
  const bool alone = at + 1 == path.size();
  if (first == "message:send" && alone) return allow(call, Verb::send, method == "POST");
  if (first == "message:stream" && alone) return allow(call, Verb::stream, method == "POST");
  const std::string_view card = call.version == Version::v10 ? "extendedAgentCard" : "card";
  if (first == card && alone) return allow(call, Verb::card, method == "GET");
  if (first == "tasks") return read_task_path(call, method, path, at);
  return std::nullopt;
}

Awaitable<> serve_rest(Desk& desk, Request& request, std::string solution,
                       std::vector<std::string> path) {
  net::Exchange& exchange = request.exchange;
  const auto call = read_rest(exchange.head().method, path);
  Outlet outlet(exchange, call ? call->version : Version::v10);
  if (!call || call->wrong_method) {
    const std::string where(exchange.head().path());
    outlet.refuse(Fault(kMethodNotFound,
                        std::format("A2A has no operation {} {}", exchange.head().method, where)));
    co_return;
  }
  if (const Named named = named_version(exchange.head()); named.fault) {
    outlet.refuse(*named.fault);
    co_return;
  }
  auto params = co_await body_of(exchange, call->verb);
  if (!params) {
    outlet.refuse(Fault(params.error()));
    co_return;
  }
  json::object all = *std::move(params);
  if (exchange.head().method == "GET") all = from_query(exchange.head().query());
  if (!call->id.empty()) all["id"] = call->id;
  if (solution.empty()) solution = std::string(json::string_at(all, "tenant"));
  auto scope = scope_of(desk.environment, request.principal, solution);
  if (!scope) {
    outlet.refuse(Fault(scope.error()));
    co_return;
  }
  const Verb verb = call->verb;
  co_await serve(desk, request, *std::move(scope), std::move(outlet), verb, std::move(all));
}

}  // namespace weft::adapters::a2a

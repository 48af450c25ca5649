#include "weft/adapters/a2a/jsonrpc_binding.h"

#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"

namespace weft::adapters::a2a {
namespace {

constexpr Method kMethods[] = {
    {"SendMessage", Version::v10, Verb::send},
    {"SendStreamingMessage", Version::v10, Verb::stream},
    {"GetTask", Version::v10, Verb::get},
    {"ListTasks", Version::v10, Verb::list},
    {"CancelTask", Version::v10, Verb::cancel},
    {"SubscribeToTask", Version::v10, Verb::subscribe},
    {"CreateTaskPushNotificationConfig", Version::v10, Verb::push},
    {"GetTaskPushNotificationConfig", Version::v10, Verb::push},
    {"ListTaskPushNotificationConfigs", Version::v10, Verb::push},
    {"DeleteTaskPushNotificationConfig", Version::v10, Verb::push},
    {"GetExtendedAgentCard", Version::v10, Verb::card},
    {"message/send", Version::v03, Verb::send},
    {"message/stream", Version::v03, Verb::stream},
    {"tasks/get", Version::v03, Verb::get},
    {"tasks/cancel", Version::v03, Verb::cancel},
    {"tasks/resubscribe", Version::v03, Verb::subscribe},
    {"tasks/pushNotificationConfig/set", Version::v03, Verb::push},
    {"tasks/pushNotificationConfig/get", Version::v03, Verb::push},
    {"tasks/pushNotificationConfig/list", Version::v03, Verb::push},
    {"tasks/pushNotificationConfig/delete", Version::v03, Verb::push},
    {"agent/getAuthenticatedExtendedCard", Version::v03, Verb::card},
};

/// The request of a body, or what is wrong with it and the id to say so under.
struct Read {
  wire::JsonRpcRequest request;
  wire::JsonRpcId id;
  std::optional<Fault> fault;
};

wire::JsonRpcId id_in(const json::value& body) {
  const json::value* id = json::find(body, "id");
  const bool usable = id != nullptr && (id->is_string() || id->is_int64() || id->is_uint64());
  return usable ? *id : wire::JsonRpcId();
}

Read read_body(const std::string& body) {
  Read out;
  auto parsed = json::parse(body, kBodyBytesMax);
  if (!parsed) {
    out.fault.emplace(kParseError,
                      std::format("the request is no JSON: {}", parsed.error().message));
    return out;
  }
  out.id = id_in(*parsed);
  const json::value* params = json::find(*parsed, "params");
  const bool bad_params =
      params != nullptr && !params->is_object() && json::find(*parsed, "method") != nullptr;
  if (bad_params) {
    out.fault.emplace(make_argument_error("/params", "/params: expected an object"));
    return out;
  }
  auto message = wire::read_jsonrpc(*std::move(parsed));
  if (!message) {
    out.fault.emplace(kInvalidRequest, message.error().message);
    return out;
  }
  auto* request = std::get_if<wire::JsonRpcRequest>(&*message);
  if (request == nullptr || !request->id) {
    out.fault.emplace(kInvalidRequest, "expected a request with an id");
    return out;
  }
  out.request = std::move(*request);
  return out;
}

}  // namespace

const Method* find_method(std::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

namespace {

/// The version that is named, or the one that names none.
Version spoken(const Named& named) { return named.version.value_or(Version::v03); }

/// For what is refused before its id is known.
Outlet nameless(net::Exchange& exchange) {
  return {exchange, spoken(named_version(exchange.head())), wire::JsonRpcId()};
}

Awaitable<> serve_text(Desk& desk, Request& request, std::string solution,
                       Result<std::string> body) {
  net::Exchange& exchange = request.exchange;
  if (!body) return refused(nameless(exchange), Fault(body.error()));
  Named named = named_version(exchange.head());
  Read read = read_body(*body);
  if (!read.fault && named.fault) read.fault = named.fault;
  const Method* method = read.fault ? nullptr : find_method(read.request.method);
  if (!read.fault && method == nullptr) {
    read.fault.emplace(kMethodNotFound, std::format("A2A has no method `{}`", read.request.method));
  }
  Outlet outlet(exchange, method != nullptr ? method->version : spoken(named), read.id);
  if (read.fault) return refused(std::move(outlet), *std::move(read.fault));
  if (solution.empty()) solution = json::string_at(read.request.params, "tenant");
  auto scope = scope_of(desk.environment, request.principal, solution);
  if (!scope) return refused(std::move(outlet), Fault(scope.error()));
  return serve(desk, request, *std::move(scope), std::move(outlet), method->verb,
               std::move(read.request.params));
}

Awaitable<> serve_later(Desk& desk, Request& request, std::string solution) {
  auto body = co_await request.exchange.read_body(kBodyBytesMax);
  co_await serve_text(desk, request, std::move(solution), std::move(body));
}

}  // namespace

Awaitable<> serve_jsonrpc(Desk& desk, Request& request, std::string solution) {
  net::Exchange& exchange = request.exchange;
  if (!json_content(exchange.head().headers.get("Content-Type"))) {
    return refused(nameless(exchange),
                   Fault(make_error(Reason::content_type,
                                    "the body of a JSON-RPC request is application/json")));
  }
  if (auto body = exchange.body_at_hand(kBodyBytesMax))
    return serve_text(desk, request, std::move(solution), *std::move(body));
  return serve_later(desk, request, std::move(solution));
}

}  // namespace weft::adapters::a2a

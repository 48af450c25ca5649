// Prompts, resources and completion: an MCP server's own go through the bridge (another era, or a
// child process); other solutions have none.
#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/mcp/client.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/server.h"
#include "weft/hub/limits.h"

namespace weft::adapters::mcp {

namespace {

/// A request that is answered by the server behind the mount, or else by nothing: an empty list, or
/// "not found".
struct Relayed {
  std::string_view method;
  std::string_view capability;
  std::string_view list;  ///< the member of an empty answer; empty for what names one thing
  bool cacheable;
};
constexpr std::array<Relayed, 6> kRelayed = {{
    {"prompts/list", "prompts", "prompts", true},
    {"prompts/get", "prompts", "", false},
    {"resources/list", "resources", "resources", true},
    {"resources/templates/list", "resources", "resourceTemplates", true},
    {"resources/read", "resources", "", true},
    {"completion/complete", "completions", "", false},
}};

const Relayed* find_relayed(std::string_view method) {
  const auto* found = std::ranges::find(kRelayed, method, &Relayed::method);
  return found == kRelayed.end() ? nullptr : found;
}

std::shared_ptr<Client> client_of(const Mount& mount) {
  return mount.entry ? std::dynamic_pointer_cast<Client>(mount.entry->service) : nullptr;
}

/// What there is none of, as the caller's era says it; `message` where the server said it.
Outcome not_found(const wire::JsonRpcRequest& rpc, Era era, std::string message) {
  const bool resource = rpc.method == "resources/read";
  const std::string name(json::string_at(rpc.params, resource ? "uri" : "name"));
  if (message.empty())
    message = std::format("{} not found: {}", resource ? "Resource" : "Prompt", name);
  wire::JsonRpcError error{wire::kJsonRpcInvalidParams, std::move(message), std::nullopt};
  if (resource) {
    if (era == Era::legacy) error.code = kResourceNotFound;
    json::object data;
    data["uri"] = name;
    error.data = std::move(data);
  }
  Outcome outcome;
  outcome.body = std::move(error);
  return outcome;
}

/// A read names its resource and nothing else: a server that takes it for invalid has none of the
/// name (-32002 in the legacy era, -32602 in the modern one and of many servers).
Outcome refusal_of(const Error& error, const wire::JsonRpcRequest& rpc, Era era) {
  const bool missing = rpc.method == "resources/read" && error.reason == Reason::invalid_argument;
  if (missing) return not_found(rpc, era, error.message);
  Outcome outcome;
  outcome.body = rpc_error_of(error);
  return outcome;
}

LinkRequest request_of(const wire::JsonRpcRequest& rpc, const model::Call& call) {
  LinkRequest sent;
  sent.method = rpc.method;
  sent.params = rpc.params;
  sent.params.erase("_meta");
  sent.trace = call.trace;
  sent.depth = call.depth;
  return sent;
}

/// A result of one era in the words of another.
void translate(json::object& result, Era era, const Relayed& relayed) {
  for (const std::string_view key : {"resultType", "ttlMs", "cacheScope"}) {
    if (era == Era::legacy) result.erase(key);
  }
  if (era == Era::legacy) return;
  seal_result(result, era, "complete");
  if (!relayed.cacheable) return;
  if (!result.contains("ttlMs")) result["ttlMs"] = kListTtlMs;
  if (!result.contains("cacheScope")) result["cacheScope"] = "private";
}

}  // namespace

json::object Server::capabilities(const Mount& mount) const {
  json::object tools;
  tools["listChanged"] = true;
  json::object capabilities;
  capabilities["tools"] = std::move(tools);
  capabilities["logging"] = json::object();
  capabilities["prompts"] = json::object();
  capabilities["resources"] = json::object();
  const auto client = client_of(mount);
  if (client && client->link()->handshake().capabilities.contains("completions")) {
    capabilities["completions"] = json::object();
  }
  return capabilities;
}

Awaitable<std::optional<Outcome>> Server::relay(const Request& request, const Mount& mount, Era era,
                                                const wire::JsonRpcRequest& rpc) {
  const Relayed* relayed = find_relayed(rpc.method);
  if (relayed == nullptr) co_return std::nullopt;
  const auto client = client_of(mount);
  const bool offered =
      client && client->link()->handshake().capabilities.contains(relayed->capability);
  if (!offered) {
    if (relayed->capability == "completions") co_return std::nullopt;
    if (relayed->list.empty()) co_return not_found(rpc, era, "");
    Outcome empty;
    json::object result;
    result[relayed->list] = json::array();
    translate(result, era, *relayed);
    empty.body = std::move(result);
    co_return empty;
  }
  model::Call call = call_of(environment_.hub, request, rpc);
  call.solution = mount.entry->solution->id;
  if (call.depth >= hub::kCallDepthMax) {
    co_return outcome_of(
        make_error(Reason::rate_limited,
                   std::format("the call went through {} hubs already", call.depth)),
        era);
  }
  auto admitted = environment_.hub.admit(request.principal, mount.entry, nullptr);
  if (!admitted) co_return outcome_of(admitted.error(), era);
  hub::CallContext context =
      environment_.hub.context(request.exchange.executor(), request.exchange.gone(), call);
  LinkRequest sent = request_of(rpc, call);
  auto result = co_await ask_server(*client->link(), std::move(sent), context);
  admitted->ended(result ? nullptr : &result.error());
  if (!result) co_return refusal_of(result.error(), rpc, era);
  Outcome outcome;
  if (json::string_at(*result, "resultType") == "input_required") {
    const Error error = make_error(Reason::unsupported,
                                   "the server asks for input here, which the bridge cannot carry");
    outcome.body = rpc_error_of(error);
    co_return outcome;
  }
  translate(*result, era, *relayed);
  outcome.body = *std::move(result);
  co_return outcome;
}

}  // namespace weft::adapters::mcp

#include "weft/adapters/mcp/server.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"

namespace weft::adapters::mcp {

namespace {

/// What the list of tools is made of: a change of anything else tells nobody.
std::uint64_t fingerprint(const hub::Snapshot& snapshot) {
  std::uint64_t sum = 0;
  for (const auto& entry : snapshot.entries) {
    sum = sum * 1'099'511'628'211ULL + reinterpret_cast<std::uintptr_t>(entry->solution.get());
  }
  return sum;
}

bool media_is_json(std::string_view type) {
  constexpr std::string_view kJson = "application/json";
  if (type.size() < kJson.size() || !wire::same_name(type.substr(0, kJson.size()), kJson))
    return false;
  return type.size() == kJson.size() || type[kJson.size()] == ';' || type[kJson.size()] == ' ';
}

/// Modern requests say so in `_meta` or in the header; initialize and what follows in its session
/// do not.
Era era_of(const wire::Headers& headers, const wire::JsonRpcMessage& message) {
  if (const auto* rpc = std::get_if<wire::JsonRpcRequest>(&message)) {
    const json::object* meta = json::object_at(rpc->params, "_meta");
    if (meta != nullptr && meta->contains(kMetaVersion)) return Era::modern;
    if (rpc->method == "initialize") return Era::legacy;
    if (rpc->method == "server/discover" || rpc->method == "subscriptions/listen")
      return Era::modern;
  }
  if (headers.has(kHeaderSession)) return Era::legacy;
  const std::string_view version = headers.get(kHeaderVersion);
  return version.empty() || is_legacy_version(version) ? Era::legacy : Era::modern;
}

}  // namespace

Server::Server(Environment& environment)
    : environment_(environment),
      sessions_(environment.hub.clock(), environment.hub.random()),
      sealer_(environment.hub.random()) {}

std::shared_ptr<Server> Server::create(Environment& environment) {
  std::shared_ptr<Server> server(new Server(environment));
  std::weak_ptr<Server> weak = server;
  auto last = std::make_shared<std::atomic<std::uint64_t>>(0);
  environment.hub.registry().on_change([weak, last](const hub::Snapshot& snapshot) {
    const std::uint64_t now = fingerprint(snapshot);
    auto self = weak.lock();
    if (!self || last->exchange(now) == now) return;
    self->listeners_.changed();
    const std::string text = notification_text("notifications/tools/list_changed", {});
    for (const auto& session : self->sessions_.all()) {
      if (session->initialized && !session->facts().passed_through)
        session->general()->append(text);
    }
  });
  return server;
}

void Server::refuse(net::Exchange& exchange, int status, wire::JsonRpcError error) {
  wire::ResponseHead head;
  head.status = status;
  head.headers.add("Content-Type", "application/json");
  if (status == 405) head.headers.add("Allow", "POST");
  std::string body = error_message(json::value(), error);
  (void)exchange.respond(std::move(head), body);
}

void Server::refuse(net::Exchange& exchange, const Error& error) {
  wire::ResponseHead head;
  head.status = http_status(error);
  head.headers.add("Content-Type", "application/json");
  add_error_headers(head.headers, error);
  wire::JsonRpcError rpc = rpc_error_of(error);
  std::string body = error_message(json::value(), rpc);
  (void)exchange.respond(std::move(head), body);
}

void Server::accept(net::Exchange& exchange) {
  wire::ResponseHead head;
  head.status = 202;
  std::string none;
  (void)exchange.respond(std::move(head), none);
}

Result<Mount> Server::mount_of(const Request& request) const {
  Mount mount;
  if (request.rest.empty()) return mount;
  const std::string& name = request.rest.front();
  const auto snapshot = environment_.hub.registry().snapshot();
  mount.entry = snapshot->find_shared(name);
  const bool allowed = environment_.hub.keys().may_call(request.principal, name);
  if (!mount.entry && allowed && request.rest.size() == 1)
    return fail(hub::missing_solution(*snapshot, name));
  if (!mount.entry || request.rest.size() > 1 || !allowed) {
    return fail(
        Reason::solution_not_found,
        std::format("no solution `{}` has joined; `weft ls` lists them, /mcp shows all", name));
  }
  mount.name = name;
  return mount;
}

Awaitable<> Server::refused(net::Exchange& exchange, int status, wire::JsonRpcError error) {
  refuse(exchange, status, std::move(error));
  co_return;
}

Awaitable<> Server::refused(net::Exchange& exchange, Error error) {
  refuse(exchange, error);
  co_return;
}

Awaitable<> Server::accepted(net::Exchange& exchange) {
  accept(exchange);
  co_return;
}

Awaitable<> Server::handle(Request& request) {
  auto mount = mount_of(request);
  if (!mount) return refused(request.exchange, std::move(mount).error());
  const std::string& method = request.exchange.head().method;
  if (method == "POST") return post(request, *std::move(mount));
  if (method == "GET") return legacy_get(request, *std::move(mount));
  if (method == "DELETE") return legacy_delete(request, *std::move(mount));
  return refused(request.exchange, 405,
                 {wire::kJsonRpcInvalidRequest, "MCP takes POST, GET and DELETE", std::nullopt});
}

Awaitable<> Server::post(Request& request, Mount mount) {
  net::Exchange& exchange = request.exchange;
  if (!media_is_json(exchange.head().headers.get("Content-Type"))) {
    return refused(exchange, make_error(Reason::content_type,
                                        "a message needs Content-Type: application/json"));
  }
  if (auto body = exchange.body_at_hand(kMessageBytesMax))
    return post_body(request, std::move(mount), *std::move(body));
  return post_later(request, std::move(mount));
}

Awaitable<> Server::post_later(Request& request, Mount mount) {
  auto body = co_await request.exchange.read_body(kMessageBytesMax);
  co_await post_body(request, std::move(mount), std::move(body));
}

Awaitable<> Server::post_body(Request& request, Mount mount, Result<std::string> body) {
  net::Exchange& exchange = request.exchange;
  if (!body) return refused(exchange, std::move(body).error());
  auto document = json::parse(*body, kMessageBytesMax);
  if (!document) {
    return refused(exchange, 400,
                   {wire::kJsonRpcParseError, document.error().message, std::nullopt});
  }
  auto message = wire::read_jsonrpc(*std::move(document));
  if (!message) {
    return refused(exchange, 400,
                   {wire::kJsonRpcInvalidRequest, message.error().message, std::nullopt});
  }
  const Era era = era_of(exchange.head().headers, *message);
  if (may_pass(mount)) {
    return pass_or_serve(request, std::move(mount), era, *std::move(body), *std::move(message));
  }
  return serve_message(request, std::move(mount), era, *std::move(message));
}

Awaitable<> Server::pass_or_serve(Request& request, Mount mount, Era era, std::string body,
                                  wire::JsonRpcMessage message) {
  const bool passed = co_await pass_through(request, mount, era, body, &message);
  if (!passed) co_await serve_message(request, std::move(mount), era, std::move(message));
}

Awaitable<> Server::serve_message(Request& request, Mount mount, Era era,
                                  wire::JsonRpcMessage message) {
  if (era == Era::modern) return modern_post(request, std::move(mount), std::move(message));
  return legacy_post(request, std::move(mount), std::move(message));
}

}  // namespace weft::adapters::mcp

#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"

namespace weft::adapters::admin {
namespace {

json::object describe(const hub::KeyInfo& key) {
  json::object out;
  out["id"] = key.id.str();
  out["name"] = key.name;
  out["admin"] = key.admin;
  out["created"] = to_rfc3339(key.created_ms);
  out["revoked"] = key.revoked_ms ? json::value(to_rfc3339(*key.revoked_ms)) : json::value(nullptr);
  json::array solutions;
  for (const auto& id : key.solutions) solutions.emplace_back(id);
  out["solutions"] = std::move(solutions);
  out["aws_access_key_id"] = key.access_key;
  return out;
}

Awaitable<> make(Environment& environment, Request& request) {
  auto body = co_await read_object(request.exchange);
  if (!body) co_return answer_error(request.exchange, body.error());
  auto wanted = read_key(*body);
  if (!wanted) co_return answer_error(request.exchange, wanted.error());
  auto made = co_await environment.hub.keys().make(std::move(wanted->name), wanted->admin,
                                                   std::move(wanted->solutions));
  if (!made) co_return answer_error(request.exchange, made.error());
  json::object out = describe(made->info);
  out["secret"] = made->secret;
  out["aws_secret_access_key"] = made->aws_secret;
  answer(request.exchange, 201, std::move(out));
}

}  // namespace

Awaitable<> handle_keys(Environment& environment, Request& request) {
  const std::string& method = request.exchange.head().method;
  if (request.rest.empty() && method == "GET") {
    json::array keys;
    for (const auto& key : environment.hub.keys().list()) keys.push_back(describe(key));
    json::object body;
    body["keys"] = std::move(keys);
    co_return answer(request.exchange, 200, std::move(body));
  }
  if (request.rest.empty() && method == "POST") co_return co_await make(environment, request);
  if (request.rest.size() == 1 && method == "DELETE") {
    KeyId id(request.rest.front());
    auto revoked = co_await environment.hub.keys().revoke(std::move(id));
    if (!revoked) co_return answer_error(request.exchange, revoked.error());
    json::object body;
    body["revoked"] = request.rest.front();
    co_return answer(request.exchange, 200, std::move(body));
  }
  answer_error(request.exchange, wrong_method(request, "GET, POST, and DELETE keys/ID"));
}

}  // namespace weft::adapters::admin

#include "weft/adapters/openai/server.h"

#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/openai/client.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/pass_through.h"

namespace weft::adapters::openai {
namespace {

void refuse(net::Exchange& exchange, const Error& error) {
  Error copy = error;
  respond_error(exchange, std::move(copy), "");
}

/// The server behind a model name, when the skill is its own.
std::shared_ptr<OpenAiService> direct_service(const hub::ModelRef& target, model::Shape shape) {
  if (!target.ref.skill || target.ref.skill->shape != shape) return nullptr;
  if (target.ref.entry->solution->protocol != "openai") return nullptr;
  return std::dynamic_pointer_cast<OpenAiService>(target.ref.entry->service);
}

/// /v1/embeddings names a model; what is meant of a solution is its skill that embeds.
void prefer_embed(hub::ModelRef& target) {
  if (target.ref.skill && target.ref.skill->shape == model::Shape::embed) return;
  for (const auto& skill : target.ref.entry->solution->skills) {
    if (skill.shape == model::Shape::embed) target.ref.skill = &skill;
  }
}

Awaitable<> refused(net::Exchange& exchange, Error error) {
  respond_error(exchange, std::move(error), "");
  co_return;
}

Result<hub::ModelRef> find_target(Environment& environment, const Scanned& scanned,
                                  model::Shape shape) {
  const auto snapshot = environment.hub.registry().snapshot();
  WEFT_TRY(hub::ModelRef target, hub::find_model(*snapshot, scanned.model));
  if (shape != model::Shape::embed) return target;
  prefer_embed(target);
  if (target.ref.skill && target.ref.skill->shape == model::Shape::embed) return target;
  return fail(make_argument_error(
      "/model", std::format("the model `{}` makes no embeddings", scanned.model)));
}

/// What becomes of a request whose body is here. No coroutine of its own: the hot path has few.
Awaitable<> serve_body(Environment& environment, Request& request, model::Shape shape,
                       std::string_view path, Result<std::string> body) {
  auto scanned = body ? scan_request(*body) : std::unexpected(body.error());
  auto target =
      scanned ? find_target(environment, *scanned, shape) : std::unexpected(scanned.error());
  if (!target) return refused(request.exchange, std::move(target).error());
  auto service = direct_service(*target, shape);
  if (service) {
    auto name = service->model_for(target->upstream_model);
    if (!name) return refused(request.exchange, std::move(name).error());
    return pass_through(environment, request,
                        Passage{.entry = target->ref.entry,
                                .skill = target->ref.skill,
                                .service = std::move(service),
                                .model = *std::move(name),
                                .path = path,
                                .body = *std::move(body),
                                .scanned = *std::move(scanned)});
  }
  if (shape == model::Shape::embed) {
    return serve_translated_embeddings(environment, request, *std::move(body), *std::move(target));
  }
  return serve_translated_chat(environment, request, *std::move(body), *std::move(target));
}

Awaitable<> serve_later(Environment& environment, Request& request, model::Shape shape,
                        std::string_view path) {
  auto body = co_await request.exchange.read_body(kRequestBytesMax);
  co_await serve_body(environment, request, shape, path, std::move(body));
}

Awaitable<> serve_completion(Environment& environment, Request& request, model::Shape shape,
                             std::string_view path) {
  net::Exchange& exchange = request.exchange;
  if (exchange.head().method != "POST" || !request.rest.empty()) {
    return refused(exchange,
                   make_error(Reason::unsupported,
                              std::format("{} {} is not served: POST /v1{}", exchange.head().method,
                                          exchange.head().path(), path)));
  }
  if (auto body = exchange.body_at_hand(kRequestBytesMax))
    return serve_body(environment, request, shape, path, *std::move(body));
  return serve_later(environment, request, shape, path);
}

json::object model_json(std::string_view name, std::string_view owner) {
  return {{"id", name}, {"object", "model"}, {"created", 0}, {"owned_by", owner}};
}

Result<json::object> models_document(Environment& environment, const Request& request) {
  const auto snapshot = environment.hub.registry().snapshot();
  std::string wanted;
  for (const auto& segment : request.rest) wanted += (wanted.empty() ? "" : "/") + segment;
  json::array data;
  for (const auto& model : hub::model_names(*snapshot)) {
    if (!environment.hub.keys().may_call(request.principal, model.solution)) continue;
    auto entry = model_json(model.name, model.solution);
    if (model.name == wanted) return entry;
    data.push_back(std::move(entry));
  }
  if (wanted.empty()) return json::object{{"object", "list"}, {"data", std::move(data)}};
  // A name that is not listed may still be understood: an upstream's model, an alias.
  WEFT_TRY(const auto found, hub::find_model(*snapshot, wanted));
  return model_json(wanted, found.ref.entry->solution->id.str());
}

Awaitable<> serve_models(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  const bool get = exchange.head().method == "GET";
  auto document = get ? models_document(environment, request)
                      : fail(Reason::unsupported, "only GET is served at /v1/models");
  if (!document) {
    respond_error(exchange, document.error(), "");
    co_return;
  }
  json::value answer(std::move(*document));
  wire::Headers headers;
  (void)respond_json(exchange, 200, answer, std::move(headers));
}

Awaitable<> serve_other(Request& request) {
  net::Exchange& exchange = request.exchange;
  auto error = make_error(
      Reason::unsupported,
      std::format("{} is not served: weft serves /v1/chat/completions, /v1/embeddings and "
                  "/v1/models",
                  exchange.head().path()));
  respond_error(exchange, std::move(error), "");
  co_return;
}

}  // namespace

int openai_status(const Error& error) {
  if (error.reason == Reason::solution_failed)
    return error.upstream_status >= 400 ? error.upstream_status : 500;
  return http_status(error);
}

void respond_error(net::Exchange& exchange, Error error, std::string id) {
  wire::Headers headers;
  add_error_headers(headers, error);
  if (!id.empty()) headers.set("x-request-id", id);
  // The SDKs repeat every 5xx on their own unless told not to.
  if (!error.retryable) headers.set("x-should-retry", "false");
  json::value body(error_json(error));
  const int status = openai_status(error);
  (void)respond_json(exchange, status, body, std::move(headers));
}

std::vector<Route> make_routes(Environment& environment) {
  std::vector<Route> routes;
  const auto add = [&](std::string prefix, RouteHandler handler) {
    Route route;
    route.prefix = std::move(prefix);
    route.handler = std::move(handler);
    route.refuse = refuse;
    routes.push_back(std::move(route));
  };
  Environment* env = &environment;
  add("/v1/chat/completions", [env](Request& request) {
    return serve_completion(*env, request, model::Shape::converse, "/chat/completions");
  });
  add("/v1/embeddings", [env](Request& request) {
    return serve_completion(*env, request, model::Shape::embed, "/embeddings");
  });
  add("/v1/models", [env](Request& request) { return serve_models(*env, request); });
  add("/v1", [](Request& request) { return serve_other(request); });
  return routes;
}

Adapter adapter() {
  Adapter out;
  out.name = "openai";
  out.protocol = [](Environment& environment) { return make_protocol(environment); };
  out.routes = [](Environment& environment) { return make_routes(environment); };
  return out;
}

}  // namespace weft::adapters::openai

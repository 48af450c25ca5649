#include "weft/adapters/openai/server.h"

#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/openai/client.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/pass_through.h"
#include "weft/hub/approval.h"

namespace weft::adapters::openai {
namespace {

/// The server behind a model name, when the skill is its own and nobody is asked before it is
/// called.
std::shared_ptr<OpenAiService> direct_service(const hub::ModelRef& target, model::Shape shape) {
  if (!target.ref.skill || target.ref.skill->shape != shape) return nullptr;
  if (target.ref.entry->solution->protocol != "openai") return nullptr;
  const hub::Entry& entry = *target.ref.entry;
  if (hub::asks_first(entry.request, *entry.solution, *target.ref.skill)) return nullptr;
  return std::dynamic_pointer_cast<OpenAiService>(target.ref.entry->service);
}

/// /v1/embeddings names a model; what is meant of a solution is its skill that embeds.
void prefer_embed(hub::ModelRef& target) {
  if (target.ref.skill && target.ref.skill->shape == model::Shape::embed) return;
  for (const auto& skill : target.ref.entry->solution->skills) {
    if (skill.shape == model::Shape::embed) target.ref.skill = &skill;
  }
}

Awaitable<> refused(Environment& environment, net::Exchange& exchange, Error error) {
  respond_error(exchange, std::move(error), make_request_id(environment));
  co_return;
}

Result<hub::ModelRef> find_target(Environment& environment, const model::Principal& principal,
                                  const Scanned& scanned, model::Shape shape) {
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), principal};
  WEFT_TRY(hub::ModelRef target, hub::find_model(*snapshot, scanned.model, &audience));
  if (shape == model::Shape::embed) prefer_embed(target);
  const auto* skill = target.ref.skill;
  if (skill && (shape != model::Shape::embed || skill->shape == shape)) return target;
  // No call follows that would ask for the permission.
  const std::string& solution = target.ref.entry->solution->id.str();
  if (!audience.may_know(solution)) return fail(hub::may_not_call(principal, solution));
  if (shape != model::Shape::embed) return target;
  return fail(make_argument_error(
      "/model", std::format("the model `{}` makes no embeddings", scanned.model)));
}

/// What becomes of a request whose body is here. No coroutine of its own: the hot path has few.
Awaitable<> serve_body(Door& door, Request& request, model::Shape shape, std::string_view path,
                       Result<std::string> body) {
  Environment& environment = door.environment;
  auto scanned = body ? scan_request(*body) : std::unexpected(body.error());
  auto target = scanned ? find_target(environment, request.principal, *scanned, shape)
                        : std::unexpected(scanned.error());
  if (!target) return refused(environment, request.exchange, std::move(target).error());
  auto service = direct_service(*target, shape);
  if (service) {
    auto name = service->model_for(target->upstream_model);
    if (!name) return refused(environment, request.exchange, std::move(name).error());
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
  return serve_translated_chat(door, request, *std::move(body), *std::move(target));
}

Awaitable<> serve_later(Door& door, Request& request, model::Shape shape, std::string_view path) {
  auto body = co_await request.exchange.read_body(kRequestBytesMax);
  co_await serve_body(door, request, shape, path, std::move(body));
}

Awaitable<> serve_completion(Door& door, Request& request, model::Shape shape,
                             std::string_view path) {
  net::Exchange& exchange = request.exchange;
  if (exchange.head().method != "POST" || !request.rest.empty()) {
    return refused(door.environment, exchange,
                   make_error(Reason::unsupported,
                              std::format("{} {} is not served: POST /v1{}", exchange.head().method,
                                          exchange.head().path(), path)));
  }
  if (auto body = exchange.body_at_hand(kRequestBytesMax))
    return serve_body(door, request, shape, path, *std::move(body));
  return serve_later(door, request, shape, path);
}

json::object model_json(std::string_view name, std::string_view owner) {
  return {{"id", name}, {"object", "model"}, {"created", 0}, {"owned_by", owner}};
}

/// What of the registry a caller may know.
hub::Snapshot known_to(const hub::Snapshot& snapshot, const hub::Audience& audience) {
  hub::Snapshot known = snapshot;
  std::erase_if(known.entries,
                [&](const auto& entry) { return !audience.may_know(entry->solution->id.str()); });
  return known;
}

Result<json::object> models_document(Environment& environment, const Request& request) {
  const hub::Audience audience{environment.hub.keys(), request.principal};
  const hub::Snapshot known = known_to(*environment.hub.registry().snapshot(), audience);
  std::string wanted;
  for (const auto& segment : request.rest) wanted += (wanted.empty() ? "" : "/") + segment;
  json::array data;
  for (const auto& model : hub::model_names(known)) {
    auto entry = model_json(model.name, model.solution);
    if (model.name == wanted) return entry;
    data.push_back(std::move(entry));
  }
  if (wanted.empty()) return json::object{{"object", "list"}, {"data", std::move(data)}};
  // A name that is not listed may still be understood: an upstream's model, an alias.
  WEFT_TRY(const auto found, hub::find_model(known, wanted, &audience));
  return model_json(wanted, found.ref.entry->solution->id.str());
}

Awaitable<> serve_models(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  const bool get = exchange.head().method == "GET";
  auto document = get ? models_document(environment, request)
                      : fail(Reason::unsupported, "only GET is served at /v1/models");
  std::string id = make_request_id(environment);
  if (!document) {
    respond_error(exchange, document.error(), std::move(id));
    co_return;
  }
  json::value answer(std::move(*document));
  wire::Headers headers;
  headers.set("x-request-id", id);
  (void)respond_json(exchange, 200, answer, std::move(headers));
}

Awaitable<> serve_other(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  return refused(
      environment, exchange,
      make_error(Reason::unsupported,
                 std::format("{} is not served: weft serves /v1/chat/completions, /v1/embeddings "
                             "and /v1/models",
                             exchange.head().path())));
}

}  // namespace

int openai_status(const Error& error) {
  if (error.reason == Reason::solution_failed)
    return error.upstream_status >= 400 ? error.upstream_status : 500;
  return http_status(error);
}

std::string make_request_id(Environment& environment) {
  return make_ulid(environment.hub.clock().unix_ms(), environment.hub.random());
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
  auto* env = &environment;
  const auto add = [&](std::string prefix, RouteHandler handler) {
    Route route;
    route.prefix = std::move(prefix);
    route.handler = std::move(handler);
    route.refuse = [env](net::Exchange& exchange, const Error& error) {
      respond_error(exchange, error, make_request_id(*env));
    };
    routes.push_back(std::move(route));
  };
  auto door = std::make_shared<Door>(environment);
  add("/v1/chat/completions", [door](Request& request) {
    return serve_completion(*door, request, model::Shape::converse, "/chat/completions");
  });
  add("/v1/embeddings", [door](Request& request) {
    return serve_completion(*door, request, model::Shape::embed, "/embeddings");
  });
  add("/v1/models", [env](Request& request) { return serve_models(*env, request); });
  add("/v1", [env](Request& request) { return serve_other(*env, request); });
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

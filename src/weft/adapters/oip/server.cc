#include "weft/adapters/oip/server.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/oip/client.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/hub/approval.h"
#include "weft/wire/inflate.h"

namespace weft::adapters::oip {
namespace {

Awaitable<> refused(net::Exchange& exchange, Error error) {
  respond_error(exchange, error);
  co_return;
}

Awaitable<> answered(net::Exchange& exchange, int status, json::value body) {
  wire::Headers headers;
  (void)respond_json(exchange, status, body, std::move(headers));
  co_return;
}

Error unserved(std::string message) { return make_error(Reason::unsupported, std::move(message)); }

bool is_ready(const hub::Entry& entry) {
  const auto* model = dynamic_cast<const ml::Inferring*>(entry.service.get());
  if (model != nullptr) return model->about() != nullptr;
  return entry.counters->health.load(std::memory_order_relaxed) != hub::Health::down;
}

// ---- what a path asks for

/// A path below /v2/models: `NAME[/versions/VERSION][/OPERATION]`.
struct ModelPath {
  std::string name;
  std::string version;
  std::string operation;  ///< empty: the metadata
};

Result<ModelPath> read_path(const Request& request) {
  const auto& rest = request.rest;
  ModelPath out;
  out.name = rest[1];
  std::size_t at = 2;
  if (rest.size() > at + 1 && rest[at] == "versions") {
    out.version = rest[at + 1];
    at += 2;
  }
  if (rest.size() > at) out.operation = rest[at++];
  if (rest.size() > at || out.name.size() > kModelNameCharsMax) {
    return fail(Reason::solution_not_found,
                std::format("nothing is served at {}", request.exchange.head().path()));
  }
  return out;
}

Result<Asked> find(Environment& environment, Request& request, ModelPath path) {
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), request.principal};
  WEFT_TRY(auto ref, find_model(*snapshot, path.name, audience));
  const model::Solution& solution = *ref.entry->solution;
  if (!path.version.empty() && path.version != version_of(solution)) {
    return fail(Reason::solution_not_found,
                std::format("the model `{}` has the version {}, not {}", path.name,
                            version_of(solution), path.version));
  }
  Asked out{.environment = environment,
            .request = request,
            .name = std::move(path.name),
            .ref = std::move(ref)};
  const hub::Entry& entry = *out.ref.entry;
  if (!hub::asks_first(entry.request, solution, *out.ref.skill))
    out.deployed = dynamic_cast<ml::Inferring*>(entry.service.get());
  return out;
}

// ---- the operations

Awaitable<> serve_metadata(const Asked& asked) {
  const ModelView view = view_of(asked);
  return answered(
      asked.request.exchange, 200,
      metadata_json(view, *asked.ref.skill, asked.name, version_of(*asked.ref.entry->solution)));
}

Awaitable<> serve_ready(const Asked& asked) {
  const bool ready = is_ready(*asked.ref.entry);
  return answered(asked.request.exchange, ready ? 200 : 503,
                  json::object{{"name", asked.name}, {"ready", ready}});
}

Awaitable<> serve_infer(Asked asked) {
  if (asked.deployed != nullptr) return serve_deployed(std::move(asked));
  if (auto passed = pass_through(asked)) return *std::move(passed);
  return serve_translated(std::move(asked));
}

Awaitable<> serve_get(const Asked& asked, const std::string& operation) {
  if (operation.empty()) return serve_metadata(asked);
  if (operation == "ready") return serve_ready(asked);
  return refused(asked.request.exchange,
                 unserved(std::format("GET …/{} is not served: GET a model or its /ready, POST its "
                                      "/infer",
                                      operation)));
}

Awaitable<> serve_model(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  auto path = read_path(request);
  if (!path) return refused(exchange, std::move(path).error());
  const std::string operation = path->operation;
  const std::string& method = exchange.head().method;
  auto asked = find(environment, request, *std::move(path));
  if (!asked) return refused(exchange, std::move(asked).error());
  if (method == "GET" || method == "HEAD") return serve_get(*asked, operation);
  if (method == "POST" && operation == "infer") return serve_infer(*std::move(asked));
  if (method == "POST" && operation == "generate") return serve_generate(*std::move(asked), false);
  if (method == "POST" && operation == "generate_stream")
    return serve_generate(*std::move(asked), true);
  return refused(exchange,
                 unserved(std::format("{} …/{} is not served: POST a model's /infer, /generate or "
                                      "/generate_stream",
                                      method, operation)));
}

/// What one may call, by name.
template <class Take>
void each_model(Environment& environment, const Request& request, Take take) {
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), request.principal};
  for (const auto& entry : snapshot->entries) {
    if (!audience.may_know(entry->solution->id.str())) continue;
    for (const auto& skill : entry->solution->skills) take(*entry, skill);
  }
}

Awaitable<> serve_names(Environment& environment, Request& request) {
  json::array names;
  each_model(environment, request, [&](const hub::Entry& entry, const model::Skill& skill) {
    names.emplace_back(model_name(*entry.solution, skill));
  });
  return answered(request.exchange, 200, json::object{{"models", std::move(names)}});
}

Awaitable<> serve_index(Environment& environment, Request& request) {
  auto body = co_await read_request_body(request.exchange, kMetadataBytesMax);
  if (!body) co_return respond_error(request.exchange, body.error());
  const auto parsed = json::parse(body->empty() ? "{}" : *body);
  const json::object* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) {
    co_return respond_error(request.exchange,
                            make_error(Reason::invalid_argument, "the body must be a JSON object"));
  }
  const bool only_ready = json::bool_at(*o, "ready").value_or(false);
  json::array list;
  each_model(environment, request, [&](const hub::Entry& entry, const model::Skill& skill) {
    const bool ready = is_ready(entry);
    if (only_ready && !ready) return;
    list.emplace_back(json::object{{"name", model_name(*entry.solution, skill)},
                                   {"version", version_of(*entry.solution)},
                                   {"state", ready ? "READY" : "UNAVAILABLE"},
                                   {"reason", ready ? "" : "it does not answer"}});
  });
  const json::value answer(std::move(list));
  (void)respond_json(request.exchange, 200, answer, {});
}

Awaitable<> serve_repository(Environment& environment, Request& request) {
  const auto& rest = request.rest;
  const std::string& method = request.exchange.head().method;
  if (rest.size() == 2 && rest[1] == "index" && method == "POST")
    return serve_index(environment, request);
  const std::string_view last = rest.empty() ? std::string_view() : std::string_view(rest.back());
  if (last == "load" || last == "unload") {
    return refused(request.exchange,
                   unserved(std::format("{} is not served: deploy models with `weft deploy` or "
                                        "SageMaker's CreateEndpoint, and take them away with "
                                        "DeleteEndpoint",
                                        last)));
  }
  return refused(request.exchange,
                 unserved("of the repository only POST /v2/repository/index is served"));
}

json::object server_metadata() {
  return {{"name", kServerName},
          {"version", WEFT_VERSION},
          {"extensions",
           json::array{"binary_tensor_data", "model_repository(index)", "generate", "parameters"}}};
}

Awaitable<> serve_health(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  const std::string_view word = request.rest.empty() ? std::string_view() : request.rest[0];
  if (word == "live") return answered(exchange, 200, json::object{{"live", true}});
  if (word == "ready") {
    const bool ready = !environment.ready || environment.ready();
    return answered(exchange, ready ? 200 : 503, json::object{{"ready", ready}});
  }
  return refused(exchange, make_error(Reason::solution_not_found,
                                      "of the health only /v2/health/live and /v2/health/ready "
                                      "are served"));
}

Awaitable<> serve(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  const auto& rest = request.rest;
  const bool get = exchange.head().method == "GET" || exchange.head().method == "HEAD";
  if (rest.empty() && get) return answered(exchange, 200, server_metadata());
  if (!rest.empty() && rest[0] == "repository") return serve_repository(environment, request);
  if (!rest.empty() && rest[0] == "models") {
    if (rest.size() > 1) return serve_model(environment, request);
    if (get) return serve_names(environment, request);
  }
  return refused(exchange, unserved(std::format("{} {} is not served: GET /v2, /v2/health/live, "
                                                "/v2/health/ready, /v2/models/NAME; POST "
                                                "/v2/models/NAME/infer, /v2/repository/index",
                                                exchange.head().method, exchange.head().path())));
}

}  // namespace

bool packed(const net::Exchange& exchange) {
  const std::string_view encoding = exchange.head().headers.get("Content-Encoding");
  return !encoding.empty() && !wire::same_name(encoding, "identity");
}

Awaitable<Result<std::string>> read_request_body(net::Exchange& exchange, std::size_t bytes_max) {
  if (!packed(exchange)) co_return co_await exchange.read_body(bytes_max);
  const std::size_t unpacked_max = std::min(bytes_max, kUnpackedBytesMax);
  WEFT_CO_TRY(const std::string body, co_await exchange.read_body(unpacked_max));
  co_return wire::inflate(body, unpacked_max);
}

ModelView view_of(const Asked& asked) {
  const auto* model = dynamic_cast<const ml::Inferring*>(asked.ref.entry->service.get());
  if (model == nullptr) return view_of(*asked.ref.skill, nullptr);
  const auto about = model->about();
  static const json::object kNothing;
  return view_of(*asked.ref.skill, about ? &about->about : &kNothing);
}

Result<std::optional<std::size_t>> json_length_of(const wire::Headers& headers) {
  const std::string_view text = headers.get(kJsonLengthHeader);
  if (text.empty()) return std::nullopt;
  const auto length = wire::oip_json_bytes(text);
  if (length) return length;
  return fail(Reason::invalid_argument, std::format("{} is no length", kJsonLengthHeader));
}

void respond_body(net::Exchange& exchange, const wire::OipBody& body,
                  const std::vector<model::Loss>& losses) {
  wire::ResponseHead head;
  head.headers.add("Content-Type",
                   body.json_bytes ? "application/octet-stream" : "application/json");
  if (body.json_bytes) head.headers.add(kJsonLengthHeader, std::to_string(*body.json_bytes));
  if (!losses.empty()) head.headers.set("Weft-Loss", model::summary(losses));
  (void)exchange.respond(std::move(head), body.body);
}

std::vector<Route> make_routes(Environment& environment) {
  Route models;
  models.prefix = "/v2";
  models.handler = [&environment](Request& request) { return serve(environment, request); };
  models.refuse = respond_error;
  models.packed_body = true;
  Route health;
  health.prefix = "/v2/health";
  health.handler = [&environment](Request& request) { return serve_health(environment, request); };
  health.refuse = respond_error;
  // What asks whether it lives holds no key.
  health.open = true;
  std::vector<Route> out;
  out.push_back(std::move(models));
  out.push_back(std::move(health));
  return out;
}

Adapter adapter() {
  Adapter out;
  out.name = "oip";
  out.protocol = [](Environment& environment) { return make_protocol(environment); };
  out.routes = [](Environment& environment) { return make_routes(environment); };
  return out;
}

}  // namespace weft::adapters::oip

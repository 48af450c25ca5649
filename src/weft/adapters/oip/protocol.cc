// Detection and joining of servers of the Open Inference Protocol.
#include <algorithm>
#include <format>

#include "weft/adapters/oip/answers.h"
#include "weft/adapters/oip/client.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/base/grpc_url.h"
#include "weft/base/log.h"
#include "weft/base/task_group.h"

namespace weft::adapters::oip {
namespace {

/// The body of a 200; else what was answered, in words.
Awaitable<Result<std::string>> fetch(net::HttpClients& clients, hub::JoinRequest request, Way way,
                                     std::string method, std::string target,
                                     hub::CallContext context) {
  WEFT_CO_TRY(auto to_send, request_by(way, request, method, target, context));
  to_send.headers.set("Accept", "application/json");
  if (method == "POST") {
    to_send.headers.set("Content-Type", "application/json");
    to_send.body = "{}";
  }
  WEFT_CO_TRY(auto response,
              co_await clients.at(context.executor).send(std::move(to_send), context.cancel));
  const int status = response->head().status;
  if (status == 200) co_return co_await response->read_all(kMetadataBytesMax);
  Error error = make_error(Reason::upstream_protocol, std::format("{}", status));
  error.upstream_status = status;
  if (way.place.grpc) {
    // A status of gRPC has words.
    const std::string body = co_await read_beginning(*response);
    error.message = read_error(status, response->head().headers, body).message;
  }
  co_return fail(std::move(error));
}

Awaitable<Result<ServerAbout>> fetch_server(net::HttpClients& clients, hub::JoinRequest request,
                                            Way way, hub::CallContext context) {
  const bool grpc = way.place.grpc;
  WEFT_CO_TRY(const std::string body,
              co_await fetch(clients, std::move(request), std::move(way), "GET", "/v2", context));
  auto out = read_server(body);
  if (out) {
    out->grpc = grpc;
  } else {
    out.error().upstream_status = 200;
  }
  co_return out;
}

std::unexpected<Error> no_list(const Way& way, const Error& index, const Error& list) {
  if (way.place.grpc) {
    return fail(Reason::upstream_protocol,
                std::format("the server does not say which models it has (RepositoryIndex: {}); "
                            "name one in the URL: {}/v2/models/NAME",
                            index.message, way.place.str()));
  }
  return fail(Reason::upstream_protocol,
              std::format("the server does not say which models it has (POST "
                          "/v2/repository/index: {}; GET /v2/models: {}); name one in the URL: "
                          "…/v2/models/NAME",
                          index.message, list.message));
}

/// The index of the repository, or where there is none KServe's list.
Awaitable<Result<std::vector<std::string>>> fetch_names(net::HttpClients& clients,
                                                        hub::JoinRequest request, Way way,
                                                        hub::CallContext context) {
  auto body = co_await fetch(clients, request, way, "POST", "/v2/repository/index", context);
  if (body) co_return read_names(*body);
  auto other = co_await fetch(clients, std::move(request), way, "GET", "/v2/models", context);
  if (other) co_return read_names(*other);
  co_return no_list(way, body.error(), other.error());
}

/// Models whose metadata are asked for at the same time.
struct Asking {
  net::HttpClients& clients;
  hub::JoinRequest request;
  Way way;
  hub::CallContext context;
  std::vector<std::string> names;
  std::size_t next = 0;
  Reading reading;
  std::string failures;
};

Awaitable<> ask_some(Asking& asking) {
  while (asking.next < asking.names.size()) {
    const std::string name = asking.names[asking.next++];
    auto body = co_await fetch(asking.clients, asking.request, asking.way, "GET",
                               "/v2/models/" + percent_encode(name), asking.context);
    auto model = body ? read_model(*body, asking.reading.server) : fail(std::move(body).error());
    if (!model) {
      asking.failures +=
          std::format("{}{}: {}", asking.failures.empty() ? "" : "; ", name, model.error().message);
      continue;
    }
    // What is asked for later is what was listed, whatever a model calls itself.
    model->name = name;
    model->skill.id = SkillId(name);
    asking.reading.models.insert_or_assign(name, *std::move(model));
  }
}

/// Errors that say that something answered, which does not speak HTTP/1.
bool speaks_otherwise(const Error& error) {
  return error.reason == Reason::upstream_protocol && error.upstream_status == 0;
}

class OipProtocol final : public hub::Protocol {
 public:
  explicit OipProtocol(Environment& environment) : environment_(environment) {}

  std::string_view name() const override { return "oip"; }
  bool takes(std::string_view url) const override {
    return is_grpc_url(url) || Protocol::takes(url);
  }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override {
    hub::Finding finding;
    const auto place = read_place(request.url);
    if (!place) {
      finding.tried = place.error().message;
      co_return finding;
    }
    const std::string given = request.url;
    auto found = co_await ask(request, *place, context, finding);
    // gRPC alone, at a URL that did not say so.
    const bool again = !found && !place->grpc && speaks_otherwise(found.error());
    const Place other = by_grpc(*place);
    if (again) found = co_await ask(std::move(request), other, context, finding);
    if (!found) co_return finding;
    finding.spoken = true;
    finding.confidence = confidence_of(again ? other : *place, *found);
    finding.protocol_version = "v2";
    finding.url = again ? grpc_url(other) : given;
    finding.how = std::format("{} gave the metadata of an inference server \"{} {}\"",
                              asked_of(again ? other : *place), found->name, found->version);
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override {
    if (!finding.url.empty()) request.url = finding.url;
    WEFT_CO_TRY(Place place, read_place(request.url));
    WEFT_CO_TRY(Way way, co_await way_to(std::move(place)));
    WEFT_CO_TRY(Reading reading, co_await read_all(environment_.clients, request, way, context));
    hub::Joined joined;
    joined.solution = describe(way.place, reading.server, reading.models);
    joined.service = std::make_shared<OipService>(environment_.clients, std::move(request),
                                                  std::move(way), std::move(reading));
    co_return joined;
  }

 private:
  /// Another weft has richer doors, which are meant unless this one is named.
  static double confidence_of(const Place& place, const ServerAbout& server) {
    if (place.named) return 1;
    return server.name == kServerName ? 0.5 : 0.95;
  }

  /// What was asked, for people.
  static std::string asked_of(const Place& place) {
    if (place.grpc) return "ServerMetadata over gRPC";
    return std::format("GET {}/v2", place.base.path == "/" ? "" : place.base.path);
  }

  static std::string grpc_url(const Place& place) {
    if (place.model.empty()) return place.str();
    return std::format("{}/v2/models/{}", place.str(), percent_encode(place.model));
  }

  Awaitable<Result<Way>> way_to(Place place) {
    Way out{.place = std::move(place), .bridge = {}};
    if (!out.place.grpc) co_return out;
    if (!environment_.grpc_bridge)
      co_return fail(Reason::unsupported, "this hub runs without its gRPC bridge");
    WEFT_CO_TRY(out.bridge, co_await environment_.grpc_bridge());
    co_return out;
  }

  /// Notes what was tried where it is nothing.
  Awaitable<Result<ServerAbout>> ask(hub::JoinRequest request, Place place,
                                     hub::CallContext context, hub::Finding& finding) {
    const std::string asked = asked_of(place);
    auto way = co_await way_to(std::move(place));
    Result<ServerAbout> found = fail(Reason::unavailable, "");
    if (way) {
      found =
          co_await fetch_server(environment_.clients, std::move(request), *std::move(way), context);
    } else {
      found = fail(std::move(way).error());
    }
    if (!found) {
      finding.tried +=
          std::format("{}{}: {}", finding.tried.empty() ? "" : "; ", asked, found.error().message);
    }
    co_return found;
  }

  Environment& environment_;
};

}  // namespace

Awaitable<Result<Reading>> read_all(net::HttpClients& clients, hub::JoinRequest request, Way way,
                                    hub::CallContext context) {
  WEFT_CO_TRY(ServerAbout server, co_await fetch_server(clients, request, way, context));
  Asking asking{.clients = clients,
                .request = request,
                .way = way,
                .context = context,
                .names = {},
                .reading = {.server = std::move(server), .models = {}},
                .failures = {}};
  if (way.place.model.empty()) {
    WEFT_CO_TRY(asking.names, co_await fetch_names(clients, request, way, context));
  } else {
    asking.names = {way.place.model};
  }
  TaskGroup group(context.executor);
  const std::size_t beside = std::min(kModelsAtOnce, asking.names.size());
  for (std::size_t i = 0; i < beside; ++i) group.spawn(ask_some(asking));
  co_await group.join();
  if (asking.reading.models.empty()) {
    co_return fail(Reason::upstream_protocol,
                   asking.names.empty()
                       ? std::string("the server lists no models")
                       : std::format("of its models none can be used: {}", asking.failures));
  }
  if (!asking.failures.empty()) log::info("oip: {}: {}", request.url, asking.failures);
  co_return std::move(asking.reading);
}

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment) {
  return std::make_unique<OipProtocol>(environment);
}

}  // namespace weft::adapters::oip

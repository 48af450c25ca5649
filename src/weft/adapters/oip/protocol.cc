// Detection and joining of servers of the Open Inference Protocol.
#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/oip/client.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/base/log.h"
#include "weft/base/task_group.h"

namespace weft::adapters::oip {
namespace {

Url url_below(const Place& place, std::string_view path) {
  const std::string base = place.base.path == "/" ? std::string() : place.base.path;
  return place.base.with_target(base + std::string(path));
}

/// The body of a 200; else what was answered, in words.
Awaitable<Result<std::string>> fetch(net::HttpClients& clients, hub::JoinRequest request,
                                     std::string method, Url url, hub::CallContext context) {
  WEFT_CO_TRY(auto to_send, solution_request(request, method, url, context));
  to_send.headers.set("Accept", "application/json");
  if (method == "POST") {
    to_send.headers.set("Content-Type", "application/json");
    to_send.body = "{}";
  }
  WEFT_CO_TRY(auto response,
              co_await clients.at(context.executor).send(std::move(to_send), context.cancel));
  const int status = response->head().status;
  if (status != 200) {
    co_return fail(Reason::upstream_protocol, std::format("{}", status));
  }
  co_return co_await response->read_all(kMetadataBytesMax);
}

Awaitable<Result<ServerAbout>> fetch_server(net::HttpClients& clients, hub::JoinRequest request,
                                            Place place, hub::CallContext context) {
  Url url = url_below(place, "/v2");
  WEFT_CO_TRY(const std::string body,
              co_await fetch(clients, std::move(request), "GET", std::move(url), context));
  co_return read_server(body);
}

/// The index of the repository, or where there is none KServe's list.
Awaitable<Result<std::vector<std::string>>> fetch_names(net::HttpClients& clients,
                                                        hub::JoinRequest request, Place place,
                                                        hub::CallContext context) {
  Url index = url_below(place, "/v2/repository/index");
  auto body = co_await fetch(clients, request, "POST", std::move(index), context);
  if (!body) {
    Url list = url_below(place, "/v2/models");
    auto other = co_await fetch(clients, std::move(request), "GET", std::move(list), context);
    if (!other) {
      co_return fail(Reason::upstream_protocol,
                     std::format("the server does not say which models it has (POST "
                                 "/v2/repository/index: {}; GET /v2/models: {}); name one in the "
                                 "URL: …/v2/models/NAME",
                                 body.error().message, other.error().message));
    }
    body = std::move(other);
  }
  co_return read_names(*body);
}

/// Models whose metadata are asked for at the same time.
struct Asking {
  net::HttpClients& clients;
  hub::JoinRequest request;
  Place place;
  hub::CallContext context;
  std::vector<std::string> names;
  std::size_t next = 0;
  Reading reading;
  std::string failures;
};

Awaitable<> ask_some(Asking& asking) {
  while (asking.next < asking.names.size()) {
    const std::string name = asking.names[asking.next++];
    Url url = url_below(asking.place, "/v2/models/" + percent_encode(name));
    auto body =
        co_await fetch(asking.clients, asking.request, "GET", std::move(url), asking.context);
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

class OipProtocol final : public hub::Protocol {
 public:
  explicit OipProtocol(Environment& environment) : clients_(environment.clients) {}

  std::string_view name() const override { return "oip"; }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override {
    hub::Finding finding;
    const auto url = parse_url(request.url);
    if (!url) {
      finding.tried = url.error().message;
      co_return finding;
    }
    const Place place = place_of(*url);
    const std::string at = url_below(place, "/v2").path;
    const std::string given = request.url;
    auto server = co_await fetch_server(clients_, std::move(request), place, context);
    if (!server) {
      finding.tried = std::format("GET {}: {}", at, server.error().message);
      co_return finding;
    }
    finding.spoken = true;
    finding.confidence = confidence_of(place, *server);
    finding.protocol_version = "v2";
    finding.url = given;
    finding.how = std::format("GET {} gave the metadata of an inference server \"{} {}\"", at,
                              server->name, server->version);
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override {
    if (!finding.url.empty()) request.url = finding.url;
    WEFT_CO_TRY(const Url url, parse_url(request.url));
    Place place = place_of(url);
    WEFT_CO_TRY(Reading reading, co_await read_all(clients_, request, place, context));
    hub::Joined joined;
    joined.solution = describe(place.base, reading.server, reading.models);
    joined.service = std::make_shared<OipService>(clients_, std::move(request), std::move(place),
                                                  std::move(reading));
    co_return joined;
  }

 private:
  /// Another weft has richer doors, which are meant unless this one is named.
  static double confidence_of(const Place& place, const ServerAbout& server) {
    if (place.named) return 1;
    return server.name == kServerName ? 0.5 : 0.95;
  }

  net::HttpClients& clients_;
};

}  // namespace

Awaitable<Result<Reading>> read_all(net::HttpClients& clients, hub::JoinRequest request,
                                    Place place, hub::CallContext context) {
  WEFT_CO_TRY(ServerAbout server, co_await fetch_server(clients, request, place, context));
  Asking asking{.clients = clients,
                .request = request,
                .place = place,
                .context = context,
                .names = {},
                .reading = {.server = std::move(server), .models = {}},
                .failures = {}};
  if (place.model.empty()) {
    WEFT_CO_TRY(asking.names, co_await fetch_names(clients, request, place, context));
  } else {
    asking.names = {place.model};
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

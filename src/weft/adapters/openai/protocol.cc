// Detection and joining of OpenAI-compatible servers.
#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openai/client.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/models.h"

namespace weft::adapters::openai {
namespace {

/// What GET {base}/models came to.
struct Listing {
  Url base;
  bool marked = false;
  std::vector<std::string> models;
};

class OpenAiProtocol final : public hub::Protocol {
 public:
  explicit OpenAiProtocol(Environment& environment) : clients_(environment.clients) {}

  std::string_view name() const override { return "openai"; }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override {
    hub::Finding finding;
    std::string tried;
    const Url given = parse_url(request.url).value_or(Url());
    auto listing = co_await list(std::move(request), context, tried);
    finding.tried = std::move(tried);
    if (!listing) co_return finding;
    finding.spoken = true;
    finding.confidence = confidence_of(given, listing->base, listing->marked);
    finding.url = listing->base.str();
    finding.protocol_version = "v1";
    finding.how = std::format("GET {}/models gave a list of {} model{}", listing->base.path,
                              listing->models.size(), listing->models.size() == 1 ? "" : "s");
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override {
    if (!finding.url.empty()) request.url = finding.url;
    std::string tried;
    auto listing = co_await list(request, context, tried);
    if (!listing) {
      co_return fail(Reason::upstream_protocol,
                     std::format("no OpenAI model list was found: {}", tried));
    }
    auto service = std::make_shared<OpenAiService>(clients_, std::move(request), listing->base,
                                                   listing->models);
    const bool embeds = co_await has_embeddings(service, listing->models, context);
    service->set_embeds(embeds);
    hub::Joined joined;
    joined.solution = OpenAiService::describe(listing->base, listing->models, embeds);
    joined.service = std::move(service);
    co_return joined;
  }

 private:
  /// Looks under each base URL in turn; `tried` tells how each answered.
  Awaitable<std::optional<Listing>> list(hub::JoinRequest request, hub::CallContext context,
                                         std::string& tried) {
    auto given = parse_url(request.url);
    if (!given) {
      tried = given.error().message;
      co_return std::nullopt;
    }
    for (const Url& base : base_candidates(*given)) {
      auto listing = co_await list_at(request, base, context, tried);
      if (listing) co_return listing;
    }
    co_return std::nullopt;
  }

  Awaitable<std::optional<Listing>> list_at(hub::JoinRequest request, Url base,
                                            hub::CallContext context, std::string& tried) {
    const Url url = base.with_target(base.path + "/models");
    const auto note = [&](std::string_view what) {
      tried += std::format("{}GET {}: {}", tried.empty() ? "" : "; ", url.path, what);
    };
    auto to_send = solution_request(request, "GET", url, context);
    if (!to_send) {
      note(to_send.error().message);
      co_return std::nullopt;
    }
    auto response =
        co_await clients_.at(context.executor).send(std::move(*to_send), context.cancel);
    if (!response) {
      note(response.error().message);
      co_return std::nullopt;
    }
    const int status = (*response)->head().status;
    if (status != 200) {
      note(std::to_string(status));
      co_return std::nullopt;
    }
    auto body = co_await (*response)->read_all(kModelListBytesMax);
    auto models = body ? decode_models(*body) : std::unexpected(body.error());
    if (!models) {
      note("200, but no model list: " + models.error().message);
      co_return std::nullopt;
    }
    note("200");
    co_return Listing{std::move(base), marked_as_list(*body), std::move(*models)};
  }

  /// A model that says so by its name, or an embeddings path that knows what it misses. The body is
  /// empty: nothing is made.
  Awaitable<bool> has_embeddings(std::shared_ptr<OpenAiService> service,
                                 std::vector<std::string> models, hub::CallContext context) {
    const bool named =
        std::ranges::any_of(models, [](const std::string& m) { return m.contains("embed"); });
    if (named) co_return true;
    auto to_send = service->request("POST", "/embeddings", context);
    if (!to_send) co_return false;
    to_send->headers.set("Content-Type", "application/json");
    to_send->body = "{}";
    auto response =
        co_await clients_.at(context.executor).send(std::move(*to_send), context.cancel);
    if (!response) co_return false;
    const int status = (*response)->head().status;
    co_return status == 400 || status == 422;
  }

  net::HttpClients& clients_;
};

}  // namespace

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment) {
  return std::make_unique<OpenAiProtocol>(environment);
}

}  // namespace weft::adapters::openai

#include "weft/adapters/a2a/discovery.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/common/upstream.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kCardPath = "/.well-known/agent-card.json";
constexpr std::string_view kOldCardPath = "/.well-known/agent.json";
constexpr int kRedirectsMax = 3;
/// The card of the host names the URL as one of its agent's own.
constexpr double kConfidenceOfInterface = 0.9;
/// The host has an agent somewhere.
constexpr double kConfidenceOfHost = 0.7;

/// Names by which an agent on this machine calls itself in its card.
bool names_itself(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "0.0.0.0" ||
         host == "::";
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

std::string_view without_slash(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// The URL of an interface: a card that calls its own host by a loopback name on the same port
/// means the named host.
Result<Url> interface_url(const Found& found, const Url& named, const Interface& interface) {
  WEFT_TRY(auto url, found.url.resolve(interface.url));
  const bool itself = !same_origin(url, named) && url.port == named.port && names_itself(url.host);
  if (itself) url = named.with_target(url.target());
  return url;
}

Awaitable<Result<Found>> read_place(net::HttpClient& client, hub::JoinRequest join, Url url,
                                    hub::CallContext context) {
  WEFT_CO_TRY(auto request, solution_request(join, "GET", url, context));
  request.headers.set("Accept", "application/json");
  request.headers.set("A2A-Version", "1.0");
  request.redirects_max = kRedirectsMax;
  WEFT_CO_TRY(auto response, co_await client.send(std::move(request), context.cancel));
  const int status = response->head().status;
  WEFT_CO_TRY(const auto body, co_await response->read_all(kCardBytesMax));
  if (status != 200) co_return fail(Reason::upstream_protocol, std::format("HTTP {}", status));
  WEFT_CO_TRY(auto value, json::parse(body, kCardBytesMax));
  if (!looks_like_card(value))
    co_return fail(Reason::upstream_protocol, "a document that is no agent card");
  auto card = read_card(value);
  if (!card)
    co_return fail(Reason::upstream_protocol,
                   std::format("a broken agent card ({})", card.error().message));
  co_return Found{std::move(url), *std::move(card), std::move(value.get_object())};
}

}  // namespace

std::vector<Url> card_places(const Url& url) {
  std::vector<Url> out;
  const auto add = [&](std::string target) {
    Url place = url.with_target(target);
    if (std::ranges::find(out, place) == out.end()) out.push_back(std::move(place));
  };
  if (url.path.ends_with(".json")) add(url.target());
  const std::string base(url.path.ends_with(".json") ? "" : without_slash(url.path));
  if (!base.empty()) add(base + std::string(kCardPath));
  add(std::string(kCardPath));
  add(std::string(kOldCardPath));
  return out;
}

Awaitable<Result<Found>> find_card(net::HttpClient& client, hub::JoinRequest join,
                                   hub::CallContext context) {
  WEFT_CO_TRY(const auto named, parse_url(join.url));
  const std::vector<Url> places = card_places(named);
  std::string tried;
  for (const Url& place : places) {
    Url url = place;
    hub::JoinRequest asked = join;
    auto found = co_await read_place(client, std::move(asked), std::move(url), context);
    if (found) co_return found;
    if (!tried.empty()) tried += "; ";
    tried += std::format("GET {}: {}", place.path, found.error().message);
    const Reason reason = found.error().reason;
    // Nobody answers there at all: the other paths will not do better.
    if (reason == Reason::unavailable || reason == Reason::cancelled || reason == Reason::deadline)
      break;
  }
  co_return fail(Reason::unavailable, tried);
}

double confidence_of(const Found& found, const Url& named) {
  const std::string base(without_slash(named.path));
  if (base.empty() || found.url.path == named.path || found.url.path.starts_with(base + "/"))
    return 1;
  for (const Interface& interface : found.card.interfaces) {
    const auto url = interface_url(found, named, interface);
    if (url && same_origin(*url, named) && without_slash(url->path) == base)
      return kConfidenceOfInterface;
  }
  return kConfidenceOfHost;
}

Result<std::shared_ptr<const Agent>> settle_agent(const Found& found, const Url& named) {
  WEFT_TRY(const auto door, choose_interface(found.card));
  WEFT_TRY(auto url, interface_url(found, named, door.interface));
  const bool elsewhere = !same_origin(url, named);
  return std::make_shared<const Agent>(Agent{found.card, door, std::move(url), elsewhere});
}

}  // namespace weft::adapters::a2a

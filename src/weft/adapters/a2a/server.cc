#include "weft/adapters/a2a/server.h"

#include <chrono>
#include <format>
#include <utility>

#include "weft/adapters/a2a/client.h"
#include "weft/adapters/a2a/jsonrpc_binding.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/own_card.h"
#include "weft/adapters/a2a/rest_binding.h"
#include "weft/adapters/common/own_url.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kCardControl = "public, max-age=60, must-revalidate";
constexpr std::string_view kPrivateControl = "private, max-age=60, must-revalidate";

CardShape shape_of(const Named& named) {
  if (!named.version) return CardShape::both;
  return *named.version == Version::v10 ? CardShape::v10 : CardShape::v03;
}

/// The server side, alive as long as its routes are.
class Server {
 public:
  explicit Server(Environment& environment)
      : environment_(environment), desk_{environment, Resent(environment.hub.clock())} {}

  Awaitable<> well_known(Request& request) {
    const bool keys = environment_.asks_for_keys();
    // Without a key anybody sees that there is a hub, not what has joined it; with one, what it may
    // call.
    const bool full = !keys || request.principal.admin || !request.principal.key_id.empty();
    const auto snapshot = seen_by(environment_.hub, request.principal);
    const Shown shown{own_url(environment_, request.exchange), keys};
    const Card card = hub_card(*snapshot, shown, full);
    co_await answer_card(request, card, !keys);
  }

  Awaitable<> a2a(Request& request) {
    std::vector<std::string> path = request.rest;
    std::string solution;
    const bool named =
        !path.empty() && (environment_.hub.registry().snapshot()->find(path.front()) != nullptr ||
                          !ours(path.front()));
    if (named) {
      solution = path.front();
      path.erase(path.begin());
    }
    const std::string_view method = request.exchange.head().method;
    if (path.size() == 2 && path[0] == ".well-known" &&
        (path[1] == "agent-card.json" || path[1] == "agent.json")) {
      co_await solution_well_known(request, std::move(solution));
    } else if (path.empty() && method == "POST") {
      co_await serve_jsonrpc(desk_, request, std::move(solution));
    } else {
      co_await serve_rest(desk_, request, std::move(solution), std::move(path));
    }
  }

 private:
  /// Segments below `/a2a` that are no solution's name, unless one has it.
  static bool ours(std::string_view segment) {
    return segment == "message:send" || segment == "message:stream" || segment == "tasks" ||
           segment == "v1" || segment == "extendedAgentCard" || segment == ".well-known";
  }

  Awaitable<> solution_well_known(Request& request, std::string solution) {
    auto scope = scope_of(environment_, request.principal, solution);
    if (!scope) {
      Outlet outlet(request.exchange, Version::v10);
      outlet.refuse(Fault(scope.error()));
      co_return;
    }
    const bool keys = environment_.asks_for_keys();
    const Shown shown{own_url(environment_, request.exchange), keys};
    const Card card = scope->entry ? solution_card(*scope->entry, shown)
                                   : hub_card(*scope->snapshot, shown, true);
    co_await answer_card(request, card, !keys);
  }

  Awaitable<> answer_card(Request& request, Card card, bool anybody) {
    net::Exchange& exchange = request.exchange;
    const Named named = named_version(exchange.head());
    if (named.fault) {
      Outlet outlet(exchange, Version::v10);
      outlet.refuse(*named.fault);
      co_return;
    }
    std::string body = json::write(write_card(card, shape_of(named)));
    const std::string etag = etag_of(body);
    // Each key has a card of its own. So has each name by which the hub is reached, but that is the
    // caller's to choose: the mark is the same for all.
    const std::string where =
        std::format("{} {} {}", exchange.head().path(), static_cast<int>(shape_of(named)),
                    request.principal.key_id);
    const std::int64_t since = dates_.seen(where, etag, environment_.hub.clock().unix_ms());
    wire::ResponseHead head;
    head.headers.add("Content-Type", "application/json");
    head.headers.add("Cache-Control", std::string(anybody ? kCardControl : kPrivateControl));
    head.headers.add("ETag", etag);
    head.headers.add("Last-Modified", http_date(since));
    head.headers.add("Vary", "A2A-Version, Authorization, X-Api-Key, Api-Key, Host");
    if (exchange.head().headers.has_token("If-None-Match", etag) ||
        exchange.head().headers.get("If-None-Match") == "*") {
      head.status = 304;
      body.clear();
    }
    (void)exchange.respond(std::move(head), body);
  }

  Environment& environment_;
  Desk desk_;
  CardDates dates_;
};

/// What the front door refused, in the binding that was meant.
void refuse(net::Exchange& exchange, const Error& error) {
  const std::string_view path = exchange.head().path();
  const bool rest = exchange.head().method != "POST" ||
                    path.find("/message:") != std::string_view::npos ||
                    path.find("/tasks/") != std::string_view::npos;
  Fault fault(error);
  if (rest) {
    Outlet outlet(exchange, Version::v10);
    outlet.refuse(std::move(fault));
  } else {
    Outlet outlet(exchange, Version::v10, wire::JsonRpcId());
    outlet.refuse(std::move(fault));
  }
}

}  // namespace

std::int64_t CardDates::seen(const std::string& path, const std::string& etag,
                             std::int64_t now_ms) {
  constexpr std::size_t kMarksMax = 4096;
  const std::lock_guard lock(mutex_);
  if (marks_.size() >= kMarksMax && !marks_.contains(path)) marks_.clear();
  Mark& mark = marks_[path];
  if (mark.etag != etag) mark = {etag, now_ms};
  return mark.since_ms;
}

std::string etag_of(std::string_view body) {
  // FNV-1a: the tag tells versions apart, it protects nothing.
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : body) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return std::format("\"{:016x}-{:x}\"", hash, body.size());
}

std::string http_date(std::int64_t unix_ms) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_ms / 1000)};
  return std::format("{:%a, %d %b %Y %T} GMT", at);
}

std::vector<Route> routes(Environment& environment) {
  auto server = std::make_shared<Server>(environment);
  const auto card = [server](Request& request) { return server->well_known(request); };
  std::vector<Route> out;
  for (const std::string_view path : {"/.well-known/agent-card.json", "/.well-known/agent.json"}) {
    out.push_back({.prefix = std::string(path), .handler = card, .open = true, .refuse = refuse});
  }
  out.push_back({.prefix = "/a2a",
                 .handler = [server](Request& request) { return server->a2a(request); },
                 .refuse = refuse});
  return out;
}

Adapter adapter();

Adapter adapter() {
  return {.name = "a2a",
          .protocol = [](Environment& environment) -> std::unique_ptr<hub::Protocol> {
            return std::make_unique<AgentProtocol>(environment);
          },
          .routes = [](Environment& environment) { return routes(environment); }};
}

}  // namespace weft::adapters::a2a

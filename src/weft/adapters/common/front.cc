#include "weft/adapters/common/front.h"

#include <algorithm>
#include <format>
#include <tuple>

#include "weft/adapters/common/reply.h"
#include "weft/base/log.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// `host:port`, `[v6]:port` or either without a port, in lower case.
struct HostPort {
  std::string host;
  std::string port;
};

HostPort split_host(std::string_view text) {
  HostPort out;
  const std::string all = lower(text);
  const auto bracket = all.find(']');
  const auto colon = all.find(':', bracket == std::string::npos ? 0 : bracket);
  out.host = all.substr(0, colon);
  if (colon != std::string::npos) out.port = all.substr(colon + 1);
  return out;
}

bool loopback_name(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  // 127.0.0.0/8, digits and dots only: 127.0.0.1.evil.example is none of it.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// Adds the CORS headers of an allowed browser origin to every answer.
class CorsExchange final : public net::Exchange {
 public:
  CorsExchange(net::Exchange& inner, std::string origin)
      : inner_(inner), origin_(std::move(origin)) {}

  const wire::RequestHead& head() const override { return inner_.head(); }
  std::string_view peer() const override { return inner_.peer(); }
  bool over_unix_socket() const override { return inner_.over_unix_socket(); }
  bool over_tls() const override { return inner_.over_tls(); }
  Executor executor() override { return inner_.executor(); }
  CancelToken gone() const override { return inner_.gone(); }
  CancelToken draining() const override { return inner_.draining(); }
  Awaitable<Result<std::string>> read_body(std::size_t bytes_max) override {
    return inner_.read_body(bytes_max);
  }
  std::optional<Result<std::string>> body_at_hand(std::size_t bytes_max) override {
    return inner_.body_at_hand(bytes_max);
  }
  Awaitable<Result<std::string_view>> read_some() override { return inner_.read_some(); }
  Result<void> respond(wire::ResponseHead head, std::string_view body) override {
    allow(head);
    return inner_.respond(std::move(head), body);
  }
  Awaitable<Result<void>> start(wire::ResponseHead head) override {
    allow(head);
    return inner_.start(std::move(head));
  }
  Awaitable<Result<void>> write(std::string_view piece) override { return inner_.write(piece); }
  Awaitable<Result<void>> finish() override { return inner_.finish(); }
  bool started() const override { return inner_.started(); }

 private:
  void allow(wire::ResponseHead& head) {
    head.headers.set("Access-Control-Allow-Origin", origin_);
    head.headers.add("Vary", "Origin");
    head.headers.set(
        "Access-Control-Expose-Headers",
        "Mcp-Session-Id, Weft-Answer, Weft-Loss, Weft-Usage, Location, Retry-After, ETag");
  }

  net::Exchange& inner_;
  std::string origin_;
};

class Front {
 public:
  Front(Environment& environment, std::vector<Route> routes, FrontConfig config)
      : environment_(environment), routes_(std::move(routes)), config_(std::move(config)) {
    for (std::string& host : config_.hosts) host = lower(host);
    environment_.hosts = config_.hosts;
    const auto rank = [](const Route& route) {
      return std::tuple(route.first, route.prefix.size(), route.match != nullptr);
    };
    std::ranges::stable_sort(routes_,
                             [&](const Route& a, const Route& b) { return rank(a) > rank(b); });
  }

  /// What is packed is not unpacked here: a small body would become a large one.
  static Result<void> check_encoding(const net::Exchange& exchange, const Route* route) {
    const std::string_view encoding = exchange.head().headers.get("Content-Encoding");
    if (encoding.empty() || wire::same_name(encoding, "identity")) return {};
    if (route != nullptr && route->any_body) return {};
    if (route != nullptr && route->packed_body &&
        (wire::same_name(encoding, "gzip") || wire::same_name(encoding, "deflate"))) {
      return {};
    }
    return fail(Reason::content_type,
                std::format("a body with Content-Encoding `{}` is not taken; send it as it is",
                            encoding.substr(0, 32)));
  }

  // No coroutine of its own: nearly every call goes straight to its route.
  Awaitable<> handle(net::Exchange& exchange) {
    const Route* route = find(exchange);
    if (short_of_memory(exchange, route)) return turn_away(exchange, route, net::short_of_memory());
    if (auto fit = check_browser(exchange, route); !fit)
      return turn_away(exchange, route, fit.error());
    if (auto fit = check_encoding(exchange, route); !fit)
      return turn_away(exchange, route, fit.error());
    const std::string_view origin = exchange.head().headers.get("Origin");
    if (origin.empty() || !contains(config_.origins, origin)) return dispatch(exchange, route);
    return handle_allowed_page(exchange, route, std::string(origin));
  }

 private:
  /// Who looks after the hub, and whoever asks how it does, is answered all the same.
  bool short_of_memory(const net::Exchange& exchange, const Route* route) const {
    if (!environment_.memory) return false;
    const auto level = environment_.memory->load(std::memory_order_relaxed);
    return level >= net::MemoryLevel::low && !exchange.over_unix_socket() &&
           (route == nullptr || !route->open);
  }

  const Route* find(const net::Exchange& exchange) const {
    const std::string_view path = exchange.head().path();
    for (const Route& route : routes_) {
      if (!path.starts_with(route.prefix)) continue;
      const bool whole_segment = path.size() == route.prefix.size() ||
                                 route.prefix.ends_with('/') || path[route.prefix.size()] == '/';
      if (whole_segment && (!route.match || route.match(exchange))) return &route;
    }
    return nullptr;
  }

  bool known_name(std::string_view host) const {
    return loopback_name(host) || contains(config_.hosts, host);
  }

  /// `bucket.localhost`; a number is no name that another could be below.
  bool below_known_name(std::string_view host) const {
    const auto below = [host](std::string_view name) {
      return host.size() > name.size() + 1 && host.ends_with(name) &&
             host[host.size() - name.size() - 1] == '.';
    };
    return below("localhost") || std::ranges::any_of(config_.hosts, below);
  }

  /// No web page may reach the hub: Host must be a name it is known by, Origin one that is allowed.
  Result<void> check_browser(net::Exchange& exchange, const Route* route) const {
    if (exchange.over_unix_socket()) return {};
    const auto& headers = exchange.head().headers;
    const HostPort host = split_host(headers.get("Host"));
    const bool below = route != nullptr && route->names_below && below_known_name(host.host);
    if (!known_name(host.host) && !below) {
      return fail(
          Reason::permission_denied,
          std::format(
              "the Host `{}` is not a name of this hub; add it to `listen.hosts` in weft.yaml "
              "if it should be",
              host.host));
    }
    const std::string_view origin = headers.get("Origin");
    if (!origin.empty() && !contains(config_.origins, origin) && !own_origin(origin, host)) {
      return fail(Reason::permission_denied,
                  "this browser origin is not allowed; add it to `listen.origins` in weft.yaml if "
                  "it should be");
    }
    const bool any_body = route != nullptr && route->any_body;
    const std::string type = any_body ? "" : lower(headers.get("Content-Type"));
    if (exchange.head().method == "POST" && type.starts_with("text/plain")) {
      return fail(Reason::permission_denied,
                  "a text/plain POST is refused (any web page can send one); use application/json");
    }
    const std::string_view site = headers.get("Sec-Fetch-Site");
    // `same-site` is a page of another port of this machine: no Origin comes with its images. A
    // link that a person follows from there is shown.
    const bool followed = exchange.head().method == "GET" &&
                          headers.get("Sec-Fetch-Mode") == "navigate" &&
                          headers.get("Sec-Fetch-Dest") == "document";
    const bool elsewhere = site == "cross-site" || (site == "same-site" && !followed);
    if (elsewhere && !contains(config_.origins, origin)) {
      return fail(Reason::permission_denied, "a request that another site's page makes is refused");
    }
    return {};
  }

  /// A page that this very port served.
  static bool own_origin(std::string_view origin, const HostPort& host) {
    const auto mark = origin.find("://");
    if (mark == std::string_view::npos) return false;
    const HostPort from = split_host(origin.substr(mark + 3));
    return from.port == host.port &&
           (from.host == host.host || (loopback_name(from.host) && loopback_name(host.host)));
  }

  Result<model::Principal> authenticate(net::Exchange& exchange, const Route& route) const {
    if (route.authenticate) return route.authenticate(exchange);
    if (exchange.over_unix_socket())
      return model::Principal{.name = "local", .key_id = "", .admin = true};
    const std::string_view secret = credential(exchange.head().headers);
    const bool needed = config_.keys_required || environment_.asks_for_keys();
    if (route.admin || (needed && !route.open)) {
      WEFT_TRY(model::Principal principal, environment_.hub.keys().authenticate(secret));
      if (route.admin && !principal.admin) {
        return fail(Reason::permission_denied,
                    "this needs an admin key (`weft key new NAME --admin`)");
      }
      return principal;
    }
    if (needed && !secret.empty()) {
      auto principal = environment_.hub.keys().authenticate(secret);
      if (principal) return principal;
    }
    return model::Principal{.name = "local", .key_id = "", .admin = false};
  }

  static std::string_view credential(const wire::Headers& headers) {
    const std::string_view authorization = headers.get("Authorization");
    if (authorization.size() > 7 && wire::same_name(authorization.substr(0, 7), "Bearer ")) {
      return authorization.substr(7);
    }
    if (headers.has("x-api-key")) return headers.get("x-api-key");
    return headers.get("api-key");
  }

  Awaitable<> handle_allowed_page(net::Exchange& exchange, const Route* route, std::string origin) {
    CorsExchange cors(exchange, std::move(origin));
    if (exchange.head().method == "OPTIONS") {
      preflight(cors);
    } else {
      co_await dispatch(cors, route);
    }
  }

  static std::vector<std::string> segments(std::string_view rest) {
    std::vector<std::string> out;
    while (!rest.empty()) {
      if (rest.front() == '/') {
        rest.remove_prefix(1);
        continue;
      }
      const auto end = rest.find('/');
      const std::string_view piece = rest.substr(0, end);
      auto decoded = percent_decode(piece);
      const bool text = decoded && wire::is_utf8(*decoded);
      out.push_back(text ? *std::move(decoded) : std::string(piece));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end);
    }
    return out;
  }

  Awaitable<> dispatch(net::Exchange& exchange, const Route* route) {
    if (route == nullptr) {
      auto error =
          make_error(Reason::solution_not_found,
                     std::format("nothing is served at {}; the paths are /v1, /mcp, /a2a, /api, "
                                 "/healthz and /readyz",
                                 exchange.head().path()));
      refuse(exchange, route, error);
      co_return;
    }
    auto principal = authenticate(exchange, *route);
    if (!principal) {
      refuse(exchange, route, principal.error());
      co_return;
    }
    Request request{.exchange = exchange,
                    .principal = *std::move(principal),
                    .rest = segments(exchange.head().path().substr(route->prefix.size()))};
    co_await route->handler(request);
  }

  static Awaitable<> turn_away(net::Exchange& exchange, const Route* route, Error error) {
    refuse(exchange, route, error);
    co_return;
  }

  static void refuse(net::Exchange& exchange, const Route* route, const Error& error) {
    if (route != nullptr && route->refuse) return route->refuse(exchange, error);
    json::object inner{{"message", error.message}, {"reason", to_string(error.reason)}};
    json::object body{{"error", std::move(inner)}};
    wire::Headers headers;
    add_error_headers(headers, error);
    json::value answer(std::move(body));
    const int status = http_status(error);
    (void)respond_json(exchange, status, answer, std::move(headers));
  }

  static void preflight(net::Exchange& exchange) {
    wire::ResponseHead head;
    head.status = 204;
    head.headers.add("Access-Control-Allow-Methods", "GET, POST, DELETE, PUT");
    head.headers.add("Access-Control-Allow-Headers",
                     std::string(exchange.head().headers.get("Access-Control-Request-Headers")));
    head.headers.add("Access-Control-Max-Age", "600");
    std::string body;
    (void)exchange.respond(std::move(head), body);
  }

  Environment& environment_;
  std::vector<Route> routes_;
  FrontConfig config_;
};

}  // namespace

net::Handler make_front(Environment& environment, std::vector<Route> routes, FrontConfig config) {
  auto front = std::make_shared<Front>(environment, std::move(routes), std::move(config));
  return [front](net::Exchange& exchange) { return front->handle(exchange); };
}

}  // namespace weft::adapters

#include "weft/adapters/common/own_url.h"

#include <format>

#include "weft/base/url.h"

namespace weft::adapters {

std::string own_url(const Environment& environment, const net::Exchange& exchange) {
  if (!environment.public_url.empty()) return environment.public_url;
  if (exchange.over_unix_socket()) return environment.listen_url;
  const std::string_view scheme = exchange.over_tls() ? "https" : "http";
  const auto url = parse_url(std::format("{}://{}", scheme, exchange.head().headers.get("Host")));
  if (!url || url->target() != "/") return environment.listen_url;
  return std::format("{}://{}", scheme, url->authority());
}

}  // namespace weft::adapters

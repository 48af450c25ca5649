// URLs and percent-encoding. Owned by base; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft {

/// An absolute http or https URL, taken apart (RFC 3986). The fragment is not kept.
struct Url {
  std::string scheme;
  /// Lower case, without brackets for IPv6.
  std::string host;
  std::uint16_t port = 0;
  /// Percent-encoded, begins with "/".
  std::string path;
  /// Percent-encoded, without "?"; empty when there is none.
  std::string query;

  bool tls() const { return scheme == "https"; }
  /// `host` or `host:port`, with brackets where needed, the default port left out.
  std::string authority() const;
  /// `path?query`.
  std::string target() const;
  std::string str() const;
  /// The same origin with another path (and query).
  Url with_target(std::string_view target) const;
  /// The URL that a reference (absolute or relative) means here.
  Result<Url> resolve(std::string_view reference) const;

  friend bool operator==(const Url&, const Url&) = default;
};

/// Errors say what is wrong: no scheme, a scheme other than http(s), userinfo, a bad port, too
/// long.
Result<Url> parse_url(std::string_view text);

/// Everything but RFC 3986 unreserved characters is encoded: what it yields is data wherever it
/// stands.
std::string percent_encode(std::string_view text);
/// Errors on a broken escape or a NUL.
Result<std::string> percent_decode(std::string_view text);
/// `a=b&c=d` decoded, "+" as a space, in order.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace weft

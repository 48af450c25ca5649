// The one gate for outgoing connections: which addresses may be connected to (SSRF guard). Owned by
// net; pure, any thread.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>
#include <vector>

#include "weft/base/result.h"

namespace weft::net {

/// `open`: a URL that the operator named (`weft add`, weft.yaml): any address but multicast and the
/// unspecified one. `guarded`: a URL that came from elsewhere (a card, a document, a webhook, a
/// redirect to another host): public addresses only. The address is judged after resolution and is
/// the one that is connected to.
enum class Egress : std::uint8_t { guarded, open };

enum class AddressClass : std::uint8_t {
  global,
  loopback,
  unspecified,
  private_use,
  link_local,
  shared,
  multicast,
  reserved,
  translated,
  documentation
};
/// The class of the address to be connected, after unmapping IPv4 in IPv6 (mapped, 6to4, NAT64,
/// Teredo).
AddressClass classify(const boost::asio::ip::address& address);
std::string_view to_string(AddressClass address_class);
/// Nothing, or why the address must not be connected to.
Result<void> check_egress(const boost::asio::ip::address& address, Egress egress);
/// Those of a name's addresses that may be connected to, in their order; when there is none, why
/// the last one may not. A name without any address is the caller's to refuse.
Result<std::vector<boost::asio::ip::address>> permitted(
    const std::vector<boost::asio::ip::address>& found, Egress egress);

}  // namespace weft::net

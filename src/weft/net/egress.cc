#include "weft/net/egress.h"

#include <format>

namespace weft::net {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v6;

struct Range4 {
  std::uint32_t network;
  int bits;
  AddressClass address_class;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's IPv4 Special-Purpose Address Registry; the narrower range stands first.
constexpr auto kRanges4 = std::to_array<Range4>({
    {quad(0, 0, 0, 0), 32, AddressClass::unspecified},
    {quad(0, 0, 0, 0), 8, AddressClass::reserved},
    {quad(10, 0, 0, 0), 8, AddressClass::private_use},
    {quad(100, 64, 0, 0), 10, AddressClass::shared},
    {quad(127, 0, 0, 0), 8, AddressClass::loopback},
    {quad(169, 254, 0, 0), 16, AddressClass::link_local},
    {quad(172, 16, 0, 0), 12, AddressClass::private_use},
    {quad(192, 0, 0, 0), 24, AddressClass::reserved},
    {quad(192, 0, 2, 0), 24, AddressClass::documentation},
    {quad(192, 88, 99, 0), 24, AddressClass::translated},
    {quad(192, 168, 0, 0), 16, AddressClass::private_use},
    {quad(198, 18, 0, 0), 15, AddressClass::reserved},
    {quad(198, 51, 100, 0), 24, AddressClass::documentation},
    {quad(203, 0, 113, 0), 24, AddressClass::documentation},
    {quad(224, 0, 0, 0), 4, AddressClass::multicast},
    {quad(240, 0, 0, 0), 4, AddressClass::reserved},
});

AddressClass classify4(std::uint32_t value) {
  for (const Range4& range : kRanges4) {
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - range.bits);
    if ((value & mask) == range.network) return range.address_class;
  }
  return AddressClass::global;
}

/// The first 64 bits and the last.
struct Halves {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

Halves halves(const address_v6& address) {
  Halves out;
  const auto bytes = address.to_bytes();
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8 | bytes[i];
    out.low = out.low << 8 | bytes[i + 8];
  }
  return out;
}

struct Range6 {
  std::uint64_t high;
  int bits;
  AddressClass address_class;
};

// IANA's IPv6 Special-Purpose Address Registry, as far as it lies within the first 64 bits.
constexpr auto kRanges6 = std::to_array<Range6>({
    {0x0064ff9b'0001'0000, 48, AddressClass::translated},  // local NAT64
    {0x20010db8'00000000, 32, AddressClass::documentation},
    {0x20010000'00000000, 23, AddressClass::reserved},  // IETF protocol assignments
    {0x3fff0000'00000000, 20, AddressClass::documentation},
    {0xfc000000'00000000, 7, AddressClass::private_use},
    {0xfe800000'00000000, 10, AddressClass::link_local},
    {0xfec00000'00000000, 10, AddressClass::private_use},  // site-local, deprecated
    {0xff000000'00000000, 8, AddressClass::multicast},
});

/// The class of an address that carries an IPv4 one: what is inside when that is special, otherwise
/// `translated`.
AddressClass carried(std::uint32_t inside) {
  const AddressClass address_class = classify4(inside);
  return address_class == AddressClass::global ? AddressClass::translated : address_class;
}

AddressClass classify6(const address_v6& address) {
  const auto [high, low] = halves(address);
  if (high == 0) {
    if (low == 0) return AddressClass::unspecified;
    if (low == 1) return AddressClass::loopback;
    if (low >> 32 == 0xffff) return classify4(static_cast<std::uint32_t>(low));  // mapped
    if (low >> 48 == 0xffff)
      return carried(static_cast<std::uint32_t>(low));                    // translated (RFC 2765)
    if (low >> 32 == 0) return carried(static_cast<std::uint32_t>(low));  // compatible, deprecated
    return AddressClass::reserved;
  }
  if (high == 0x0064ff9b'00000000 && low >> 32 == 0)
    return carried(static_cast<std::uint32_t>(low));
  if (high >> 48 == 0x2002) return carried(static_cast<std::uint32_t>(high >> 16));
  // Teredo: the client's address is at the end, its bits turned over.
  if (high >> 32 == 0x20010000) return carried(~static_cast<std::uint32_t>(low));
  for (const Range6& range : kRanges6) {
    if ((high & (~std::uint64_t{0} << (64 - range.bits))) == range.high) return range.address_class;
  }
  // Only 2000::/3 is handed out for the world.
  return high >> 61 == 1 ? AddressClass::global : AddressClass::reserved;
}

}  // namespace

AddressClass classify(const address& address) {
  return address.is_v4() ? classify4(address.to_v4().to_uint()) : classify6(address.to_v6());
}

std::string_view to_string(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::global: return "public";
    case AddressClass::loopback: return "loopback";
    case AddressClass::unspecified: return "unspecified";
    case AddressClass::private_use: return "private";
    case AddressClass::link_local: return "link-local";
    case AddressClass::shared: return "shared (carrier)";
    case AddressClass::multicast: return "multicast";
    case AddressClass::reserved: return "reserved";
    case AddressClass::translated: return "translated";
    case AddressClass::documentation: return "documentation";
  }
  return "unknown";
}

Result<void> check_egress(const address& address, Egress egress) {
  const AddressClass address_class = classify(address);
  if (address_class == AddressClass::global) return {};
  const bool never =
      address_class == AddressClass::multicast || address_class == AddressClass::unspecified;
  if (egress == Egress::open && !never) return {};
  return fail(
      Reason::permission_denied,
      std::format("{} is a {} address; {}", address.to_string(), to_string(address_class),
                  never ? "nothing can be reached there"
                        : "only addresses that the operator named may be inside the network"));
}

Result<std::vector<address>> permitted(const std::vector<address>& found, Egress egress) {
  std::vector<address> out;
  Error refused;
  for (const auto& each : found) {
    if (const auto allowed = check_egress(each, egress)) {
      out.push_back(each);
    } else {
      refused = allowed.error();
    }
  }
  if (out.empty() && !found.empty()) return fail(std::move(refused));
  return out;
}

}  // namespace weft::net

#include "weft/net/egress.h"

#include <gtest/gtest.h>

namespace weft::net {
namespace {

AddressClass of(const std::string& text) { return classify(boost::asio::ip::make_address(text)); }

struct Row {
  const char* address;
  AddressClass address_class;
};

constexpr AddressClass kGlobal = AddressClass::global;

// Attack 11: the ends of each range, and their neighbours outside.
constexpr auto kRows = std::to_array<Row>({
    {"0.0.0.0", AddressClass::unspecified},
    {"0.0.0.1", AddressClass::reserved},
    {"0.255.255.255", AddressClass::reserved},
    {"1.0.0.0", kGlobal},
    {"9.255.255.255", kGlobal},
    {"10.0.0.0", AddressClass::private_use},
    {"10.255.255.255", AddressClass::private_use},
    {"11.0.0.0", kGlobal},
    {"100.63.255.255", kGlobal},
    {"100.64.0.0", AddressClass::shared},
    {"100.127.255.255", AddressClass::shared},
    {"100.128.0.0", kGlobal},
    {"126.255.255.255", kGlobal},
    {"127.0.0.0", AddressClass::loopback},
    {"127.255.255.255", AddressClass::loopback},
    {"128.0.0.0", kGlobal},
    {"169.253.255.255", kGlobal},
    {"169.254.0.0", AddressClass::link_local},
    {"169.254.169.254", AddressClass::link_local},
    {"169.254.255.255", AddressClass::link_local},
    {"169.255.0.0", kGlobal},
    {"172.15.255.255", kGlobal},
    {"172.16.0.0", AddressClass::private_use},
    {"172.31.255.255", AddressClass::private_use},
    {"172.32.0.0", kGlobal},
    {"191.255.255.255", kGlobal},
    {"192.0.0.0", AddressClass::reserved},
    {"192.0.0.255", AddressClass::reserved},
    {"192.0.1.0", kGlobal},
    {"192.0.2.0", AddressClass::documentation},
    {"192.0.2.255", AddressClass::documentation},
    {"192.0.3.0", kGlobal},
    {"192.88.98.255", kGlobal},
    {"192.88.99.0", AddressClass::translated},
    {"192.88.100.0", kGlobal},
    {"192.167.255.255", kGlobal},
    {"192.168.0.0", AddressClass::private_use},
    {"192.168.255.255", AddressClass::private_use},
    {"192.169.0.0", kGlobal},
    {"198.17.255.255", kGlobal},
    {"198.18.0.0", AddressClass::reserved},
    {"198.19.255.255", AddressClass::reserved},
    {"198.20.0.0", kGlobal},
    {"198.51.99.255", kGlobal},
    {"198.51.100.0", AddressClass::documentation},
    {"198.51.101.0", kGlobal},
    {"203.0.112.255", kGlobal},
    {"203.0.113.0", AddressClass::documentation},
    {"203.0.114.0", kGlobal},
    {"223.255.255.255", kGlobal},
    {"224.0.0.0", AddressClass::multicast},
    {"239.255.255.255", AddressClass::multicast},
    {"240.0.0.0", AddressClass::reserved},
    {"255.255.255.255", AddressClass::reserved},
    // IPv6
    {"::", AddressClass::unspecified},
    {"::1", AddressClass::loopback},
    {"::2", AddressClass::reserved},
    {"::ffff:0.0.0.0", AddressClass::unspecified},
    {"::ffff:127.0.0.1", AddressClass::loopback},
    {"::ffff:10.0.0.1", AddressClass::private_use},
    {"::ffff:169.254.169.254", AddressClass::link_local},
    {"::ffff:8.8.8.8", kGlobal},
    {"::ffff:0:127.0.0.1", AddressClass::loopback},
    {"::ffff:0:8.8.8.8", AddressClass::translated},
    {"::127.0.0.1", AddressClass::loopback},
    {"::8.8.8.8", AddressClass::translated},
    {"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::reserved},
    {"64:ff9b::7f00:1", AddressClass::loopback},
    {"64:ff9b::808:808", AddressClass::translated},
    {"64:ff9b::1:0:0", AddressClass::reserved},
    {"64:ff9b:1::", AddressClass::translated},
    {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", AddressClass::translated},
    {"64:ff9b:2::", AddressClass::reserved},
    {"100::1", AddressClass::reserved},
    {"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::reserved},
    {"2000::", kGlobal},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kGlobal},
    {"2001::", AddressClass::reserved},  // Teredo; the inside is 255.255.255.255
    {"2001:0:1::f7f7:f7f7", AddressClass::translated},
    {"2001:0:1::80ff:fffe", AddressClass::loopback},
    {"2001:1::1", AddressClass::reserved},
    {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::reserved},
    {"2001:200::", kGlobal},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", kGlobal},
    {"2001:db8::", AddressClass::documentation},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::documentation},
    {"2001:db9::", kGlobal},
    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kGlobal},
    {"2002:7f00:1::", AddressClass::loopback},
    {"2002:a00:1::", AddressClass::private_use},
    {"2002:808:808::1", AddressClass::translated},
    {"2003::", kGlobal},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kGlobal},
    {"3fff::", AddressClass::documentation},
    {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::documentation},
    {"3fff:1000::", kGlobal},
    {"4000::", AddressClass::reserved},
    {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::reserved},
    {"fc00::", AddressClass::private_use},
    {"fd00:ec2::254", AddressClass::private_use},
    {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::private_use},
    {"fe00::", AddressClass::reserved},
    {"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::reserved},
    {"fe80::1", AddressClass::link_local},
    {"fe80::1%1", AddressClass::link_local},
    {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::link_local},
    {"fec0::", AddressClass::private_use},
    {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::private_use},
    {"ff00::", AddressClass::multicast},
    {"ff02::1", AddressClass::multicast},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AddressClass::multicast},
});

TEST(Egress, ClassifiesInsideAndJustOutsideEachRange) {
  for (const Row& row : kRows) {
    EXPECT_EQ(to_string(of(row.address)), to_string(row.address_class)) << row.address;
    const auto address = boost::asio::ip::make_address(row.address);
    EXPECT_EQ(check_egress(address, Egress::guarded).has_value(), row.address_class == kGlobal)
        << row.address;
    const bool never = row.address_class == AddressClass::multicast ||
                       row.address_class == AddressClass::unspecified;
    EXPECT_EQ(check_egress(address, Egress::open).has_value(), !never) << row.address;
  }
}

// Attack 12: one name, several addresses.
TEST(Egress, OfMixedAnswersOnlyThePublicAreTaken) {
  const auto addresses = [](const std::vector<std::string>& texts) {
    std::vector<boost::asio::ip::address> out;
    for (const auto& text : texts) out.push_back(boost::asio::ip::make_address(text));
    return out;
  };
  const auto mixed = addresses({"10.0.0.1", "93.184.216.34", "::ffff:127.0.0.1",
                                "2606:2800:220:1::1", "169.254.169.254", "fd00::1"});
  EXPECT_EQ(permitted(mixed, Egress::guarded).value(),
            addresses({"93.184.216.34", "2606:2800:220:1::1"}));
  EXPECT_EQ(permitted(mixed, Egress::open).value().size(), mixed.size());
  const auto inside = permitted(addresses({"10.0.0.1", "::1"}), Egress::guarded);
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().reason, Reason::permission_denied);
  EXPECT_TRUE(inside.error().message.starts_with("::1 is a loopback address; "));
}

TEST(Egress, SaysWhy) {
  const auto refused =
      check_egress(boost::asio::ip::make_address("169.254.169.254"), Egress::guarded);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, Reason::permission_denied);
  EXPECT_EQ(refused.error().message,
            "169.254.169.254 is a link-local address; only addresses that the operator named may "
            "be inside the network");
}

}  // namespace
}  // namespace weft::net

#include "weft/net/redirect.h"

#include <gtest/gtest.h>

#include "weft/base/url.h"

namespace weft::net {
namespace {

ClientRequest request_to(std::string_view url) {
  ClientRequest out;
  out.origin.url = parse_url(url).value();
  out.origin.egress = Egress::open;
  out.method = "POST";
  out.body = "x";
  for (const char* name : {"Authorization", "Cookie", "X-Api-Key", "Mcp-Session-Id", "Proxy-Auth"})
    out.headers.add(name, "secret");
  out.headers.add("Accept", "application/json");
  out.headers.add("traceparent", "00-1-2-00");
  return out;
}

wire::ResponseHead redirect_to(std::string_view location, int status = 307) {
  wire::ResponseHead head;
  head.status = status;
  head.headers.add("Location", std::string(location));
  return head;
}

// Attack 12: credentials are for the one they were given for.
TEST(Redirect, NothingSecretGoesToAnotherOrigin) {
  for (const char* there :
       {"https://b.example/", "https://a.example:444/", "https://a.example.evil/", "//b.example/x",
        "https://a.example@b.example/", "https://b.example/a.example"}) {
    ClientRequest request = request_to("https://a.example/x");
    if (!follow(request, redirect_to(there))) continue;
    EXPECT_EQ(request.origin.egress, Egress::guarded) << there;
    for (const auto& [name, value] : request.headers) EXPECT_NE(value, "secret") << there << name;
    EXPECT_EQ(request.headers.get("Accept"), "application/json") << there;
    EXPECT_EQ(request.headers.get("traceparent"), "00-1-2-00") << there;
  }
}

TEST(Redirect, TheSameOriginKeepsThem) {
  for (const char* there : {"/y?z", "y", "https://a.example/y", "https://a.example:443/y"}) {
    ClientRequest request = request_to("https://a.example/x");
    ASSERT_TRUE(follow(request, redirect_to(there))) << there;
    EXPECT_EQ(request.origin.egress, Egress::open) << there;
    EXPECT_EQ(request.headers.get("Authorization"), "secret") << there;
  }
  // Its own https form, where it usually points first.
  ClientRequest request = request_to("http://a.example/x");
  ASSERT_TRUE(follow(request, redirect_to("https://a.example/x")));
  EXPECT_EQ(request.headers.get("Authorization"), "secret");
}

TEST(Redirect, NeverLeavesTlsOrHttp) {
  for (const char* there :
       {"http://a.example/x", "file:///etc/passwd", "gopher://a.example/", "javascript:1"}) {
    ClientRequest request = request_to("https://a.example/x");
    EXPECT_FALSE(follow(request, redirect_to(there))) << there;
  }
}

TEST(Redirect, ASocketOfThisMachineIsLeftWithItsCredentials) {
  ClientRequest request = request_to("http://weft.local/x");
  request.origin.unix_path = "/run/x.sock";
  ASSERT_TRUE(follow(request, redirect_to("http://weft.local/y")));
  EXPECT_EQ(request.origin.unix_path, "");
  EXPECT_EQ(request.origin.egress, Egress::guarded);
  EXPECT_FALSE(request.headers.has("Authorization"));
}

TEST(Redirect, TheMethodIsKeptWhereTheStatusSaysSo) {
  for (const int status : {301, 302, 303, 307, 308}) {
    ClientRequest request = request_to("https://a.example/x");
    ASSERT_TRUE(follow(request, redirect_to("/y", status)));
    const bool kept = status == 307 || status == 308;
    EXPECT_EQ(request.method, kept ? "POST" : "GET") << status;
    EXPECT_EQ(request.body, kept ? "x" : "") << status;
  }
}

}  // namespace
}  // namespace weft::net

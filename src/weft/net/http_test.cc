// The server and the client against each other, over real sockets.
#include <gtest/gtest.h>

#include "weft/net/http_client.h"
#include "weft/net/http_server.h"
#include "weft/net/testing.h"

namespace weft::net {
namespace {

using testing::Harness;

wire::ResponseHead ok_head() {
  wire::ResponseHead head;
  head.headers.add("Content-Type", "text/plain");
  return head;
}

TEST(Http, RoundTripKeepsTheConnection) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    auto body = co_await exchange.read_body(1 << 20);
    std::string text = exchange.head().method + " " + exchange.head().target + " " + body.value_or("?");
    (void)co_await exchange.respond(ok_head(), std::move(text));
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (int i = 0; i < 3; ++i) {
      ClientRequest request = harness.request("/a?b=c");
      request.method = "POST";
      request.body = "hello";
      auto response = co_await client->send(std::move(request), {});
      EXPECT_TRUE(response.has_value()) << response.error().message;
      if (!response) co_return;
      EXPECT_EQ((*response)->head().status, 200);
      EXPECT_EQ((*response)->head().headers.get("content-type"), "text/plain");
      auto body = co_await (*response)->read_all(1000);
      EXPECT_EQ(body.value_or("failed"), "POST /a?b=c hello");
      EXPECT_EQ(client->idle_connections(), 1U);
    }
    EXPECT_EQ(harness.server().connections(), 1U);
  });
}

}  // namespace
}  // namespace weft::net

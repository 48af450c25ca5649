// A hub whose AWS routes are served on a free port, and callers that sign. Used by the tests of
// this adapter only.
#pragma once

#include <sys/socket.h>

#include <array>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/adapters/common/front.h"
#include "weft/base/testing/run.h"
#include "weft/hub/testing.h"
#include "weft/net/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"
#include "weft/wire/aws_signature.h"

namespace weft::testing {

struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
};

/// A request as it is sent, signed when `by` is there.
struct Sent {
  std::string method = "POST";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string service = "sagemaker";
  std::string region = "us-east-1";
  std::optional<wire::AwsCredentials> by;
  std::string host = "127.0.0.1";
  /// What is signed as the body; empty: its digest.
  std::string payload;
  /// Seconds that the caller's clock is ahead.
  std::int64_t ahead_s = 0;
};

class AwsHub {
 public:
  using MakeRoutes = std::function<std::vector<adapters::Route>(adapters::Environment&)>;
  explicit AwsHub(const MakeRoutes& make, net::ServerLimits limits = {})
      : hub_({.clock = clock, .random = random_, .tables = tables, .journal = journal_}),
        clients_(loops_, {}),
        environment{.hub = hub_, .joiner = nullptr, .clients = clients_} {
    adapters::FrontConfig config;
    config.hosts = {"weft.example"};
    harness_ = std::make_unique<net::testing::Harness>(
        adapters::make_front(environment, make(environment), config), limits, 2);
  }

  wire::AwsCredentials make_key(std::string name) {
    auto made = run(hub_.keys().make(std::move(name), false, {}));
    WEFT_ASSERT(made.has_value());
    last_key = made->info.id;
    return {.access_key = made->info.access_key, .secret = made->aws_secret, .session_token = ""};
  }
  hub::Hub& hub() { return hub_; }
  std::uint16_t port() const { return harness_->port(); }
  std::int64_t now_s() const { return clock.unix_ms() / 1000; }

  /// The head of the request, signed.
  wire::RequestHead head_of(const Sent& sent) const {
    wire::RequestHead head;
    head.method = sent.method;
    head.target = sent.target;
    head.headers.add("Host", sent.host);
    for (const auto& [name, value] : sent.headers) head.headers.add(name, value);
    if (sent.by) {
      const std::string digest =
          sent.payload.empty() ? wire::hex(wire::sha256(sent.body)) : sent.payload;
      wire::sign_aws(sent.method, sent.target, head.headers, digest, *sent.by, sent.region,
                     sent.service, now_s() + sent.ahead_s);
    }
    return head;
  }

  Answer send(const Sent& sent) const { return send(head_of(sent), sent.body); }

  Answer send(wire::RequestHead head, const std::string& body) const {
    if (!body.empty() || head.method == "POST" || head.method == "PUT")
      head.headers.set("Content-Length", std::format("{}", body.size()));
    net::testing::RawClient client(port());
    std::string text;
    wire::write_request_head(text, head);
    client.send(text + body);
    return read(client, head.method == "HEAD");
  }

  static Answer read(net::testing::RawClient& client, bool bodyless = false) {
    wire::HttpReader reader(wire::HttpReader::Kind::response, {});
    if (bodyless) reader.expect_no_body();
    Answer out;
    std::array<char, 64 * 1024> block{};
    while (true) {
      const ssize_t count = ::recv(client.fd(), block.data(), block.size(), 0);
      if (count <= 0) return out;
      std::string_view bytes(block.data(), static_cast<std::size_t>(count));
      while (true) {
        std::size_t used = 0;
        const auto step = reader.feed(bytes, used);
        bytes.remove_prefix(used);
        if (!step) return out;
        if (*step == wire::HttpStep::head) {
          out.status = reader.response().status;
          out.headers = reader.response().headers;
        }
        if (*step == wire::HttpStep::body) out.body += reader.body();
        if (*step == wire::HttpStep::complete) return out;
        if (*step == wire::HttpStep::need_more) break;
      }
    }
  }

  hub::testing::FakeClock clock;
  store::MemoryTables tables;
  KeyId last_key;

 private:
  SystemRandom random_;
  store::MemoryJournal journal_;
  net::Loops loops_{1};
  hub::Hub hub_;
  net::HttpClients clients_;

 public:
  adapters::Environment environment;

 private:
  std::unique_ptr<net::testing::Harness> harness_;
};

}  // namespace weft::testing

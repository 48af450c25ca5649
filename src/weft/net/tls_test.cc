// Server and client over TLS, with a certificate made for the test.
#include "weft/net/tls.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <format>

#include "weft/net/child.h"
#include "weft/net/http_client.h"
#include "weft/net/testing.h"

namespace weft::net {
namespace {

using testing::Harness;

/// A key and a certificate for 127.0.0.1, signed by itself, in a folder that goes with this.
class Certificate {
 public:
  Certificate()
      : folder_(std::filesystem::temp_directory_path() /
                std::format("weft-tls-test-{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    ChildCommand command;
    command.arguments = {"openssl",
                         "req",
                         "-x509",
                         "-newkey",
                         "ec",
                         "-pkeyopt",
                         "ec_paramgen_curve:prime256v1",
                         "-nodes",
                         "-days",
                         "2",
                         "-subj",
                         "/CN=weft",
                         "-addext",
                         "subjectAltName=IP:127.0.0.1",
                         "-keyout",
                         key(),
                         "-out",
                         certificate()};
    run_alone([&](Loop& loop) -> Awaitable<> {
      auto child = ChildProcess::start(loop.executor(), command);
      EXPECT_TRUE(child.has_value()) << (child ? "" : child.error().message);
      while ((co_await (*child)->read_line()).has_value()) {
      }
      co_await (*child)->stop(Milliseconds(5'000));
      EXPECT_TRUE(std::filesystem::exists(certificate())) << (*child)->last_errors();
    });
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  std::string certificate() const { return folder_ / "cert.pem"; }
  std::string key() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

Awaitable<> echo(Exchange& exchange) {
  EXPECT_TRUE(exchange.over_tls());
  auto body = co_await exchange.read_body(4 << 20);
  (void)exchange.respond({}, body.value_or("failed"));
}

ClientRequest secure(const Harness& harness, std::string body, std::string host = "127.0.0.1") {
  ClientRequest request = harness.request("/");
  request.origin.url.scheme = "https";
  request.origin.url.host = std::move(host);
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

Awaitable<Result<std::string>> fetch(HttpClient& client, ClientRequest request) {
  WEFT_CO_TRY(auto response, co_await client.send(std::move(request), {}));
  co_return co_await response->read_all(8 << 20);
}

TEST(Tls, ARedirectToPlainHttpIsNotFollowed) {
  const Certificate files;
  Harness harness(
      [&](Exchange& exchange) -> Awaitable<> {
        wire::ResponseHead head;
        head.status = 308;
        head.headers.add("Location", "http://127.0.0.1:" + exchange.head().target.substr(1));
        (void)exchange.respond(std::move(head), "");
        co_return;
      },
      {}, 1, TlsServerConfig{files.certificate(), files.key(), ""});
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits;
    limits.ca_file = files.certificate();
    auto client = HttpClient::create(loop, limits);
    ClientRequest request = secure(harness, "secret");
    request.target = std::format("/{}", harness.port());
    request.redirects_max = 3;
    const auto refused = co_await fetch(*client, std::move(request));
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().reason, Reason::permission_denied) << refused.error().message;
  });
}

TEST(Tls, ServesAndVerifies) {
  const Certificate files;
  Harness harness(echo, {}, 1, TlsServerConfig{files.certificate(), files.key(), ""});
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits;
    limits.ca_file = files.certificate();
    auto client = HttpClient::create(loop, limits);
    for (const std::size_t size : {std::size_t{5}, std::size_t{3'000'000}}) {
      const std::string body(size, 'x');
      const auto answer = co_await fetch(*client, secure(harness, body));
      EXPECT_TRUE(answer.value_or("?") == body) << size << (answer ? "" : answer.error().message);
    }
    EXPECT_EQ(client->idle_connections(), 1U);
    // The certificate is for the address, not for this name.
    const auto misnamed = co_await fetch(*client, secure(harness, "x", "localhost"));
    EXPECT_FALSE(misnamed.has_value());
    EXPECT_TRUE(misnamed.error().message.contains("TLS failed: hostname mismatch"))
        << misnamed.error().message;
    // Without the authority nobody vouches for it.
    auto strict = HttpClient::create(loop, {});
    const auto unknown = co_await fetch(*strict, secure(harness, "x"));
    EXPECT_FALSE(unknown.has_value());
    EXPECT_TRUE(unknown.error().message.contains("TLS failed: self-signed certificate"))
        << unknown.error().message;
    EXPECT_EQ(unknown.error().reason, Reason::unavailable);
    // Plain text to a TLS port, and TLS to a plain one.
    ClientRequest plain = harness.request("/");
    EXPECT_FALSE((co_await fetch(*client, std::move(plain))).has_value());
  });
}

TEST(Tls, AsksClientsForACertificateWhenTold) {
  const Certificate files;
  Harness harness(echo, {}, 1,
                  TlsServerConfig{files.certificate(), files.key(), files.certificate()});
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits;
    limits.ca_file = files.certificate();
    auto client = HttpClient::create(loop, limits);
    EXPECT_FALSE((co_await fetch(*client, secure(harness, "x"))).has_value());
  });
}

TEST(Tls, NamesTheFileThatCannotBeUsed) {
  const auto missing = make_server_tls({"/nowhere/cert.pem", "/nowhere/key.pem", ""});
  ASSERT_FALSE(missing.has_value());
  EXPECT_TRUE(
      missing.error().message.starts_with("the certificate `/nowhere/cert.pem` cannot be used: "));
  const auto authority = make_client_tls("/nowhere/ca.pem");
  ASSERT_FALSE(authority.has_value());
  EXPECT_TRUE(
      authority.error().message.starts_with("the authority `/nowhere/ca.pem` cannot be used: "));
}

}  // namespace
}  // namespace weft::net

// weft-door-grpc: the Open Inference Protocol over gRPC, in a process of its own: what comes in
// there goes through a large library, and is nothing that the hub's own process should read.
#include <signal.h>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <format>
#include <print>
#include <span>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/file.h"
#include "weft/doors/grpc/limits.h"
#include "weft/doors/grpc/service.h"

namespace weft::doors {
namespace {

struct Arguments {
  std::string listen;
  std::string certificate;
  std::string key;
  std::string client_ca;
  DoorConfig door;
};

Result<Arguments> read_arguments(std::span<char* const> words) {
  Arguments out;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    const std::string_view name = words[i];
    std::string* to = name == "--listen"        ? &out.listen
                      : name == "--hub"         ? &out.door.hub
                      : name == "--hub-socket"  ? &out.door.socket
                      : name == "--certificate" ? &out.certificate
                      : name == "--key"         ? &out.key
                      : name == "--client-ca"   ? &out.client_ca
                                                : nullptr;
    if (to == nullptr) return fail(Reason::invalid_argument, std::format("unknown: {}", name));
    *to = words[i + 1];
  }
  if (words.size() % 2 == 0 || out.listen.empty() || out.door.hub.empty() ||
      out.door.socket.empty()) {
    return fail(Reason::invalid_argument,
                "a door is started by weft: --listen HOST:PORT --hub URL --hub-socket PATH "
                "[--certificate FILE --key FILE [--client-ca FILE]]");
  }
  return out;
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials_of(const Arguments& arguments) {
  constexpr std::size_t kPemBytesMax = 1024 * 1024;
  if (arguments.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      arguments.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                  : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  WEFT_TRY(const std::string certificate, read_file(arguments.certificate, kPemBytesMax));
  WEFT_TRY(const std::string key, read_file(arguments.key, kPemBytesMax));
  options.pem_key_cert_pairs.push_back({key, certificate});
  if (!arguments.client_ca.empty()) {
    WEFT_TRY(options.pem_root_certs, read_file(arguments.client_ca, kPemBytesMax));
  }
  return grpc::SslServerCredentials(options);
}

Result<void> run(std::span<char* const> words) {
  WEFT_TRY(const Arguments arguments, read_arguments(words));
  WEFT_TRY(auto credentials, credentials_of(arguments));
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  // In every thread that is begun from here on.
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  net::Loops loops(1);
  WEFT_TRY(const auto service, make_service(loops.at(0), arguments.door));
  WEFT_CHECK(loops.start());
  const auto refusals = make_refusals();
  grpc::ServerBuilder builder;
  int port = 0;
  grpc::ResourceQuota quota("door");
  quota.Resize(kBuffersBytesMax).SetMaxThreads(kThreadsMax);
  builder.SetResourceQuota(quota)
      .SetMaxReceiveMessageSize(static_cast<int>(kMessageBytesMax))
      .AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax)
      .AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0)
      .AddListeningPort(arguments.listen, credentials, &port)
      .RegisterService(service.get())
      .RegisterCallbackGenericService(refusals.get());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) {
    loops.stop();
    return fail(
        Reason::unavailable,
        std::format("{} cannot be listened on: is something else there?", arguments.listen));
  }
  std::println("listening on port {}", port);
  std::fflush(stdout);
  int number = 0;
  ::sigwait(&ends, &number);
  constexpr std::int64_t kGraceMs = 5'000;
  server->Shutdown(
      std::chrono::system_clock::time_point(Milliseconds(SystemClock().unix_ms() + kGraceMs)));
  loops.stop();
  return {};
}

}  // namespace
}  // namespace weft::doors

int main(int argc, char** argv) {
  const auto done = weft::doors::run({argv, static_cast<std::size_t>(argc)});
  if (done) return 0;
  std::println(stderr, "{}", done.error().message);
  return 1;
}

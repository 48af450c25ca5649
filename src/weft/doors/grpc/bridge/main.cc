// weft-bridge-grpc: servers that are reached by gRPC, for the hub, in a process of its own: what
// they answer goes through a large library, and is nothing that the hub's own process should read.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <format>
#include <print>
#include <string_view>

#include "weft/doors/grpc/bridge.h"
#include "weft/doors/grpc/limits.h"
#include "weft/net/descriptors.h"

namespace weft::doors {
namespace {

Result<void> run(int count, char** words) {
  if (count != 3 || std::string_view(words[1]) != "--socket")
    return fail(Reason::invalid_argument, "a bridge is started by weft: --socket PATH");
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  // In every thread that is begun from here on.
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  // Each call of the hub's has a connection of its own, and it does not wait with select().
  net::ServerLimits limits;
  limits.connections_max = net::connections_for(net::raise_descriptor_limit());
  net::Loops loops(1);
  WorkPool pool(kDialingMax, kDialsWaitingMax);
  Bridge bridge(pool);
  net::ListenAddress socket;
  socket.unix_path = words[2];
  WEFT_TRY(auto server, net::HttpServer::create(loops, std::move(socket), std::nullopt, limits,
                                                [&bridge](net::Exchange& exchange) {
                                                  return bridge.answer(exchange);
                                                }));
  WEFT_CHECK(loops.start());
  server->start();
  std::println("listening on {}", words[2]);
  std::fflush(stdout);
  int number = 0;
  ::sigwait(&ends, &number);
  constexpr Milliseconds kGrace{5'000};
  server->drain(kGrace);
  // Closes the socket's file.
  server.reset();
  loops.stop();
  // Nobody waits any more for the connections that are still being tried.
  std::_Exit(0);
}

}  // namespace
}  // namespace weft::doors

int main(int argc, char** argv) {
  const auto done = weft::doors::run(argc, argv);
  if (done) return 0;
  std::println(stderr, "{}", done.error().message);
  return 1;
}

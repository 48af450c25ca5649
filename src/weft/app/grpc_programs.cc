#include "weft/app/grpc_programs.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <format>

#include "weft/base/on_loop.h"
#include "weft/base/timers.h"

namespace weft::app {
namespace {

constexpr Milliseconds kLook{10};

/// `port 8421`.
int port_of(std::string_view where) {
  where.remove_prefix(where.rfind(' ') + 1);
  int out = 0;
  std::from_chars(where.data(), where.data() + where.size(), out);
  return out;
}

}  // namespace

std::filesystem::path GrpcPrograms::door_socket(const std::filesystem::path& data) {
  return data / "weft-grpc.sock";
}

std::unique_ptr<Beside> GrpcPrograms::program(std::string name, std::string_view file,
                                              std::vector<std::string> words) const {
  net::ChildCommand command;
  command.arguments = {(parts_.libexec / file).string()};
  std::ranges::move(words, std::back_inserter(command.arguments));
  // Whom the hub trusts by its environment, the bridge does.
  if (const char* roots = std::getenv("SSL_CERT_FILE"))
    command.environment.emplace_back("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", roots);
  return std::make_unique<Beside>(Beside::Parts{
      .executor = parts_.executor, .name = std::move(name), .command = std::move(command)});
}

Awaitable<Result<int>> GrpcPrograms::open_door(Door door) {
  const std::string host = door.host.contains(':') ? std::format("[{}]", door.host) : door.host;
  std::vector<std::string> words = {
      "--listen",
      std::format("{}:{}", host, door.port),
      // Behind a socket there is no TLS, whatever the port speaks.
      "--hub",
      std::format("http://127.0.0.1:{}", door.hub_port),
      "--hub-socket",
      door_socket(parts_.data).string(),
  };
  const auto add = [&](std::string name, const std::string& file) {
    if (!file.empty()) words.insert(words.end(), {std::move(name), file});
  };
  if (door.tls) {
    add("--certificate", door.tls->certificate_file);
    add("--key", door.tls->key_file);
    add("--client-ca", door.tls->client_ca_file);
  }
  const CancelToken ends = ending_.token();
  auto made = program("the gRPC door", "weft-door-grpc", std::move(words));
  WEFT_CO_TRY(const std::string where, co_await made->open(ends));
  door_ = std::move(made);
  keeping_.spawn(door_->keep(ends));
  co_return port_of(where);
}

Awaitable<Result<std::string>> GrpcPrograms::bridge() {
  auto opening = open_bridge();
  co_return co_await on_loop(parts_.executor, std::move(opening));
}

Awaitable<Result<std::string>> GrpcPrograms::open_bridge() {
  const std::string socket = (std::filesystem::absolute(parts_.data) / "weft-bridge.sock").string();
  const CancelToken ends = ending_.token();
  while (bridge_opening_ && !ends.cancelled()) (void)co_await sleep_for(kLook, ends);
  if (ends.cancelled()) co_return fail(ends.why());
  if (bridge_) co_return socket;
  bridge_opening_ = true;
  auto made = program("the gRPC bridge", "weft-bridge-grpc", {"--socket", socket});
  const auto where = co_await made->open(ends);
  bridge_opening_ = false;
  WEFT_CO_CHECK(where);
  if (ends.cancelled()) co_return fail(ends.why());
  bridge_ = std::move(made);
  keeping_.spawn(bridge_->keep(ends));
  co_return socket;
}

Awaitable<> GrpcPrograms::end() {
  ending_.cancel(make_error(Reason::cancelled, "the hub ends"));
  // Who opens it is told, and needs this until then.
  while (bridge_opening_) (void)co_await sleep_for(kLook, {});
  co_await keeping_.join();
}

}  // namespace weft::app

#include "weft/app/grpc_door.h"

#include <signal.h>

#include <charconv>
#include <format>

#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/net/child.h"

namespace weft::app {
namespace {

constexpr Milliseconds kPauseMin{200};
constexpr Milliseconds kPauseMax{30'000};
/// One that lived so long is started again at once.
constexpr Milliseconds kLivedLong{60'000};
constexpr Milliseconds kGrace{6'000};
/// The door of a hub that was killed may still have the port.
constexpr Milliseconds kLeftOpen{1'000};
constexpr std::string_view kListens = "listening on port ";

std::string without_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

GrpcDoor::GrpcDoor(Parts parts) : parts_(std::move(parts)) {}
GrpcDoor::~GrpcDoor() = default;

Awaitable<Result<int>> GrpcDoor::begin() {
  net::ChildCommand command;
  command.arguments = {parts_.program.string(), "--listen",   parts_.listen, "--hub", parts_.hub,
                       "--hub-socket",          parts_.socket};
  const auto add = [&](std::string name, const std::string& file) {
    if (!file.empty()) command.arguments.insert(command.arguments.end(), {std::move(name), file});
  };
  if (parts_.tls) {
    add("--certificate", parts_.tls->certificate_file);
    add("--key", parts_.tls->key_file);
    add("--client-ca", parts_.tls->client_ca_file);
  }
  WEFT_CO_TRY(child_, net::ChildProcess::start(parts_.executor, std::move(command)));
  auto line = co_await child_->read_line();
  if (!line || !line->starts_with(kListens)) {
    const std::string said = without_end(child_->last_errors());
    child_.reset();
    co_return fail(Reason::unavailable,
                   std::format("the gRPC door does not open: {}", !said.empty() ? said
                                                                  : line        ? *line
                                                                         : line.error().message));
  }
  const std::string_view number = std::string_view(*line).substr(kListens.size());
  int port = 0;
  std::from_chars(number.data(), number.data() + number.size(), port);
  co_return port;
}

Awaitable<Result<int>> GrpcDoor::open(CancelToken cancel) {
  const SteadyTime until = std::chrono::steady_clock::now() + kLeftOpen;
  for (int tries = 0;; ++tries) {
    auto port = co_await begin();
    // A slow start is tried twice as well.
    if (port || (tries > 0 && std::chrono::steady_clock::now() >= until)) co_return port;
    const bool slept = co_await sleep_for(kPauseMin, cancel);
    if (!slept) co_return port;
  }
}

Awaitable<> GrpcDoor::keep(CancelToken cancel) {
  Milliseconds pause = kPauseMin;
  while (!cancel.cancelled()) {
    const SteadyTime began = std::chrono::steady_clock::now();
    if (child_) {
      const CancelRegistration ends = cancel.on_cancel([this] { child_->signal(SIGTERM); });
      (void)co_await child_->ended();
      if (cancel.cancelled()) break;
      log::error("the gRPC door ended: {}", without_end(child_->last_errors()));
      child_.reset();
    }
    if (std::chrono::steady_clock::now() - began > kLivedLong) pause = kPauseMin;
    const bool slept = co_await sleep_for(pause, cancel);
    if (!slept) break;
    pause = std::min(pause * 2, kPauseMax);
    auto begun = co_await begin();
    if (!begun) log::error("{}", begun.error().message);
  }
  if (child_) co_await child_->stop(kGrace);
  child_.reset();
}

}  // namespace weft::app

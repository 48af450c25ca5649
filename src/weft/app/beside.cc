#include "weft/app/beside.h"

#include <signal.h>

#include <format>

#include "weft/base/log.h"
#include "weft/base/timers.h"

namespace weft::app {
namespace {

constexpr Milliseconds kPauseMin{200};
constexpr Milliseconds kPauseMax{30'000};
/// One that lived so long is started again at once.
constexpr Milliseconds kLivedLong{60'000};
constexpr Milliseconds kGrace{6'000};
constexpr Milliseconds kOpenMax{30'000};
/// The program of a hub that was killed may still have the port.
constexpr Milliseconds kLeftOpen{1'000};
constexpr std::string_view kListens = "listening on ";

std::string without_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Beside::Beside(Parts parts) : parts_(std::move(parts)) {}
Beside::~Beside() = default;

Awaitable<Result<std::string>> Beside::begin(CancelToken cancel) {
  auto command = parts_.command;
  WEFT_CO_TRY(child_, net::ChildProcess::start(parts_.executor, std::move(command)));
  // Either way its output ends.
  const CancelRegistration unwanted = cancel.on_cancel([this] { child_->signal(SIGKILL); });
  const Timer late = run_after(parts_.executor, kOpenMax, [this] { child_->signal(SIGKILL); });
  auto line = co_await child_->read_line();
  if (line && line->starts_with(kListens)) co_return line->substr(kListens.size());
  const std::string said = without_end(child_->last_errors());
  child_.reset();
  co_return fail(Reason::unavailable, std::format("{} does not open: {}", parts_.name,
                                                  !said.empty() ? said
                                                  : line        ? *line
                                                                : line.error().message));
}

Awaitable<Result<std::string>> Beside::open(CancelToken cancel) {
  const SteadyTime until = std::chrono::steady_clock::now() + kLeftOpen;
  for (int tries = 0;; ++tries) {
    auto where = co_await begin(cancel);
    // A slow start is tried twice as well.
    if (where || (tries > 0 && std::chrono::steady_clock::now() >= until)) co_return where;
    const bool slept = co_await sleep_for(kPauseMin, cancel);
    if (!slept) co_return where;
  }
}

Awaitable<> Beside::keep(CancelToken cancel) {
  Milliseconds pause = kPauseMin;
  while (!cancel.cancelled()) {
    const SteadyTime began = std::chrono::steady_clock::now();
    if (child_) {
      Timer grace;
      const CancelRegistration ends = cancel.on_cancel([&] {
        child_->signal(SIGTERM);
        grace = run_after(parts_.executor, kGrace, [this] { child_->signal(SIGKILL); });
      });
      (void)co_await child_->ended();
      if (cancel.cancelled()) break;
      log::error("{} ended: {}", parts_.name, without_end(child_->last_errors()));
      child_.reset();
    }
    if (std::chrono::steady_clock::now() - began > kLivedLong) pause = kPauseMin;
    const bool slept = co_await sleep_for(pause, cancel);
    if (!slept) break;
    pause = std::min(pause * 2, kPauseMax);
    auto begun = co_await begin(cancel);
    if (!begun) log::error("{}", begun.error().message);
  }
  if (child_) co_await child_->stop(kGrace);
  child_.reset();
}

}  // namespace weft::app

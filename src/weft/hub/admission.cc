#include <format>

#include "weft/hub/hub.h"
#include "weft/hub/limits.h"
#include "weft/hub/names.h"

namespace weft::hub {
namespace {

std::int64_t milliseconds(SteadyTime time) {
  return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

/// Whether the solution itself did not answer. Whoever names the time to come back has answered,
/// and so has one that refuses a request, or weft's credentials, with an HTTP status: of those only
/// a gateway with nothing behind it (502, 503) counts.
bool unreached(const Error& error) {
  const bool absent = error.reason == Reason::unavailable || error.reason == Reason::deadline;
  const int status = error.upstream_status;
  return absent && !error.retry_after && (status == 0 || status == 502 || status == 503);
}

}  // namespace

Admission::Admission(std::shared_ptr<const Entry> entry, SteadyTime began)
    : entry_(std::move(entry)), began_(began) {
  entry_->counters->running.fetch_add(1, std::memory_order_relaxed);
}

Admission::Admission(Admission&& other) noexcept
    : entry_(std::move(other.entry_)), began_(other.began_) {
  other.entry_ = nullptr;
}

Admission& Admission::operator=(Admission&& other) noexcept {
  if (this == &other) return *this;
  leave();
  entry_ = std::move(other.entry_);
  began_ = other.began_;
  return *this;
}

Admission::~Admission() { leave(); }

void Admission::leave() {
  if (const auto entry = std::exchange(entry_, nullptr)) {
    entry->counters->running.fetch_sub(1, std::memory_order_relaxed);
  }
}

void Admission::ended(const Error* error) {
  auto& counters = *entry_->counters;
  if (error) counters.failures.fetch_add(1, std::memory_order_relaxed);
  // A caller that went away says nothing about the solution.
  if (error && error->reason == Reason::cancelled) return;
  if (!error || !unreached(*error)) {
    counters.unreached.store(0, std::memory_order_relaxed);
    counters.health.store(Health::up, std::memory_order_relaxed);
    return;
  }
  if (counters.unreached.fetch_add(1, std::memory_order_relaxed) + 1 < kFailuresToDown) return;
  counters.down_until_ms.store(milliseconds(std::chrono::steady_clock::now()) + kDownMs,
                               std::memory_order_relaxed);
  counters.health.store(Health::down, std::memory_order_relaxed);
}

/// Whether a call may go to a solution that counts as down: one each kDownMs may, to see.
static bool may_try(Entry::Counters& counters, std::int64_t now_ms) {
  std::int64_t until = counters.down_until_ms.load(std::memory_order_relaxed);
  return now_ms >= until && counters.down_until_ms.compare_exchange_strong(until, now_ms + kDownMs);
}

Result<Admission> Hub::admit(const model::Principal& principal, std::shared_ptr<const Entry> entry,
                             const model::Skill*) {
  const std::string& id = entry->solution->id.str();
  if (!keys().may_call(principal, id)) {
    return fail(may_not_call(principal, id));
  }
  if (!entry->blocked.empty()) {
    Error error = make_error(Reason::permission_denied,
                             std::format("solution \"{}\": {}", id, entry->blocked));
    error.solution = id;
    return fail(std::move(error));
  }
  auto& counters = *entry->counters;
  const SteadyTime now = clock().steady();
  const bool down = counters.unreached.load(std::memory_order_relaxed) >= kFailuresToDown;
  if (down && !may_try(counters, milliseconds(now))) {
    Error error =
        make_error(Reason::unavailable,
                   std::format("solution \"{}\": it did not answer the last {} calls; it is "
                               "tried again every {} ms",
                               id, kFailuresToDown, kDownMs));
    error.solution = id;
    error.retry_after = Milliseconds(kDownMs);
    return fail(std::move(error));
  }
  Admission admission(entry, now);
  const std::size_t most =
      entry->request.concurrency_max == 0 ? kCallsPerSolutionMax : entry->request.concurrency_max;
  if (counters.running.load(std::memory_order_relaxed) > most) {
    Error error = make_error(
        Reason::rate_limited,
        std::format("solution \"{}\": {} calls to it are running, which is its limit", id, most));
    error.solution = id;
    error.retry_after = Milliseconds(kDownMs);
    return fail(std::move(error));
  }
  counters.calls.fetch_add(1, std::memory_order_relaxed);
  return admission;
}

}  // namespace weft::hub

// The heart of weft: a Service takes a Call and answers with a stream of events. Owned by hub.
//
// Threads: a stream belongs to the loop of the executor it was started with; everything on it
// happens there. Back-pressure: a producer goes on only when next() is asked, so a slow reader
// slows its producer, and nothing grows without bound. Law: exactly one End, nothing after it;
// cancel at any point brings End within kCancelBoundMs and frees the upstream.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::hub {

/// The answer to one call. Dropping a stream that has not ended cancels it.
class EventStream {
 public:
  virtual ~EventStream() = default;

  /// The next event. At most one next() is pending; not to be called after End.
  virtual Awaitable<model::Event> next() = 0;
  /// Ends the call: the pending and the later next() yield End with this error; the upstream is
  /// told and let go. Idempotent.
  virtual void cancel(Error why) = 0;
  /// Answers the open questions of the last Ask event; next() then goes on. Errors when nothing is
  /// asked, a key is unknown or data does not fit the question's schema (the question stays open).
  virtual Result<void> answer(model::Answers answers) = 0;
  /// The call outlives its caller from now on: the token of its context does not end it any more.
  /// `before_start` is awaited should the solution be called only later (after a question of the
  /// hub's own).
  using BeforeStart = std::function<Awaitable<Result<void>>()>;
  virtual void detach(BeforeStart before_start) { (void)before_start; }
  /// How far the call has come, for whoever has to find it again.
  struct Reach {
    bool started = true;
    std::optional<model::Accepted> accepted;
  };
  virtual Reach reach() const { return {}; }
};

class Emitter;  // producer.h

/// Who decided that this skill is called with these values: whoever calls, or the hub for a person
/// (consent.h).
enum class Chosen : std::uint8_t { by_caller, by_hub };

/// What a call runs under.
struct CallContext {
  Executor executor;
  SteadyTime deadline;
  CancelToken cancel;
  /// Whoever gave this ends the call at its deadline: no second timer is needed.
  bool watched = false;
  Chosen chosen = Chosen::by_caller;
  /// The same call was made before, in a life of the hub that ended: what was allowed then is.
  bool again = false;
  /// What the hub itself had asked in a life that ended, of a call that nothing was done for yet:
  /// the same question is asked under the same id while it has time left (kAskLeftMinMs).
  std::optional<model::Ask::Consent> asked = std::nullopt;
};

/// One solution's way to be called: an adapter's client, a flow, the concierge, a deployed model.
/// Thread-safe.
class Service {
 public:
  virtual ~Service() = default;

  /// Starts a call. Never fails by itself: what goes wrong is the stream's End. Honours deadline
  /// and cancel.
  virtual std::unique_ptr<EventStream> start(std::shared_ptr<const model::Call> call,
                                             CallContext context) = 0;
  /// The same as a body of the caller's own stream, so that no other stands between; nothing when
  /// only start() can (producer.h). `out` outlives the body, and so must the service.
  virtual std::optional<Awaitable<Result<model::Output>>> produce(
      std::shared_ptr<const model::Call> call, Emitter& out) {
    (void)call, (void)out;
    return std::nullopt;
  }
  /// Takes up a call that the solution accepted before this hub restarted; null when it cannot be
  /// found again.
  virtual std::unique_ptr<EventStream> reattach(std::shared_ptr<const model::Call> call,
                                                model::Accepted accepted, CallContext context) {
    (void)call, (void)accepted, (void)context;
    return nullptr;
  }
  /// Asks the solution for its current description; null when it did not change.
  virtual Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(CallContext context) {
    (void)context;
    co_return nullptr;
  }
};

}  // namespace weft::hub

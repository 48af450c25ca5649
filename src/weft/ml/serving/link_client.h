// The hub's end of one worker on one loop: requests go out together, once a turn of the loop;
// answers are matched by id and resume who waits for them, without an allocation or a lock. Owned
// by the worker's seat and the routes that lead to it; its loop only, unless it says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/timers.h"
#include "weft/ml/ports.h"
#include "weft/ml/serving/invocation.h"
#include "weft/ml/serving/limits.h"
#include "weft/wire/worker_frames.h"

namespace weft::ml {

class LinkCall;

/// How many requests a worker is answering: each loop keeps its own number and reads the others'.
/// Any loop.
class WorkerLoad {
 public:
  explicit WorkerLoad(std::size_t loops) : counts_(loops) {}
  void set(std::size_t loop, std::size_t running) {
    counts_[loop].running.store(static_cast<std::uint32_t>(running), std::memory_order_relaxed);
  }
  std::uint32_t all() const;
  /// Until when a loop waits for an answer that is longer in the making than usual.
  void wait_until(std::size_t loop, SteadyTime until) {
    counts_[loop].until.store(until, std::memory_order_relaxed);
  }
  /// The latest of all loops.
  SteadyTime waited_until() const;

 private:
  struct alignas(64) Count {
    std::atomic<std::uint32_t> running = 0;
    std::atomic<SteadyTime> until = SteadyTime();
  };
  std::vector<Count> counts_;
};

class LinkClient final : public std::enable_shared_from_this<LinkClient>,
                         private WorkerLink::Listener {
 public:
  struct Parts {
    Executor executor;
    std::size_t loop = 0;  ///< its number in `load`
    std::unique_ptr<WorkerLink> link;
    std::shared_ptr<WorkerLoad> load;
    std::string log_stream;  ///< of the worker
    /// Told once when nothing comes any more, unless it was close(); with a reason where the
    /// program hangs: it is there, and to be ended.
    std::move_only_function<void(std::string hangs)> lost = [](const std::string&) {};
    Milliseconds pulse = kWorkerPulse;
    Milliseconds silent_max = kWorkerSilentMax;
  };
  explicit LinkClient(Parts parts);
  ~LinkClient();
  LinkClient(const LinkClient&) = delete;

  /// Begins to listen, and waits until the worker says that it can be asked: what it says of
  /// itself. Once. Errors: Reason::solution_failed with the worker's own words, or without any when
  /// the connection ended; Reason::deadline.
  Awaitable<Result<std::string>> ready(SteadyTime deadline);
  /// Whether it can be asked.
  bool usable() const { return state_ == State::ready; }
  /// Requests that the worker is answering, those of other loops included.
  std::uint32_t load() const { return load_->all(); }
  std::size_t running() const { return running_; }
  /// Waits until nobody waits for an answer, for so long.
  Awaitable<> idle(SteadyTime until);
  /// Whoever waits for an answer gets this instead; the connection is closed. Idempotent; comes
  /// before the last owner lets go.
  void close(const Error& why);

  const std::string& log_stream() const { return log_stream_; }

 private:
  friend class LinkCall;
  enum class State : std::uint8_t { starting, ready, closed };
  struct Slot {
    std::uint32_t id = 0;
    LinkCall* call = nullptr;
  };

  void on_bytes(std::string_view bytes) override;
  void on_closed() override { lose(""); }

  Result<void> begin(LinkCall& call, const Invocation& invocation);
  void drop(LinkCall& call, bool tell_worker);
  Slot* find(std::uint32_t id);
  void grow();
  void take(const wire::WorkerFrame& frame);
  void add(const wire::WorkerFrame& frame);
  void flush();
  void shrink_reader(const wire::WorkerFrame& last);
  void lose(std::string hangs);
  Error broken(std::string_view how) const;
  void let_go();
  void fail_all(const Error& why);
  void watch(SteadyTime deadline);
  void sweep();
  void feel_pulse();
  void on_pulse();
  bool hangs(SteadyTime now) const;

  Executor executor_;
  std::size_t loop_;
  std::unique_ptr<WorkerLink> link_;
  std::shared_ptr<WorkerLoad> load_;
  std::string log_stream_;
  std::move_only_function<void(std::string)> lost_;
  State state_ = State::starting;
  /// What `ready` or `failed` came with.
  std::string said_;
  bool refused_ = false;
  Signal changed_;  ///< for ready()
  Signal idle_;     ///< for idle()

  /// By the low bits of the id, at most half of them taken.
  std::vector<Slot> slots_;
  std::size_t running_ = 0;
  std::uint32_t next_id_ = 1;

  wire::WorkerFrameReader reader_{kWorkerFrameBytesMax};
  std::size_t unread_ = 0;  ///< bytes in the reader that were no whole frame yet
  bool large_ = false;      ///< the reader grew
  std::string out_;
  bool flushing_ = false;

  Timer sweeper_;
  SteadyTime next_sweep_ = SteadyTime::max();
  Timer forget_;  ///< when nobody says how the worker ended

  /// Runs from a request on until all that was asked is answered, also where nobody waits for it
  /// any more.
  Timer pulse_;
  Milliseconds pulse_pause_;
  Milliseconds silent_max_;
  bool feeling_ = false;
  bool heard_ = false;  ///< anything, since the last look
  std::optional<SteadyTime> pinged_;
  std::uint32_t pinged_at_ = 0;  ///< the id of the request that came next
};

/// One request in it; lives where its coroutine waits, and is taken back when it goes.
class LinkCall {
 public:
  LinkCall() = default;
  ~LinkCall() {
    if (link_) link_->drop(*this, /*tell_worker=*/true);
  }
  LinkCall(const LinkCall&) = delete;

  /// Once. `pieces`: they are taken one by one, and not put together in the reply. `cancel`
  /// outlives this. Errors: Reason::unavailable, Reason::rate_limited, Reason::too_large,
  /// Reason::cancelled.
  Result<void> send(LinkClient& link, const Invocation& invocation, SteadyTime deadline,
                    const CancelToken& cancel, bool pieces);
  /// For co_await: until done() or a piece is there.
  [[nodiscard]] auto wait() {
    return suspended([this](Resume waiter) { wait_with(std::move(waiter)); });
  }
  bool done() const { return done_; }
  bool has_piece() const { return next_piece_ < pieces_.size(); }
  /// The piece, as the body of what is known of the reply so far.
  InvocationReply take_piece();
  /// Once it is done. Errors: what ended it.
  Result<InvocationReply> result();

 private:
  friend class LinkClient;
  void wait_with(Resume waiter);
  void wake_now();
  void wake_later();
  void take_part(const wire::WorkerFrame& frame);
  void take_reply(const wire::WorkerFrame& frame);
  /// It is over, and no reply will come.
  void fail_with(Error why);
  /// Nobody waits any more.
  void stop(Error why);

  LinkClient* link_ = nullptr;  ///< while it runs
  std::uint32_t id_ = 0;
  SteadyTime deadline_;
  std::optional<Executor> executor_;
  CancelRegistration registration_;
  std::optional<Resume> waiter_;
  bool wants_pieces_ = false;
  bool done_ = false;
  std::optional<Error> error_;
  InvocationReply reply_;
  std::vector<std::string> pieces_;
  std::size_t next_piece_ = 0;
  std::size_t pieces_bytes_ = 0;
};

}  // namespace weft::ml

#include "weft/base/timers.h"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <map>
#include <optional>
#include <vector>

#include "weft/base/limits.h"

namespace weft {
namespace {

constexpr Milliseconds kTick{kTimerTickMs};

/// The first tick that is not before `when`.
std::int64_t tick_of(SteadyTime when) {
  const auto since = std::chrono::ceil<Milliseconds>(when.time_since_epoch()).count();
  return since <= 0 ? 0 : (since + kTick.count() - 1) / kTick.count();
}

SteadyTime time_of(std::int64_t tick) { return SteadyTime(Milliseconds(tick * kTick.count())); }

}  // namespace

/// The timers of one loop, one list for every tick that has any. Entries live in a slab and are
/// linked by index, so that dropping one is a matter of two links; the list of a tick goes when its
/// last entry goes. One asio timer serves all. Dropping the earliest does not move it, only
/// dropping the last does.
class TimerWheel : public std::enable_shared_from_this<TimerWheel> {
 public:
  explicit TimerWheel(boost::asio::io_context& context) : alarm_(std::in_place, context) {}

  Timer add(SteadyTime when, std::move_only_function<void()> action) {
    Timer timer;
    if (!alarm_) return timer;
    const std::int64_t tick = std::max(tick_of(when), running_tick_ + 1);
    timer.id_ = insert(tick, std::move(action));
    timer.wheel_ = shared_from_this();
    if (!armed_tick_ || tick < *armed_tick_) arm(tick);
    return timer;
  }

  void drop(std::uint64_t id) {
    const auto index = static_cast<std::uint32_t>(id);
    Entry& entry = entries_[index];
    if (entry.generation != static_cast<std::uint32_t>(id >> 32)) return;
    // What the action holds may drop other timers as it goes: let go of it last.
    const auto action = take(index);
    if (lists_.empty() && armed_tick_) disarm();
  }

  /// The loop goes: drops every action.
  void close() {
    alarm_.reset();
    lists_.clear();
    const auto entries = std::move(entries_);
    entries_.clear();
    // Timers that go now look at an entry that is gone: give them one of another generation.
    entries_.resize(entries.size());
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Entry {
    std::move_only_function<void()> action;
    std::int64_t tick = 0;
    std::uint32_t generation = 0;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };

  std::uint64_t insert(std::int64_t tick, std::move_only_function<void()> action) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Entry& entry = entries_[index];
    auto& head = lists_.try_emplace(tick, kNone).first->second;
    entry.action = std::move(action);
    entry.tick = tick;
    entry.generation += 1;
    entry.previous = kNone;
    entry.next = head;
    if (head != kNone) entries_[head].previous = index;
    head = index;
    return std::uint64_t{entry.generation} << 32 | index;
  }

  std::move_only_function<void()> take(std::uint32_t index) {
    Entry& entry = entries_[index];
    if (entry.next != kNone) entries_[entry.next].previous = entry.previous;
    if (entry.previous != kNone) {
      entries_[entry.previous].next = entry.next;
    } else if (entry.next != kNone) {
      lists_.find(entry.tick)->second = entry.next;
    } else {
      lists_.erase(entry.tick);
    }
    entry.generation += 1;
    free_.push_back(index);
    return std::move(entry.action);
  }

  void arm(std::int64_t tick) {
    armed_tick_ = tick;
    // Setting the time ends the wait before this one; its handler sees another round and does
    // nothing.
    alarm_->expires_at(time_of(tick));
    alarm_->async_wait(
        [self = shared_from_this(), round = ++round_](boost::system::error_code error) {
          if (!error && round == self->round_) self->run();
        });
  }

  /// Nothing is pending: a wait that is still armed would keep a loop without work from ending.
  void disarm() {
    armed_tick_.reset();
    ++round_;
    alarm_->cancel();
  }

  void run() {
    armed_tick_.reset();
    const std::int64_t now =
        std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count() /
        kTick.count();
    running_tick_ = now;
    while (!lists_.empty() && lists_.begin()->first <= now) {
      auto action = take(lists_.begin()->second);
      action();
    }
    if (!alarm_ || lists_.empty()) return;
    const std::int64_t next = lists_.begin()->first;
    if (!armed_tick_ || next < *armed_tick_) arm(next);
  }

  std::optional<boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>>
      alarm_;
  std::map<std::int64_t, std::uint32_t> lists_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::optional<std::int64_t> armed_tick_;
  std::int64_t running_tick_ = -1;
  std::uint64_t round_ = 0;
};

namespace {

/// Ties a wheel to its loop's life.
class TimerService : public boost::asio::execution_context::service {
 public:
  using key_type = TimerService;
  static inline boost::asio::execution_context::id id;

  explicit TimerService(boost::asio::execution_context& context)
      : service(context),
        wheel_(std::make_shared<TimerWheel>(static_cast<boost::asio::io_context&>(context))) {}

  TimerWheel& wheel() { return *wheel_; }

 private:
  void shutdown() override { wheel_->close(); }

  std::shared_ptr<TimerWheel> wheel_;
};

}  // namespace

Timer::Timer(Timer&& other) noexcept
    : wheel_(std::move(other.wheel_)), id_(std::exchange(other.id_, 0)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    wheel_ = std::move(other.wheel_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

Timer::~Timer() { cancel(); }

void Timer::cancel() {
  if (const auto wheel = std::move(wheel_)) wheel->drop(id_);
}

Timer run_at(Executor executor, SteadyTime when, std::move_only_function<void()> action) {
  return boost::asio::use_service<TimerService>(executor.context())
      .wheel()
      .add(when, std::move(action));
}

Timer run_after(Executor executor, Milliseconds delay, std::move_only_function<void()> action) {
  return run_at(executor, std::chrono::steady_clock::now() + delay, std::move(action));
}

Awaitable<bool> sleep_for(Milliseconds delay, CancelToken cancel) {
  if (cancel.cancelled()) co_return false;
  const Executor executor = co_await boost::asio::this_coro::executor;
  Signal done(executor);
  bool due = false;
  const Timer timer = run_after(executor, delay, [&] {
    due = !cancel.cancelled();
    done.notify();
  });
  const CancelRegistration registration = cancel.on_cancel([&] { done.notify(); });
  co_await done.wait();
  co_return due;
}

}  // namespace weft

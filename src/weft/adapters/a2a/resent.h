// Messages that are sent again under their id, because a connection broke or a caller would not
// wait: they get what the first sending led to, and nothing is done twice. Remembered in memory,
// for a while. Owned by the server; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/adapters/a2a/messages.h"
#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"

namespace weft::adapters::a2a {

/// One message, as it is known again.
struct Sending {
  std::string principal;
  /// What it was sent to: a solution, or (empty) the hub.
  std::string solution;
  std::string message_id;
  /// A hash of what it says: some callers give every message the same id.
  std::size_t content = 0;
};

/// What a message led to: a task, or the message that answered it.
struct LedTo {
  TaskId task;
  std::optional<Message> answer;
};

class Resent {
 public:
  explicit Resent(const Clock& clock);

  /// Whether an id can be one message's alone; many callers count, or name every message `m1`.
  static bool unique(std::string_view message_id);

  /// Held by whoever sends a message for the first time. Dropped without a word of what it led to,
  /// it leaves the message as if it had not been sent.
  class First;
  /// One of the two.
  struct Place {
    std::unique_ptr<First> first;
    std::optional<LedTo> led_to;
  };
  /// A message whose first sending has led to nothing yet waits for that. Errors: the wait was
  /// cancelled.
  Awaitable<Result<Place>> place(Sending sending, Executor executor, CancelToken cancel);
  /// Forgets what the message led to: it is sent for the first time.
  std::unique_ptr<First> anew(const Sending& sending);

 private:
  struct Entry;
  struct State;
  std::shared_ptr<State> state_;
};

class Resent::First {
 public:
  First(std::shared_ptr<State> state, std::shared_ptr<Entry> entry);
  ~First();
  First(const First&) = delete;
  First& operator=(const First&) = delete;
  /// At most once.
  void led_to(LedTo what);

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Entry> entry_;
};

}  // namespace weft::adapters::a2a

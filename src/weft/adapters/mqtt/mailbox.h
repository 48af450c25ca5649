// What a call hears of its broker, on the way from the client's loop to the call's. Owned by the
// call, and by whoever delivers; pushed from any thread, read on the call's loop.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include "weft/base/async.h"
#include "weft/net/mqtt_client.h"
#include "weft/wire/mqtt.h"

namespace weft::adapters::mqtt {

/// How a publish of the call's went, how its subscription went, or a message.
using Note = std::variant<net::MqttPublished, Result<void>, wire::MqttPublish>;

class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  /// `executor` is of the call's loop.
  explicit Mailbox(Executor executor) : executor_(executor), changed_(executor) {}

  /// The oldest message is let go where too many wait.
  void push(Note note);
  /// The next; nothing when the time is up or the call was cancelled.
  static Awaitable<std::optional<Note>> next(std::shared_ptr<Mailbox> mailbox, SteadyTime until,
                                             CancelToken cancel);
  /// Drops what is as this message, word for word, and waits: a question that came twice is one.
  void forget_copies(const wire::MqttPublish& message);
  /// Messages that were let go since it was last asked.
  std::size_t take_lost();

 private:
  std::optional<Note> pop();
  void make_room();

  Executor executor_;
  Signal changed_;
  std::mutex mutex_;
  std::deque<Note> notes_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  std::size_t lost_ = 0;
};

}  // namespace weft::adapters::mqtt

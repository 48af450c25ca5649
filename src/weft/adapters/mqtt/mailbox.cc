#include "weft/adapters/mqtt/mailbox.h"

#include <boost/asio/post.hpp>

#include <algorithm>

#include "weft/adapters/mqtt/limits.h"
#include "weft/base/timers.h"

namespace weft::adapters::mqtt {
namespace {

/// Farther away than this is no end at all.
constexpr std::chrono::hours kFarAway{24 * 365};

const wire::MqttPublish* message_of(const Note& note) {
  return std::get_if<wire::MqttPublish>(&note);
}

/// What it holds, its properties included.
std::size_t bytes_of(const wire::MqttPublish& message) {
  std::size_t out = message.topic.size() + message.payload.size() + message.correlation.size();
  for (const auto& [name, value] : message.user)
    out += sizeof(message.user.front()) + name.size() + value.size();
  return out;
}

bool same(const wire::MqttPublish& a, const wire::MqttPublish& b) {
  return a.topic == b.topic && a.payload == b.payload && a.correlation == b.correlation &&
         a.user == b.user;
}

}  // namespace

void Mailbox::push(Note note) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto* message = message_of(note)) {
      ++messages_;
      bytes_ += bytes_of(*message);
    }
    notes_.push_back(std::move(note));
    make_room();
  }
  boost::asio::post(executor_, [self = shared_from_this()] { self->changed_.notify(); });
}

/// The newest stays, however large.
void Mailbox::make_room() {
  while (messages_ > kMailboxMessagesMax || (bytes_ > kMailboxBytesMax && messages_ > 1)) {
    const auto oldest =
        std::ranges::find_if(notes_, [](const Note& note) { return message_of(note) != nullptr; });
    bytes_ -= bytes_of(*message_of(*oldest));
    --messages_;
    ++lost_;
    notes_.erase(oldest);
  }
}

std::optional<Note> Mailbox::pop() {
  const std::lock_guard lock(mutex_);
  if (notes_.empty()) return std::nullopt;
  Note note = std::move(notes_.front());
  notes_.pop_front();
  if (const auto* message = message_of(note)) {
    --messages_;
    bytes_ -= bytes_of(*message);
  }
  return note;
}

Awaitable<std::optional<Note>> Mailbox::next(std::shared_ptr<Mailbox> mailbox, SteadyTime until,
                                             CancelToken cancel) {
  bool late = false;
  Timer timer;
  if (until - std::chrono::steady_clock::now() < kFarAway) {
    timer = run_at(mailbox->executor_, until, [&late, raw = mailbox.get()] {
      late = true;
      raw->changed_.notify();
    });
  }
  const CancelRegistration registration =
      cancel.on_cancel([raw = mailbox.get()] { raw->changed_.notify(); });
  while (!cancel.cancelled()) {
    if (auto note = mailbox->pop()) co_return note;
    if (late) break;
    co_await mailbox->changed_.wait();
  }
  co_return std::nullopt;
}

void Mailbox::forget_copies(const wire::MqttPublish& message) {
  const std::lock_guard lock(mutex_);
  std::erase_if(notes_, [&](const Note& note) {
    const auto* waiting = message_of(note);
    if (waiting == nullptr || !same(*waiting, message)) return false;
    --messages_;
    bytes_ -= bytes_of(*waiting);
    return true;
  });
}

std::size_t Mailbox::take_lost() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_, 0);
}

}  // namespace weft::adapters::mqtt

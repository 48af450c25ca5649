#include "weft/adapters/mqtt/replies.h"

#include "weft/base/ids.h"
#include "weft/base/log.h"

namespace weft::adapters::mqtt {
namespace {

constexpr std::size_t kCorrelationBytes = 12;

}  // namespace

std::string Replies::expect(std::string topic, std::shared_ptr<Mailbox> mailbox) {
  SystemRandom random;
  std::string correlation = random_hex(kCorrelationBytes, random);
  const std::lock_guard lock(mutex_);
  waiting_[correlation] = {std::move(topic), std::move(mailbox)};
  return correlation;
}

void Replies::forget(const std::string& correlation) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(correlation);
}

void Replies::take(const wire::MqttPublish& message) {
  std::shared_ptr<Mailbox> mailbox;
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        message.retain ? waiting_.end() : waiting_.find(std::string_view(message.correlation));
    if (found != waiting_.end() && found->second.topic == message.topic)
      mailbox = found->second.mailbox;
    if (!mailbox) dropped = ++dropped_;
  }
  if (mailbox) return mailbox->push(message);
  log::debug("mqtt: a message on {} answers no call that waits; {} such so far", message.topic,
             dropped);
}

void Replies::heard(const std::string& topic, const Result<void>& told) {
  std::vector<std::shared_ptr<Mailbox>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (told) {
      deaf_.erase(topic);
      return;
    }
    deaf_.insert_or_assign(topic, told.error());
    for (const auto& [correlation, one] : waiting_) {
      if (one.topic == topic) waiting.push_back(one.mailbox);
    }
  }
  for (const auto& mailbox : waiting) mailbox->push(Note(told));
}

std::optional<Error> Replies::deaf(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = deaf_.find(topic);
  return found == deaf_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t Replies::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace weft::adapters::mqtt

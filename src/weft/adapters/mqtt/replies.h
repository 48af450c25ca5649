// Whose reply a message is: calls that wait, by the correlation data of their request. Owned by the
// service and by the subscriptions of its client; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/adapters/mqtt/mailbox.h"

namespace weft::adapters::mqtt {

class Replies {
 public:
  /// The correlation data for a call whose replies come on `topic`: random, so that nobody who was
  /// not told can answer.
  std::string expect(std::string topic, std::shared_ptr<Mailbox> mailbox);
  void forget(const std::string& correlation);
  /// Retained messages, and those of no call that waits, are counted and dropped.
  void take(const wire::MqttPublish& message);
  std::uint64_t dropped() const;
  /// What the broker said when it was asked for the replies on `topic`. Who waits for one there is
  /// told when it refuses.
  void heard(const std::string& topic, const Result<void>& told);
  /// Why no reply on `topic` would be heard; nothing while they are.
  std::optional<Error> deaf(const std::string& topic) const;

 private:
  struct Waiting {
    std::string topic;
    std::shared_ptr<Mailbox> mailbox;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  std::map<std::string, Error, std::less<>> deaf_;
  std::uint64_t dropped_ = 0;
};

}  // namespace weft::adapters::mqtt

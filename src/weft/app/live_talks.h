// Conversations that are being led, so that what a person says meanwhile reaches the one who leads.
// Owned by the concierge; any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/base/async.h"

namespace weft::app {

class ConciergeTalk;

class LiveTalks {
 public:
  /// One at a time leads a conversation.
  class Turn {
   public:
    /// `executor`: the loop of who leads.
    Turn(LiveTalks& of, std::string key, Executor executor);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    /// False while another leads it.
    bool taken() const { return live_ != nullptr; }
    /// Tries once more.
    void take();
    /// From now on until the turn is over it can be spoken to. On the loop of who leads.
    void begin(ConciergeTalk& talk);

   private:
    LiveTalks& of_;
    std::string key_;
    Executor executor_;
    std::shared_ptr<struct Live> live_;
  };

  /// What the one who leads says to that; nothing when it waits for the answer to a question, or
  /// nobody leads.
  Awaitable<std::optional<std::string>> interrupt(std::string key, std::string words);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Live>> led_;
};

}  // namespace weft::app

// The messages of one SSE stream, kept so that a client that lost its connection can go on with
// Last-Event-ID. Shared; any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mcp/mailbox.h"

namespace weft::adapters::mcp {

class Replay {
 public:
  struct Item {
    std::uint64_t seq = 0;
    std::string text;
  };

  explicit Replay(std::string stream);
  const std::string& stream() const { return stream_; }
  /// Keeps a message and gives the event's id: `STREAM.N`. The oldest give way beyond
  /// kReplayBytesMax.
  std::string append(std::string text);
  /// Nothing comes any more.
  void close();
  bool closed() const;
  /// The messages after `seq`, and whether the stream is over.
  std::vector<Item> after(std::uint64_t seq, bool& over) const;
  std::string event_id(std::uint64_t seq) const;
  std::uint64_t head() const;

  /// Wakes `reader` on each change as long as it lives.
  void attach(const std::shared_ptr<Waker>& reader);
  bool has_reader() const;

 private:
  std::vector<std::shared_ptr<Waker>> readers() const;

  const std::string stream_;
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::uint64_t head_ = 0;
  bool closed_ = false;
  std::vector<std::weak_ptr<Waker>> readers_;
};

/// `STREAM.N` taken apart; nothing when it is no event id of this server.
struct EventId {
  std::string stream;
  std::uint64_t seq = 0;
};
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace weft::adapters::mcp

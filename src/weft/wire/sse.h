// Server-sent events, both ways (WHATWG HTML §9.2). Owned by wire; pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

struct SseEvent {
  std::string event;  ///< empty means "message"
  std::string data;
  std::string id;  ///< the last id that the stream named, as the standard has it
  std::optional<std::uint64_t> retry_ms;
  friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

/// Reads events from bytes that come in any pieces. Comments are skipped.
class SseReader {
 public:
  explicit SseReader(std::size_t event_bytes_max);
  /// Adds bytes; errors when one event grows past the limit or is not UTF-8. Nothing can be read
  /// after an error but the events that were whole before it.
  Result<void> feed(std::string_view bytes);
  /// The next whole event; nothing when more bytes are needed. An event that the stream's end cuts
  /// off is never given.
  std::optional<SseEvent> next();
  /// Whether the data of an event has begun and its end has not come: a stream that ends here was
  /// cut off.
  bool unfinished() const {
    constexpr std::string_view kData = "data";
    return has_data_ ||
           (!partial_.empty() && (partial_.starts_with(kData) || kData.starts_with(partial_)));
  }

 private:
  std::string_view skip_begin(std::string_view bytes);
  Result<void> take_lines(std::string_view bytes);
  Result<void> take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void dispatch();

  std::size_t event_bytes_max_;
  std::string partial_;  ///< the line that is not over
  std::deque<SseEvent> ready_;
  SseEvent current_;
  std::size_t current_bytes_ = 0;
  std::size_t mark_seen_ = 0;  ///< bytes of the byte order mark seen, while began_ is false
  bool began_ = false;
  bool after_return_ = false;
  bool has_data_ = false;
  std::string last_id_;
};

/// `event: …`, `id: …`, one `data:` line for each line of the data, and the empty line. What cannot
/// stand in a field (a line end in event or id) is left out.
void write_sse(std::string& out, const SseEvent& event);
void write_sse_data(std::string& out, std::string_view data);
/// A comment line that keeps the connection alive.
inline constexpr std::string_view kSseKeepAlive = ":\n\n";

}  // namespace weft::wire

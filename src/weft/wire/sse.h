// Server-sent events, both ways (WHATWG HTML §9.2). Owned by wire; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

struct SseEvent {
  std::string event;  ///< empty means "message"
  std::string data;
  std::string id;
  std::optional<std::uint64_t> retry_ms;
  friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

/// Reads events from bytes that come in any pieces. Comments are skipped.
class SseReader {
 public:
  explicit SseReader(std::size_t event_bytes_max);
  /// Adds bytes; errors when one event grows past the limit or is not UTF-8.
  Result<void> feed(std::string_view bytes);
  /// The next whole event; nothing when more bytes are needed. An event that the stream's end cuts off is never given.
  std::optional<SseEvent> next();

 private:
  bool take_line(std::string_view line);
  std::size_t event_bytes_max_;
  std::string buffer_;
  std::size_t read_ = 0;
  bool began_ = false;
  SseEvent current_;
  bool has_data_ = false;
  std::string last_id_;
};

/// `event: …`, `id: …`, one `data:` line for each line of the data, and the empty line.
void write_sse(std::string& out, const SseEvent& event);
void write_sse_data(std::string& out, std::string_view data);
/// A comment line that keeps the connection alive.
inline constexpr std::string_view kSseKeepAlive = ":\n\n";

}  // namespace weft::wire

// `application/vnd.amazon.eventstream`: messages with typed headers and two checksums (Smithy,
// "Amazon Event Stream Specification"). Owned by wire; pure.
//
//   u32 length of all | u32 length of the headers | u32 CRC of these eight bytes
//   headers: u8 length, name, u8 type, value … | payload | u32 CRC of all before; big endian
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

struct AwsEvent {
  /// `:message-type`, `:event-type`, `:content-type` … Only strings are told apart; a header of
  /// another type is read over.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
  std::string_view header(std::string_view name) const;
  friend bool operator==(const AwsEvent&, const AwsEvent&) = default;
};

/// A message with headers of strings.
void write_aws_event(std::string& out, const AwsEvent& event);

/// Reads messages from bytes that come in any pieces.
class AwsEventReader {
 public:
  explicit AwsEventReader(std::size_t message_bytes_max) : bytes_max_(message_bytes_max) {}
  void feed(std::string_view bytes) { rest_ += bytes; }
  /// The next whole message; nothing when more bytes are needed. Errors: a length that cannot be, a
  /// checksum that does not fit; nothing can be read after one.
  Result<std::optional<AwsEvent>> next();
  /// Whether a message has begun and is not over.
  bool unfinished() const { return !rest_.empty(); }

 private:
  std::size_t bytes_max_;
  std::string rest_;
};

}  // namespace weft::wire

// HTTP/1.1 heads as values, and the incremental readers of requests and responses (RFC 9110, 9112).
// Owned by wire; pure: bytes in, structs out, no I/O. The grammar is llhttp's; what it leaves open
// is checked in http_reader.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"
#include "weft/wire/headers.h"

namespace weft::wire {

struct RequestHead {
  std::string method;
  /// Origin form: path and query as sent. An absolute-form target is reduced to it.
  std::string target;
  Headers headers;
  bool keep_alive = true;
  bool http_1_0 = false;
  /// Content-Length, when there is one.
  std::optional<std::uint64_t> body_length;
  bool chunked = false;
  bool expect_continue = false;

  std::string_view path() const;
  std::string_view query() const;
  bool has_body() const { return chunked || body_length.value_or(0) > 0; }
};

struct ResponseHead {
  int status = 200;
  Headers headers;
  bool keep_alive = true;
  std::optional<std::uint64_t> body_length;
  bool chunked = false;
};

struct HttpLimits {
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t headers_max = 128;
  std::size_t target_chars_max = 8 * 1024;
  /// Bytes of chunk extensions and trailers together, per message.
  std::size_t chunk_overhead_max = 16 * 1024;
};

/// What a reader found in the bytes it was fed.
enum class HttpStep : std::uint8_t {
  need_more,  ///< everything was used, the message goes on
  head,       ///< the head is whole
  body,       ///< body() holds a piece of the body
  complete,   ///< the message is over; what follows belongs to the next
};

/// Reads one message after another from bytes fed in pieces.
class HttpReader {
 public:
  enum class Kind : std::uint8_t { request, response };
  HttpReader(Kind kind, HttpLimits limits);
  ~HttpReader();
  HttpReader(HttpReader&&) noexcept;

  /// Reads on in `bytes` until the next step; `used` tells how many bytes it took. Errors: the
  /// message breaks the grammar or a limit; nothing more can be read from this connection.
  Result<HttpStep> feed(std::string_view bytes, std::size_t& used);
  /// The piece of the body that the last HttpStep::body found, a view into the bytes fed then.
  std::string_view body() const;
  /// The connection ended: fine between messages and for a response that ends by closing, otherwise
  /// an error.
  Result<HttpStep> finish();
  /// Valid from HttpStep::head until the next message begins.
  RequestHead& request();
  ResponseHead& response();
  /// For responses to HEAD: there is no body whatever the head says. Call it before the head is
  /// fed.
  void expect_no_body();
  /// Whether a message has begun and is not over.
  bool inside_message() const;
  /// The status that a server refuses the request with after feed() failed: 400, 417, 431, 501 or
  /// 505.
  int refusal_status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The head as sent, ending in the empty line; only the fields in `headers` are written. Values are
/// checked: a CR, LF or NUL in one is a bug (WEFT_ASSERT); use valid_header_value() on what came
/// from outside first.
void write_request_head(std::string& out, const RequestHead& head);
void write_response_head(std::string& out, const ResponseHead& head);
bool valid_header_name(std::string_view name);
bool valid_header_value(std::string_view value);
/// `Not Found` for 404.
std::string_view reason_phrase(int status);
/// Whether the field belongs to one hop only and must not be passed on (RFC 9110 §7.6.1).
bool hop_by_hop(std::string_view name);

}  // namespace weft::wire

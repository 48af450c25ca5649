// The pooled HTTP/1.1 client of one loop. Owned by the loop's environment; never touched from
// another thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/base/url.h"
#include "weft/net/egress.h"
#include "weft/net/loop.h"
#include "weft/net/resolver.h"
#include "weft/wire/http.h"

namespace weft::net {

/// Where a request goes: the URL's origin, or a Unix socket on this machine.
struct Origin {
  Url url;
  std::string unix_path;
  /// Who may be connected to; see egress.h.
  Egress egress = Egress::guarded;
};

struct ClientRequest {
  Origin origin;
  std::string method = "GET";
  /// Path and query; empty means the origin URL's own.
  std::string target;
  wire::Headers headers;
  std::string body;
  /// Whole answer at the latest then; for streams: the head, and then `idle_timeout` for each
  /// piece. Left alone: a minute from now.
  SteadyTime deadline;
  Milliseconds idle_timeout{0};
  /// Redirects followed (each hop checked anew, credentials dropped on a change of host); 0 gives
  /// the 3xx back.
  int redirects_max = 0;
  /// Whether an idempotent one may be sent once more when a connection that had served before was
  /// lost under it. False: who asks counts how often it was sent.
  bool repeats = true;
};

inline constexpr std::size_t kViewSlack = 64;

/// The answer: its head, and a body that is read as fast as it is asked for. Dropping it before the
/// end closes the connection, which is how a call is cancelled; after the end the connection goes
/// back to the pool.
class ClientResponse {
 public:
  virtual ~ClientResponse() = default;
  virtual const wire::ResponseHead& head() const = 0;
  /// The next piece, empty at the end; valid until the next call. Errors: cut off, too slow,
  /// cancelled.
  virtual Awaitable<Result<std::string_view>> read_some() = 0;
  /// The rest of the body; Reason::too_large past the limit.
  virtual Awaitable<Result<std::string>> read_all(std::size_t bytes_max) = 0;
  /// The whole body without a wait, valid until the response is dropped, with kViewSlack readable
  /// bytes of no meaning behind it; nothing when some of it has still to come (then the others
  /// read it).
  virtual std::optional<std::string_view> body_at_hand() { return std::nullopt; }
};

struct ClientLimits {
  wire::HttpLimits http;
  std::size_t idle_per_origin_max = 512;
  std::size_t connections_per_origin_max = 1024;
  /// For each: the look-up of the name, the connection, TLS.
  Milliseconds connect_timeout{3'000};
  Milliseconds idle_timeout{60'000};
  std::size_t read_buffer_bytes = 32 * 1024;
  /// Authorities trusted besides the system's (PEM); empty for none.
  std::string ca_file;
  /// Who finds the addresses of a name; empty for one of the client's own that asks the system.
  std::shared_ptr<Resolver> resolver;
};

class HttpClient {
 public:
  static std::unique_ptr<HttpClient> create(Loop& loop, ClientLimits limits);
  virtual ~HttpClient() = default;
  /// Sends and waits for the head. Host, Content-Length and Connection are set here. A request that
  /// a reused connection lost before any byte of an answer came is sent once more on a new one when
  /// its method is idempotent or nothing of it was written. Errors are Reason::unavailable
  /// (refused, reset, DNS, TLS), deadline, cancelled, permission_denied (egress) or
  /// upstream_protocol (not HTTP), and name the origin.
  virtual Awaitable<Result<std::unique_ptr<ClientResponse>>> send(ClientRequest request,
                                                                  CancelToken cancel) = 0;
  /// The same, for a body handed over in pieces while it is being read elsewhere: `next` gives
  /// them, empty at the end.
  using BodySource = std::move_only_function<Awaitable<Result<std::string_view>>()>;
  virtual Awaitable<Result<std::unique_ptr<ClientResponse>>> send_streaming(ClientRequest request,
                                                                            BodySource next,
                                                                            CancelToken cancel) = 0;
  virtual std::size_t idle_connections() const = 0;
};

}  // namespace weft::net

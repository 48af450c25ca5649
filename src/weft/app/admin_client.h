// The command line's way to the running hub: its admin API over the Unix socket or over TCP. Owned
// by a command; one loop.
#pragma once

#include <functional>
#include <string>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/net/http_client.h"

namespace weft::app {

/// Where the hub is: `unix:PATH` or `http://HOST:PORT`, and the key for the latter.
struct HubAddress {
  std::string text;
  std::string key;
};

class AdminClient {
 public:
  AdminClient(net::HttpClient& client, HubAddress address);

  /// The answer's JSON. Errors are the hub's own; Reason::unavailable with param `hub` when it does
  /// not answer.
  Awaitable<Result<json::value>> send(std::string method, std::string path, json::value body);
  Awaitable<Result<json::value>> get(std::string path);
  /// A stream of events: `each` gets name and data until it says false or the stream ends.
  using EachEvent = std::function<bool(const std::string& name, const json::value& data)>;
  Awaitable<Result<void>> stream(std::string method, std::string path, json::value body,
                                 EachEvent each);

  static bool unreachable(const Error& error) { return error.param == "hub"; }
  /// What is said when no answer came from a hub, whose address is `text` as it was given.
  static Error without_answer(const net::Origin& origin, std::string_view text, Error error);
  Result<net::Origin> origin() const;
  const HubAddress& address() const { return address_; }
  net::HttpClient& client() { return client_; }

 private:
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> open(std::string method, std::string path,
                                                               json::value body, Milliseconds wait);
  net::HttpClient& client_;
  HubAddress address_;
};

}  // namespace weft::app

// `weft mcp`: serves the running hub to an MCP client on standard input and output. Lines go to the
// hub's /mcp as they are, answers and notifications come back as lines. A session that the hub
// forgot is begun anew with the client's own words. Owned by the CLI; one loop.
#pragma once

#include <unistd.h>

#include <string>

#include "weft/base/async.h"
#include "weft/base/result.h"
#include "weft/net/http_client.h"

namespace weft::adapters::mcp {

struct StdioBridge {
  /// The hub: its URL, or its Unix socket (then the URL's authority is only shown).
  net::Origin hub;
  /// An API key; empty where none is needed.
  std::string key;
  /// One solution alone; empty for all.
  std::string solution;
  /// Where the client's lines come from and go to; both are duplicated.
  int in = STDIN_FILENO;
  int out = STDOUT_FILENO;
};

/// Serves until the input ends. Errors: the hub cannot be reached, the output is gone.
Awaitable<Result<void>> serve_stdio(net::HttpClient& client, StdioBridge bridge, Executor executor);

}  // namespace weft::adapters::mcp

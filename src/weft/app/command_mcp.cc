#include "weft/adapters/mcp/stdio_bridge.h"
#include "weft/app/command_run.h"
#include "weft/net/loop.h"

namespace weft::app {
namespace {

Awaitable<> bridge(net::Loop& loop, const HubOptions& hub, const std::string& solution,
                   Result<void>& done) {
  auto client = net::HttpClient::create(loop, {});
  AdminClient admin(*client, hub.address);
  auto origin = admin.origin();
  if (!origin) {
    done = std::unexpected(origin.error());
    co_return;
  }
  adapters::mcp::StdioBridge settings;
  settings.hub = *std::move(origin);
  settings.key = hub.address.key;
  settings.solution = solution;
  done = co_await adapters::mcp::serve_stdio(*client, std::move(settings), loop.executor());
}

}  // namespace

Exit run_mcp(const HubOptions& hub, const std::string& solution) {
  Result<void> done;
  net::run_alone([&](net::Loop& loop) { return bridge(loop, hub, solution, done); });
  if (done) return Exit::done;
  const Printer printer(false);
  return printer.error(done.error(),
                       "start a hub with `weft up`, or say where it is with --hub or WEFT_HUB",
                       Exit::unreachable);
}

}  // namespace weft::app

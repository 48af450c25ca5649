#include "weft/app/command_run.h"

#include "weft/net/loop.h"

namespace weft::app {
namespace {

Exit report(const Printer& printer, const Error& error) {
  if (AdminClient::unreachable(error)) {
    return printer.error(error,
                         "start one with `weft up`, or say where it is with --hub or WEFT_HUB",
                         Exit::unreachable);
  }
  if (error.reason == Reason::unauthenticated) {
    return printer.error(error,
                         "over TCP the hub wants an admin key: WEFT_KEY=… (make one with `weft key "
                         "new NAME --admin`)",
                         Exit::failed);
  }
  return printer.error(error, "", Exit::failed);
}

Awaitable<> run_body(net::Loop& loop, const HubOptions& hub, const CommandBody& body,
                     const Printer& printer, Exit& exit) {
  net::ClientLimits limits;
  limits.connect_timeout = Milliseconds(5'000);
  auto client = net::HttpClient::create(loop, limits);
  AdminClient admin(*client, hub.address);
  auto done = co_await body(admin, printer);
  exit = done ? *done : report(printer, done.error());
}

}  // namespace

Exit exit_of(const Error& error) {
  const bool by_hub = error.reason == Reason::invalid_argument && error.upstream_status == 0;
  return error.solution.empty() || by_hub ? Exit::failed : Exit::solution_error;
}

Exit run_command(const HubOptions& hub, CommandBody body) {
  const Printer printer(hub.json);
  Exit exit = Exit::failed;
  net::run_alone([&](net::Loop& loop) { return run_body(loop, hub, body, printer, exit); });
  return exit;
}

}  // namespace weft::app

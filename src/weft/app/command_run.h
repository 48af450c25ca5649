// How a command runs: a loop of its own, the hub's answer, and what is printed when it fails. Owned
// by app.
#pragma once

#include <functional>

#include "weft/app/commands.h"
#include "weft/base/async.h"

namespace weft::app {

/// The body of a command: talks to the hub and says how it ended.
using CommandBody = std::function<Awaitable<Result<Exit>>(AdminClient&, const Printer&)>;

/// What a call ends with whose error this is: arguments that the hub itself refused never reached
/// the solution.
Exit exit_of(const Error& error);

/// Runs it and prints its error, with the hint that fits.
Exit run_command(const HubOptions& hub, CommandBody body);

}  // namespace weft::app

// The command line: what can be said, its help, and which command runs. Owned by app; main thread.
#pragma once

namespace weft::app {

/// Runs `weft` with these arguments; the exit code.
int run_cli(int argc, char** argv);

}  // namespace weft::app

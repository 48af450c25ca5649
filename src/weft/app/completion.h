// The bash completion of `weft`, made from its command line. Owned by app.
#pragma once

#include <string>
#include <vector>

namespace weft::app {

/// A command and what may follow it: `weft task show` and `--hub --json --help`.
struct CompletedCommand {
  std::string path;
  std::vector<std::string> words;
};

std::string completion_script(const std::vector<CompletedCommand>& commands);

}  // namespace weft::app

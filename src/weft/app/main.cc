#include <cstdio>
#include <exception>
#include <print>
#include <string_view>

#include "weft/app/cli.h"
#include "weft/app/process.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "up") weft::app::keep_freed_memory_at_hand(argv);
  try {
    return weft::app::run_cli(argc, argv);
  } catch (const std::exception& caught) {
    // Nothing is known to get here: a library found no memory, or the current folder is gone.
    std::print(stderr, "error: {}\n", caught.what());
    return 1;
  }
}

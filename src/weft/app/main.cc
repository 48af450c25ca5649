#include <string_view>

#include "weft/app/cli.h"
#include "weft/app/process.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "up") weft::app::keep_freed_memory_at_hand(argv);
  return weft::app::run_cli(argc, argv);
}

# What ./dev says about itself. Sourced by ./dev.

dev_help() {
  cat <<'TEXT'
usage: ./dev COMMAND [ARGUMENT…]

  demo [--once]                 start the city and the hub, let every SDK call every solution
  test [--preset P] [FILTER]    build and run the tests (FILTER: a ctest regular expression)
  build [PRESET [TARGET…]]      build; PRESET is dev (default), release, asan or tsan
  bench [NAME [OPTION…]]        run the benchmarks (direct, nginx and weft in one run)
  lint [--fix] [--changed BASE] clang-format, the house laws and clang-tidy
  nightly [PIECE…]              whole clang-tidy, tsan, 10,000 kills, ten minutes of every fuzzer
  shell [-c CMD]                a shell where weft is built
  clean                         remove the build trees of this checkout

examples:
  ./dev demo --once
  ./dev test net
  ./dev build release
TEXT
}

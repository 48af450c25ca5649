#include "weft/ml/worker/program.h"

#include <signal.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <optional>
#include <print>

#include "weft/ml/ports.h"

namespace weft::ml::worker {
namespace {

std::atomic<bool> wanted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void want_stop(int) { wanted = true; }

std::optional<int> to_descriptor(std::string_view text) {
  int out = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != end || out < 0) return std::nullopt;
  return out;
}

}  // namespace

Result<Arguments> read_arguments(std::span<char* const> arguments) {
  const auto wrong = [] {
    return fail(Reason::invalid_argument,
                "a worker is started by weft: train|serve --root DIR [--link-fd N]…");
  };
  if (arguments.size() < 2) return wrong();
  Arguments out;
  out.command = arguments[1];
  if (out.command != "train" && out.command != "serve") return wrong();
  for (std::size_t i = 2; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 == arguments.size()) return wrong();
    const std::string_view value = arguments[i + 1];
    if (name == "--root") {
      out.root = value;
      continue;
    }
    const auto descriptor = to_descriptor(value);
    if (!descriptor) return wrong();
    if (name == "--link-fd") {
      out.links.push_back(*descriptor);
    } else {
      return wrong();
    }
  }
  return out;
}

void watch_for_stop() {
  struct sigaction action{};
  action.sa_handler = want_stop;
  ::sigaction(SIGTERM, &action, nullptr);
  // Whoever does not listen any more is no reason to die.
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignored, nullptr);
}

bool stop_wanted() { return wanted; }

void tell_progress(std::int64_t done, std::int64_t total) {
  std::println(R"({}{{"progress":{{"done":{},"total":{}}}}})", kStatusMark, done, total);
  std::fflush(stdout);
}

}  // namespace weft::ml::worker

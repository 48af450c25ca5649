// Jobs of BlazingText, and Debian's fastText program beside them, for tests. Owned by the test.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <string>
#include <vector>

#include "weft/ml/algorithms/blazingtext/engine/host.h"
#include "weft/ml/algorithms/blazingtext/engine/train.h"
#include "weft/ml/worker/testing.h"

namespace weft::ml::blazingtext {

inline std::filesystem::path golden() {
  return std::filesystem::path(WEFT_SOURCE) / "src/weft/ml/algorithms/blazingtext/engine/golden";
}

struct Job : worker::TestJob {
  /// One thread, small matrices; `more` on top.
  explicit Job(std::map<std::string, std::string, std::less<>> more)
      : TestJob([&] {
          more.try_emplace("mode", "supervised");
          more.try_emplace("vector_dim", "8");
          more.try_emplace("buckets", "500");
          more.try_emplace("min_count", "1");
          more.try_emplace("learning_rate", "0.5");
          return more;
        }()) {
    view.threads = 1;
  }
  std::filesystem::path text(const std::string& name, std::string_view lines) {
    return file(name, "text/plain", "a.txt", lines);
  }
  std::string why() const {
    const auto trained = train(view, watch);
    return trained ? std::string() : trained.error().message;
  }
};

/// Lines about three things, which a few epochs tell apart.
inline std::string lines(int begin, int end) {
  static constexpr std::array kThings = {"ship sea sail wind port crew",
                                         "oven bread flour dough salt yeast",
                                         "goal ball team match win fans"};
  std::string out;
  for (int i = begin; i < end; ++i) {
    const std::string_view words = kThings[static_cast<std::size_t>(i % 3)];
    out += std::format("__label__{}", i % 3);
    for (int k = 0; k < 4; ++k) {
      // A word of the thing, one of the others now and then.
      const bool other = (i * 7 + k * 3) % 11 == 0;
      const std::string_view of = other ? kThings[static_cast<std::size_t>((i + 1) % 3)] : words;
      int skip = (i * 5 + k * k + i / 3) % 6;
      std::size_t at = 0;
      while (skip-- > 0) at = of.find(' ', at) + 1;
      out += std::format(" {}", of.substr(at, of.find(' ', at) - at));
    }
    out += '\n';
  }
  return out;
}

/// What `fasttext WORDS…` says; nothing when there is no such program or it fails.
inline std::optional<std::string> program(std::vector<std::string> words) {
  words.insert(words.begin(), "fasttext");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  WEFT_ASSERT(::pipe(ends.data()) == 0);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int started =
      ::posix_spawnp(&child, "fasttext", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string out;
  std::string piece(4096, '\0');
  for (ssize_t got = 0; started == 0 && (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    out.append(piece, 0, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  if (started != 0 || ::waitpid(child, &status, 0) < 0 || status != 0) return std::nullopt;
  return out;
}

}  // namespace weft::ml::blazingtext

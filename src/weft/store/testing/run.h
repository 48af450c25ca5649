// Runs one coroutine to its end on a loop of its own; and a directory that goes with the test. For tests of the store.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "weft/base/async.h"

namespace weft::store::testing {

template <class T>
Awaitable<> keep(Awaitable<T> work, std::optional<T>& out) {
  out.emplace(co_await std::move(work));
}

/// The answer of `work`, which must come without anyone's doing.
template <class T>
T run(Awaitable<T> work) {
  boost::asio::io_context loop;
  std::optional<T> out;
  boost::asio::co_spawn(loop, keep(std::move(work), out), boost::asio::detached);
  loop.run();
  WEFT_ASSERT(out.has_value());
  return std::move(*out);
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-store-XXXXXX").string();
    WEFT_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weft::store::testing

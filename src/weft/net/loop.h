// Loops: one io_context and one thread a core; a connection never changes its loop. Beside them one
// in the background may be asked for: no server's connections are on it, so that what holds it up
// (programs that are started, files) holds up nobody's call. Owned by app; start and stop from the
// main thread.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "weft/base/async.h"

namespace weft::net {

class Loop {
 public:
  explicit Loop(std::string name);
  /// Of its thread; 15 characters at most.
  const std::string& name() const { return name_; }
  boost::asio::io_context& io() { return io_; }
  Executor executor() { return io_.get_executor(); }

 private:
  std::string name_;
  boost::asio::io_context io_;
};

class Loops {
 public:
  enum class Background : std::uint8_t { none, one };
  explicit Loops(std::size_t serving, Background background = Background::none);
  ~Loops();
  /// Of all; those that serve come first.
  std::size_t size() const { return loops_.size(); }
  std::size_t serving() const { return serving_; }
  Loop& at(std::size_t index) { return *loops_[index]; }
  /// Of those made with one.
  Loop& background() { return *loops_[serving_]; }
  /// Runs each loop in a thread of its own. Errors: the system gives no more threads (those that
  /// began are stopped again).
  [[nodiscard]] Result<void> start();
  bool running() const { return !threads_.empty(); }
  /// Lets what is ready run, then joins the threads. What still waits on a socket or a timer is
  /// dropped: end it first (HttpServer::drain(), TaskGroup::join()).
  void stop();

 private:
  std::size_t serving_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<boost::asio::executor_work_guard<Executor>> work_;
};

/// Runs a coroutine to its end on a loop of its own in this thread: for tests and the CLI. An
/// exception out of it is thrown on.
void run_alone(std::move_only_function<Awaitable<>(Loop&)> main);

}  // namespace weft::net

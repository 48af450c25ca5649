// A descriptor of the system's and what its readiness means: pipes, processes, sockets of our own.
// Owned by who waits; one loop.
#pragma once

#include <unistd.h>

#include <functional>
#include <utility>

#include "weft/net/poller.h"

namespace weft::net {

class Handle final : private Watch {
 public:
  /// Takes the descriptor (non-blocking) and closes it in the end; -1 is one that is closed.
  Handle(Poller& poller, int fd, std::move_only_function<void()> ready)
      : poller_(poller), fd_(fd), ready_(std::move(ready)) {
    WEFT_ASSERT(fd_ < 0 || poller_.add(fd_, *this));
  }
  ~Handle() { close(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void close() {
    if (fd_ < 0) return;
    poller_.remove(fd_, *this);
    ::close(std::exchange(fd_, -1));
  }
  /// Says again that it is ready, when everything else had its turn.
  void later() {
    if (!std::exchange(resting_, true)) poller_.later(*this);
  }
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  void on_ready(std::uint32_t events) override {
    if (events == 0) resting_ = false;
    if (!resting_) ready_();
  }
  Poller& poller_;
  bool resting_ = false;
  int fd_;
  std::move_only_function<void()> ready_;
};

}  // namespace weft::net

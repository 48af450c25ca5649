// A process beside the test, forked from it, and one that it has forked itself: for what belongs to
// a process, and for what is left when one is killed.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <utility>

namespace weft::testing {

class Forked {
 public:
  /// Returns when `work` has been done there and the other process has a child, which has all that
  /// was opened. Both do nothing more; the child lives as long as this object.
  explicit Forked(const std::function<int()>& work) {
    std::array<int, 2> told{};
    std::array<int, 2> life{};
    if (::pipe(told.data()) != 0 || ::pipe(life.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(life[1]);
      const int value = work();
      if (::fork() != 0 && ::write(told[1], &value, sizeof(value)) < 0) std::_Exit(1);
      char byte = 0;
      while (::read(life[0], &byte, 1) > 0) {
      }
      std::_Exit(0);
    }
    ::close(told[1]);
    ::close(life[0]);
    life_ = life[1];
    if (::read(told[0], &value_, sizeof(value_)) != sizeof(value_)) value_ = -1;
    ::close(told[0]);
  }
  ~Forked() {
    kill();
    ::close(life_);
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  int pid() const { return pid_; }
  /// What `work` returned; -1 when it did not.
  int value() const { return value_; }
  /// The one process, not the child of it.
  void kill() {
    if (std::exchange(killed_, true)) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  int pid_ = -1;
  int life_ = -1;
  int value_ = -1;
  bool killed_ = false;
};

}  // namespace weft::testing

// Readiness of sockets, one Poller a loop: every socket is registered once, edge-triggered, so that
// a wait costs no system call and the end of the other side is seen with its last bytes. Owned by
// its loop; that loop's thread only.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <deque>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/net/limits.h"

namespace weft::net {

/// Who is told that a descriptor became ready.
class Watch {
 public:
  /// `events` as epoll names them (EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR); 0 is the
  /// answer to Poller::later().
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Watch() = default;
};

class Poller final : public boost::asio::execution_context::service {
 public:
  using key_type = Poller;
  static boost::asio::execution_context::id id;

  explicit Poller(boost::asio::execution_context& context);
  ~Poller() override;
  /// Whether the system gave what it waits with; else add() always fails.
  bool usable() const { return fd_ >= 0; }
  /// The poller of the loop that the executor belongs to.
  static Poller& of(Executor executor);

  /// False when the kernel refuses the descriptor.
  bool add(int fd, Watch& watch);
  /// To be called before the descriptor is closed; nothing is told to the watch after it.
  void remove(int fd, Watch& watch);
  /// Tells the watch once more, when everything else that is ready had its turn.
  void later(Watch& watch);
  /// The time when the current batch of events began; outside one, the time it is. A loop that
  /// slept does not count a new connection's seconds from when it fell asleep.
  SteadyTime now() const { return count_ > 0 ? now_ : std::chrono::steady_clock::now(); }
  Executor executor() const { return executor_; }

 private:
  void shutdown() override;
  bool may_look_again() const;
  void arm();
  void run();

  Executor executor_;
  boost::asio::posix::basic_stream_descriptor<Executor> descriptor_;
  int fd_ = -1;
  std::array<epoll_event, kEventsMax> events_{};
  std::deque<Watch*> later_;
  int index_ = 0;
  int count_ = 0;
  std::size_t watches_ = 0;
  bool armed_ = false;
  SteadyTime now_;
  /// When the last batch of events was done with, and how long such a wait lasts: a running mean.
  SteadyTime idle_since_;
  SteadyTime::duration pace_ = kPaceGapMax;
};

}  // namespace weft::net

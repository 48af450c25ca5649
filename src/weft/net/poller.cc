#include "weft/net/poller.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <sched.h>
#include <unistd.h>

namespace weft::net {

boost::asio::execution_context::id Poller::id;

Poller::Poller(boost::asio::execution_context& context)
    : service(context),
      executor_(static_cast<boost::asio::io_context&>(context).get_executor()),
      descriptor_(executor_),
      fd_(::epoll_create1(EPOLL_CLOEXEC)),
      now_(std::chrono::steady_clock::now()) {
  if (fd_ >= 0) descriptor_.assign(fd_);
}

Poller::~Poller() = default;

Poller& Poller::of(Executor executor) {
  return boost::asio::use_service<Poller>(
      static_cast<boost::asio::io_context&>(executor.context()));
}

void Poller::shutdown() {
  // The loop goes; what still watches is told nothing more.
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  fd_ = -1;
}

bool Poller::add(int fd, Watch& watch) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watch;
  if (fd_ < 0 || ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) return false;
  ++watches_;
  arm();
  return true;
}

void Poller::remove(int fd, Watch& watch) {
  std::erase(later_, &watch);
  if (fd_ < 0) return;
  epoll_event none{};
  ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, &none);
  --watches_;
  for (int i = index_; i < count_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == &watch)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
}

void Poller::later(Watch& watch) {
  later_.push_back(&watch);
  boost::asio::post(executor_, [this] {
    // Less are left than were posted for when some were removed.
    if (later_.empty()) return;
    Watch* const next = later_.front();
    later_.pop_front();
    next->on_ready(0);
  });
}

/// Waking a thread that sleeps costs more than many answers take. While events follow each other
/// closely the loop looks again at once, for a moment and without holding the core against others;
/// one that has nothing to do sleeps.
bool Poller::may_look_again() const {
  return pace_ < kSpinPace && std::chrono::steady_clock::now() - idle_since_ < kSpinTime;
}

void Poller::arm() {
  if (armed_ || watches_ == 0) return;
  armed_ = true;
  if (may_look_again()) {
    boost::asio::post(executor_, [this] {
      armed_ = false;
      run();
    });
    return;
  }
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](boost::system::error_code error) {
                           armed_ = false;
                           if (!error) run();
                         });
}

void Poller::run() {
  if (fd_ < 0) return;
  now_ = std::chrono::steady_clock::now();
  count_ = ::epoll_wait(fd_, events_.data(), kEventsMax, 0);
  if (count_ <= 0) {
    count_ = 0;
    ::sched_yield();
    return arm();
  }
  pace_ += (std::min<SteadyTime::duration>(now_ - idle_since_, kPaceGapMax) - pace_) / 8;
  for (index_ = 0; index_ < count_;) {
    const epoll_event event = events_[static_cast<std::size_t>(index_++)];
    if (event.data.ptr != nullptr) static_cast<Watch*>(event.data.ptr)->on_ready(event.events);
  }
  index_ = count_ = 0;
  idle_since_ = std::chrono::steady_clock::now();
  arm();
}

}  // namespace weft::net

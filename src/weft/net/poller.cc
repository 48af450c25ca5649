#include "weft/net/poller.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

namespace weft::net {

boost::asio::execution_context::id Poller::id;

Poller::Poller(boost::asio::execution_context& context)
    : service(context),
      executor_(static_cast<boost::asio::io_context&>(context).get_executor()),
      descriptor_(executor_),
      fd_(::epoll_create1(EPOLL_CLOEXEC)),
      now_(std::chrono::steady_clock::now()) {
  WEFT_ASSERT(fd_ >= 0);
  descriptor_.assign(fd_);
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
  if (fd_ < 0) return;
  epoll_event none{};
  ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, &none);
  --watches_;
  for (int i = index_; i < count_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == &watch)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
}

void Poller::arm() {
  if (armed_ || watches_ == 0) return;
  armed_ = true;
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
  for (index_ = 0; index_ < count_;) {
    const epoll_event event = events_[static_cast<std::size_t>(index_++)];
    if (event.data.ptr != nullptr) static_cast<Watch*>(event.data.ptr)->on_ready(event.events);
  }
  index_ = count_ = 0;
  arm();
}

}  // namespace weft::net

#include "weft/adapters/mcp/pumps.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <vector>

namespace weft::adapters::mcp {

void Pumps::run(Executor executor, Awaitable<> work, std::function<void()> stop) {
  std::list<std::function<void()>>::iterator mine;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    mine = stops_.insert(stops_.end(), stop);
    late = stopping_;
  }
  boost::asio::co_spawn(executor, std::move(work),
                        [self = shared_from_this(), mine](const std::exception_ptr& error) {
                          if (error) std::rethrow_exception(error);
                          const std::lock_guard lock(self->mutex_);
                          self->stops_.erase(mine);
                          self->ended_.notify_all();
                        });
  if (late) stop();
}

void Pumps::stop(Milliseconds bound) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  const std::vector<std::function<void()>> stops(stops_.begin(), stops_.end());
  lock.unlock();
  for (const auto& stop : stops) stop();
  lock.lock();
  ended_.wait_for(lock, bound, [this] { return stops_.empty(); });
}

}  // namespace weft::adapters::mcp

#include "weft/base/work_pool.h"

#include <pthread.h>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace weft {

struct WorkPool::State {
  const std::size_t threads_max;
  const std::size_t waiting_max;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Job>> jobs;
  std::size_t idle = 0;
  bool closed = false;
  std::vector<std::thread> threads;

  void work() {
    ::pthread_setname_np(::pthread_self(), "weft-work");
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      wake.wait(lock, [this] { return closed || !jobs.empty(); });
      --idle;
      if (jobs.empty()) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job->run();
      finish(std::move(job));
      lock.lock();
    }
  }

  /// Under the lock. One thread at least is needed; without more it only takes longer.
  Result<void> grow() {
    if (idle >= jobs.size() || threads.size() >= threads_max) return {};
    try {
      threads.emplace_back([this] { work(); });
    } catch (const std::system_error& refused) {
      if (threads.empty()) {
        return fail(Reason::unavailable,
                    std::string("the system gives no thread: ") + refused.what());
      }
    }
    return {};
  }
};

WorkPool::WorkPool(std::size_t threads_max, std::size_t waiting_max)
    : state_(new State{.threads_max = threads_max, .waiting_max = waiting_max}) {
  WEFT_ASSERT(threads_max > 0);
}

WorkPool::~WorkPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closed = true;
  }
  state_->wake.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void WorkPool::push(std::shared_ptr<Job> job) {
  Result<void> taken;
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->closed || state_->jobs.size() >= state_->waiting_max) {
      taken =
          weft::fail(Reason::rate_limited, "there is more to do than can wait; try again shortly");
    } else {
      state_->jobs.push_back(job);
      taken = state_->grow();
      if (!taken) state_->jobs.pop_back();
    }
  }
  if (taken) return state_->wake.notify_one();
  job->fail(std::move(taken).error());
  finish(std::move(job));
}

void WorkPool::finish(std::shared_ptr<Job> job) {
  const Executor executor = *job->executor;
  boost::asio::post(executor, [job = std::move(job)] { std::exchange(job->done, nullptr)(); });
}

}  // namespace weft

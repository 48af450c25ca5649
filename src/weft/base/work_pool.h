// Threads for work that would hold up a loop: files, digests. Owned by app; run() from any loop,
// the work runs on one of the pool's threads, the answer comes back on the caller's loop. Every
// loop that waits for an answer outlives the pool.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "weft/base/async.h"

namespace weft {

class WorkPool {
 public:
  /// Threads are made when there is work for them, at most this many; past `waiting_max` pieces of
  /// work that no thread has taken yet, more is refused (Reason::rate_limited).
  WorkPool(std::size_t threads_max, std::size_t waiting_max);
  /// Does what is waiting, then ends.
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;

  template <class T>
  Awaitable<Result<T>> run(std::move_only_function<Result<T>()> work) {
    auto job = std::make_shared<JobOf<T>>(std::move(work));
    job->executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::async_initiate<decltype(kAwait), void()>(
        [this, job](auto handler) {
          job->done = std::move(handler);
          push(job);
        },
        kAwait);
    co_return std::move(*job->result);
  }

 private:
  struct Job {
    virtual ~Job() = default;
    virtual void run() = 0;
    virtual void fail(Error error) = 0;
    std::optional<Executor> executor;
    boost::asio::any_completion_handler<void()> done;
  };
  template <class T>
  struct JobOf final : Job {
    explicit JobOf(std::move_only_function<Result<T>()> of) : work(std::move(of)) {}
    void run() override {
      result = work();
      work = nullptr;
    }
    void fail(Error error) override { result = std::unexpected(std::move(error)); }
    std::move_only_function<Result<T>()> work;
    std::optional<Result<T>> result;
  };
  struct State;

  void push(std::shared_ptr<Job> job);
  static void finish(std::shared_ptr<Job> job);

  std::unique_ptr<State> state_;
};

}  // namespace weft

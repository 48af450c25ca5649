// The threads around one SQLite file: one writer, which alone writes and checkpoints, and a few
// readers. Owned by sqlite::Store; write() and read() from any loop, the work runs on their
// threads, the answer comes back on the caller's loop.
//
// The writer takes whatever is queued and commits it as one transaction: nothing waits for a timer,
// and many flows share one sync. A system error on the disk ends the process: after a failed sync
// nothing that was written can be trusted.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "weft/base/async.h"
#include "weft/store/sqlite/connection.h"

namespace weft::store::sqlite {

/// A piece of work for one of the threads, and whom to tell.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run(Connection& connection) = 0;
  virtual void fail(const Error& error) = 0;

  std::size_t bytes = 0;
  std::optional<Executor> executor;
  boost::asio::any_completion_handler<void()> done;
};

template <class T>
class JobOf final : public Job {
 public:
  using Work = std::move_only_function<Result<T>(Connection&)>;
  explicit JobOf(Work work) : work_(std::move(work)) {}
  void run(Connection& connection) override { result = work_(connection); }
  void fail(const Error& error) override { result = std::unexpected(error); }

  std::optional<Result<T>> result;

 private:
  Work work_;
};

/// What waits for a thread, bounded in records and bytes.
class Queue {
 public:
  Queue(std::size_t records_max, std::size_t bytes_max)
      : records_max_(records_max), bytes_max_(bytes_max) {}
  /// Gives the job back as failed, through its executor, when there is no room.
  void push(std::shared_ptr<Job> job);
  /// Waits for work; takes at most that much (but one at least). Empty: closed and drained.
  std::vector<std::shared_ptr<Job>> take(std::size_t records, std::size_t bytes);
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::size_t bytes_ = 0;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  const std::size_t records_max_;
  const std::size_t bytes_max_;
};

class Database {
 public:
  struct Hooks {
    std::function<void(std::string_view)> at_point;  ///< never empty
    std::function<void()> rolled_back;  ///< on the writer: what it remembered may not be so
    int checkpoint_pages = 0;
  };
  Database(std::unique_ptr<Connection> writer, std::vector<std::unique_ptr<Connection>> readers,
           Hooks hooks);
  /// Commits what is queued, answers what is asked, and stops.
  ~Database();
  /// Starts the threads. Errors: the system gives none.
  [[nodiscard]] Result<void> start();

  /// Runs `work` inside the writer's next transaction; the answer comes after the commit. An error
  /// that `work` returns by itself must leave the database as it was: the transaction goes on.
  template <class T>
  Awaitable<Result<T>> write(std::size_t bytes, typename JobOf<T>::Work work) {
    return ask<T>(writes_, bytes, std::move(work));
  }
  /// Runs `work` on a reader, inside one snapshot, for at most kReadTimeMax.
  template <class T>
  Awaitable<Result<T>> read(typename JobOf<T>::Work work) {
    return ask<T>(reads_, 0, std::move(work));
  }

 private:
  template <class T>
  static Awaitable<Result<T>> ask(Queue& queue, std::size_t bytes, typename JobOf<T>::Work work) {
    auto job = std::make_shared<JobOf<T>>(std::move(work));
    job->bytes = bytes;
    job->executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::async_initiate<decltype(kAwait), void()>(
        [&queue, job](auto handler) {
          job->done = std::move(handler);
          queue.push(job);
        },
        kAwait);
    co_return std::move(*job->result);
  }
  void write_all();
  void commit(const std::vector<std::shared_ptr<Job>>& batch);
  void checkpoint();
  void read_all(Connection& connection);

  std::unique_ptr<Connection> writer_;
  std::vector<std::unique_ptr<Connection>> readers_;
  Hooks hooks_;
  int wal_pages_ = 0;
  int checkpointed_pages_ = 0;
  bool failing_ = false;
  bool alarmed_ = false;
  Queue writes_;
  Queue reads_;
  std::vector<std::jthread> threads_;
};

}  // namespace weft::store::sqlite

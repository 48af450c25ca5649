#include "weft/store/sqlite/database.h"

#include <pthread.h>
#include <sqlite3.h>
#include <boost/asio/post.hpp>

#include <cstdio>
#include <cstdlib>
#include <format>
#include <system_error>

#include "weft/base/log.h"
#include "weft/store/limits.h"

namespace weft::store::sqlite {
namespace {

constexpr std::int64_t kPageBytes = 4'096;

/// Tells everyone, with one post for each run of jobs of the same loop.
void finish(std::span<const std::shared_ptr<Job>> jobs) {
  while (!jobs.empty()) {
    const Executor executor = *jobs.front()->executor;
    std::size_t same = 1;
    while (same < jobs.size() && *jobs[same]->executor == executor) ++same;
    std::vector<std::shared_ptr<Job>> mine(jobs.begin(),
                                           jobs.begin() + static_cast<std::ptrdiff_t>(same));
    boost::asio::post(executor, [mine = std::move(mine)] {
      for (const auto& job : mine) std::exchange(job->done, nullptr)();
    });
    jobs = jobs.subspan(same);
  }
}

/// The file or its disk cannot be trusted any more; what was acknowledged is on it, the rest nobody
/// was told of.
void end_if_disk_failed(Connection& connection) {
  if (!connection.disk_failed()) return;
  const auto failure = connection.take_failure();
  std::fprintf(stderr, "weft: the disk failed, stopping at once: %s\n",
               failure.error().message.c_str());
  std::abort();
}

void name_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}  // namespace

void Queue::push(std::shared_ptr<Job> job) {
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_ && jobs_.size() < records_max_ &&
        (jobs_.empty() || bytes_ + job->bytes <= bytes_max_)) {
      bytes_ += job->bytes;
      jobs_.push_back(std::move(job));
      if (waiting_ > 0) wake_.notify_one();
      return;
    }
  }
  Error error = make_error(Reason::rate_limited,
                           "the journal has more to do than it can take; try again shortly");
  error.retry_after = kQueueRetryAfter;
  job->fail(error);
  finish(std::span(&job, 1));
}

std::vector<std::shared_ptr<Job>> Queue::take(std::size_t records, std::size_t bytes) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  --waiting_;
  std::vector<std::shared_ptr<Job>> out;
  std::size_t taken = 0;
  while (!jobs_.empty() && out.size() < records &&
         (out.empty() || taken + jobs_.front()->bytes <= bytes)) {
    taken += jobs_.front()->bytes;
    out.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  bytes_ -= taken;
  return out;
}

void Queue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  wake_.notify_all();
}

Database::Database(std::unique_ptr<Connection> writer,
                   std::vector<std::unique_ptr<Connection>> readers, Hooks hooks)
    : writer_(std::move(writer)),
      readers_(std::move(readers)),
      hooks_(std::move(hooks)),
      writes_(kWriteQueueRecordsMax, kWriteQueueBytesMax),
      reads_(kReadQueueMax, kWriteQueueBytesMax) {
  sqlite3_wal_hook(
      writer_->raw(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

Result<void> Database::start() {
  try {
    threads_.emplace_back([this] {
      name_thread("weft-journal");
      write_all();
    });
    for (const auto& reader : readers_) {
      threads_.emplace_back([this, connection = reader.get()] {
        name_thread("weft-reader");
        read_all(*connection);
      });
    }
  } catch (const std::system_error& refused) {
    return fail(Reason::unavailable,
                std::format("the system gives no thread for the database ({}): raise `ulimit -u`",
                            refused.code().message()));
  }
  return {};
}

Database::~Database() {
  writes_.close();
  reads_.close();
  threads_.clear();
}

void Database::write_all() {
  while (true) {
    const auto batch = writes_.take(kBatchRecordsMax, kBatchBytesMax);
    if (batch.empty()) return;
    commit(batch);
    // Fewer pages than at the last checkpoint: the log began anew.
    if (wal_pages_ < checkpointed_pages_) checkpointed_pages_ = 0;
    if (wal_pages_ - checkpointed_pages_ >= hooks_.checkpoint_pages) checkpoint();
  }
}

void Database::commit(const std::vector<std::shared_ptr<Job>>& batch) {
  hooks_.at_point("batch");
  writer_->execute("BEGIN IMMEDIATE");
  for (const auto& job : batch) {
    if (writer_->failed()) break;
    job->run(*writer_);
  }
  hooks_.at_point("written");
  writer_->execute("COMMIT");
  if (writer_->failed()) {
    end_if_disk_failed(*writer_);
    const auto failure = writer_->take_failure();
    if (writer_->in_transaction()) writer_->execute("ROLLBACK");
    end_if_disk_failed(*writer_);
    (void)writer_->take_failure();
    hooks_.rolled_back();
    if (!std::exchange(failing_, true))
      log::error("the journal cannot write: {}", failure.error().message);
    for (const auto& job : batch) job->fail(failure.error());
  } else {
    hooks_.at_point("committed");
    if (std::exchange(failing_, false)) log::info("the journal writes again");
  }
  finish(batch);
}

void Database::checkpoint() {
  hooks_.at_point("checkpoint");
  int pages = 0;
  int taken = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(writer_->raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &taken);
  if (code != SQLITE_OK) {
    writer_->fail_with(code);
    end_if_disk_failed(*writer_);
    // A reader in the way or a full disk: the log grows on and is taken later.
    (void)writer_->take_failure();
  }
  hooks_.at_point("checkpointed");
  const bool large = pages * kPageBytes > kWalAlarmBytes;
  if (large && !alarmed_) {
    log::warn("the journal's log has grown to {} MiB: it could not be taken into the database",
              pages / 256);
  }
  alarmed_ = large;
  checkpointed_pages_ = wal_pages_;
}

void Database::read_all(Connection& connection) {
  while (true) {
    const auto jobs = reads_.take(1, kWriteQueueBytesMax);
    if (jobs.empty()) return;
    connection.set_time_limit(kReadTimeMax);
    connection.execute("BEGIN");
    jobs.front()->run(connection);
    connection.execute("COMMIT");
    connection.set_time_limit(Milliseconds(0));
    if (const auto failure = connection.take_failure(); !failure) {
      jobs.front()->fail(failure.error());
      if (connection.in_transaction()) connection.execute("ROLLBACK");
      (void)connection.take_failure();
    }
    finish(jobs);
  }
}

}  // namespace weft::store::sqlite

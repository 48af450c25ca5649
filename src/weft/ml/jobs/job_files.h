// The files of a job while it runs: SageMaker's container view (`/opt/ml`) as a folder. Owned by
// its run; one loop.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/work_pool.h"
#include "weft/ml/jobs/training_job.h"
#include "weft/ml/ports.h"
#include "weft/store/objects.h"

namespace weft::ml {

/// Where a job's program finds its files inside of the sandbox.
inline constexpr std::string_view kJobRoot = "/opt/ml";

struct JobLimits {
  int threads = 1;
  std::uint64_t memory_bytes = 0;
};

class JobFiles {
 public:
  /// What may take long is done on the pool.
  JobFiles(std::filesystem::path folder, store::Objects& objects, WorkPool& pool)
      : folder_(std::move(folder)), objects_(objects), pool_(pool) {}

  const std::filesystem::path& folder() const { return folder_; }
  /// Empty folders and the files of `input/config`; what was there before is gone, but for the
  /// checkpoints.
  Awaitable<Result<void>> make(const TrainingJob& job, JobLimits limits) const;
  /// The channels' objects, the source of a script and the checkpoints, in their places. Errors
  /// name the channel and the address: no objects, no bucket, what cannot be read.
  /// Given up between two objects, or pieces of one, when it is cancelled.
  Awaitable<Result<void>> fetch(const TrainingJob& job, CancelToken cancel) const;
  /// The folder as the program sees it. What it was given can only be read, but for the channels
  /// that are its own copies (`code`, `sm_drivers`).
  std::vector<Bind> binds(const TrainingJob& job) const;
  /// Whether an object that the store did not take, for this reason, is tried once more.
  using Again = std::function<Awaitable<bool>(Error)>;
  struct Kept {
    std::optional<ObjectUri> model;     ///< nothing when it left none
    std::vector<std::string> left_out;  ///< what is no file: `output/data/link`
  };
  /// What the program left: the model, its other output, the checkpoints. A folder that it made a
  /// link to somewhere else is none.
  Awaitable<Result<Kept>> keep(const TrainingJob& job, Again again) const;
  /// Whether a run that was interrupted has left any.
  bool has_checkpoints() const;
  /// What it wrote to `output/failure`, at most kFailureCharsMax of it.
  std::string failure() const;
  Awaitable<Result<void>> remove() const;

 private:
  Result<void> empty() const;
  Result<void> fill(const TrainingJob& job, const JobLimits& limits) const;
  Awaitable<Result<void>> fetch_channel(const Channel& channel, CancelToken cancel) const;
  Awaitable<Result<void>> fetch_source(const TrainingSpec& spec) const;
  Awaitable<Result<void>> fetch_checkpoints(const ObjectUri& from, CancelToken cancel) const;
  /// A `link` may be the store's own file; a `copy` is the program's to write.
  enum class As : std::uint8_t { link, copy };
  Awaitable<Result<std::size_t>> fetch_all(const ObjectUri& from, std::filesystem::path to, As as,
                                           CancelToken cancel) const;
  Awaitable<Result<bool>> copy(std::string bucket, std::string key, std::filesystem::path to,
                               CancelToken cancel) const;
  Awaitable<Result<void>> take(std::filesystem::path file, ObjectUri to, store::ObjectMeta meta,
                               const Again& again) const;
  Awaitable<Result<std::size_t>> keep_folder(std::string_view name, ObjectUri to,
                                             const Again& again, Kept& kept) const;
  bool has_folder(const std::filesystem::path& name) const;

  std::filesystem::path folder_;
  store::Objects& objects_;
  WorkPool& pool_;
};

}  // namespace weft::ml

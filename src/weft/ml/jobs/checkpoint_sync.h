// What a running program leaves in its folder of checkpoints, on its way to the store. Owned by a
// job's run; one loop.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/ml/jobs/training_job.h"
#include "weft/store/objects.h"

namespace weft::ml {

class CheckpointSync {
 public:
  /// `root`: the job's folder, with `checkpoints` in it.
  CheckpointSync(std::string job, std::filesystem::path root, ObjectUri to, store::Objects& objects)
      : job_(std::move(job)), root_(std::move(root)), to_(std::move(to)), objects_(objects) {}

  /// Looks until `ended`; an upload that is under way by then is given up between two pieces.
  /// Errors go to weft's own log, once until all is well again.
  Awaitable<> run(Milliseconds every, CancelToken ended);
  /// Uploads the files that have changed since they were uploaded, and not since the look before:
  /// none that is being written. Nothing that a link leads to. Errors: the last upload that failed
  /// (the next look tries it again); Reason::too_large past kCheckpointEntriesMax.
  Awaitable<Result<void>> look(CancelToken ended);

 private:
  /// Another one is another file, or one that was written to.
  struct Stamp {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
    static Stamp of(const struct stat& status);
  };
  struct Seen {
    Stamp stamp;
    std::optional<Stamp> uploaded;
  };
  struct Found {
    /// By their names in the job's folder.
    std::map<std::filesystem::path, Stamp> files;
    bool all = true;
    bool too_many = false;
  };

  Found find() const;
  /// False when the file is another one meanwhile, or the job has ended.
  Awaitable<Result<bool>> upload(std::filesystem::path name, Stamp stamp, CancelToken ended);
  Awaitable<Result<bool>> put(std::filesystem::path name, Stamp stamp, CancelToken ended);

  std::string job_;
  std::filesystem::path root_;
  ObjectUri to_;
  store::Objects& objects_;
  std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace weft::ml

#include "weft/ml/jobs/checkpoint_sync.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/ml/limits.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "checkpoints";
constexpr std::size_t kPieceBytes = 1024 * 1024;

/// A file below `root`, through no link: the program may put one anywhere at any moment.
Result<File> open_below(const fs::path& root, const fs::path& name) {
  File folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const fs::path& part : name.parent_path()) {
    if (folder.descriptor() < 0) break;
    folder = File(
        ::openat(folder.descriptor(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (folder.descriptor() < 0) return fail(file_error("open", root / name, errno));
  return File::open(
      std::format("/proc/self/fd/{}/{}", folder.descriptor(), name.filename().string()));
}

}  // namespace

CheckpointSync::Stamp CheckpointSync::Stamp::of(const struct stat& status) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {.inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
}

CheckpointSync::Found CheckpointSync::find() const {
  Found out;
  const fs::path folder = root_ / kFolder;
  std::error_code error;
  if (fs::symlink_status(folder, error).type() != fs::file_type::directory) return out;
  std::size_t entries = 0;
  fs::recursive_directory_iterator each(folder, fs::directory_options::skip_permission_denied,
                                        error);
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    if (++entries > kCheckpointEntriesMax) {
      out.too_many = true;
      break;
    }
    if (each.depth() >= kCheckpointDepthMax) each.disable_recursion_pending();
    struct stat status{};
    if (::lstat(each->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      out.files.emplace(each->path().lexically_relative(root_), Stamp::of(status));
  }
  out.all = !error && !out.too_many;
  return out;
}

Awaitable<Result<bool>> CheckpointSync::put(fs::path name, Stamp stamp, CancelToken ended) {
  const auto file = open_below(root_, name);
  if (!file) co_return false;
  WEFT_CO_TRY(const struct stat before, file->status());
  if (Stamp::of(before) != stamp) co_return false;
  const ObjectUri to = to_ / name.lexically_relative(kFolder).string();
  WEFT_CO_TRY(const auto writer, co_await objects_.put(to.bucket, to.key));
  for (std::uint64_t offset = 0; offset < stamp.size;) {
    if (ended.cancelled()) co_return false;
    const auto rest = std::min<std::uint64_t>(stamp.size - offset, kPieceBytes);
    WEFT_CO_TRY(std::string piece, file->read(offset, static_cast<std::size_t>(rest)));
    if (piece.empty()) break;
    offset += piece.size();
    WEFT_CO_CHECK(co_await writer->write(std::move(piece)));
  }
  WEFT_CO_TRY(const struct stat after, file->status());
  if (Stamp::of(after) != stamp) co_return false;
  store::ObjectMeta meta;
  WEFT_CO_CHECK(co_await writer->commit(std::move(meta)));
  co_return true;
}

Awaitable<Result<bool>> CheckpointSync::upload(fs::path name, Stamp stamp, CancelToken ended) {
  auto done = co_await put(name, stamp, ended);
  if (done || done.error().code != Code::not_found) co_return done;
  // As it is made for what the job leaves at its end.
  (void)co_await objects_.make_bucket(to_.bucket);
  co_return co_await put(std::move(name), stamp, std::move(ended));
}

Awaitable<Result<void>> CheckpointSync::look(CancelToken ended) {
  const Found found = find();
  Result<void> out;
  std::map<fs::path, Seen> now;
  for (const auto& [name, stamp] : found.files) {
    if (ended.cancelled()) co_return out;
    const auto before = seen_.find(name);
    const bool known = before != seen_.end();
    Seen& file = now[name];
    file = {.stamp = stamp, .uploaded = known ? before->second.uploaded : std::nullopt};
    if (!known || before->second.stamp != stamp || file.uploaded == stamp) continue;
    const auto done = co_await upload(name, stamp, ended);
    if (!done) {
      out = fail(done.error());
    } else if (*done) {
      file.uploaded = stamp;
    }
  }
  if (!found.all) now.merge(seen_);
  seen_ = std::move(now);
  if (out && found.too_many) {
    out = fail(Reason::too_large,
               std::format("the folder has more than {} entries; the rest is uploaded at its end",
                           kCheckpointEntriesMax));
  }
  co_return out;
}

Awaitable<> CheckpointSync::run(Milliseconds every, CancelToken ended) {
  bool well = true;
  while (true) {
    const bool due = co_await sleep_for(every, ended);
    if (!due) co_return;
    const auto looked = co_await look(ended);
    if (!looked && well) {
      log::error("training job {}: not all of its checkpoints are in the store, trying again: {}",
                 job_, looked.error().message);
    }
    well = looked.has_value();
  }
}

}  // namespace weft::ml

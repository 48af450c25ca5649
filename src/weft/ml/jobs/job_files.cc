#include "weft/ml/jobs/job_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <format>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/text.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/job_tree.h"
#include "weft/ml/jobs/object_place.h"
#include "weft/ml/limits.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

/// Of UTF-8, four bytes a character at most.
constexpr std::size_t kFailureBytesMax = 4 * kFailureCharsMax;
constexpr std::size_t kPageObjects = 1'000;
constexpr std::size_t kPieceBytes = 1024 * 1024;
/// Where checkpoints come to: their own folder has all of them or none, whatever ends weft.
constexpr std::string_view kComing = "coming";
/// What each attempt begins without.
constexpr std::array<std::string_view, 6> kEmptied = {kComing,  "input",     "model",
                                                      "output", "artifacts", "scratch"};
/// Those that the SageMaker SDK sends a program in: it makes its files executable where they lie,
/// and a program writes beside itself.
constexpr std::array<std::string_view, 2> kWritableChannels = {"code", "sm_drivers"};

bool is_writable(const Channel& channel) {
  return std::ranges::find(kWritableChannels, channel.name) != kWritableChannels.end();
}

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(file_error("make", path, error.value()));
  return {};
}

/// In the place of an empty folder. All of it is on the disk before its name is.
Result<void> move_into_place(const fs::path& from, const fs::path& to) {
  const File folder(::open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.descriptor() < 0 || ::syncfs(folder.descriptor()) != 0 ||
      ::rename(from.c_str(), to.c_str()) != 0) {
    return fail(file_error("keep", to, errno));
  }
  return {};
}

json::object hyperparameters_of(const TrainingJob& job) {
  json::object out;
  for (const auto& [name, value] : job.spec.hyperparameters) out[name] = value;
  return out;
}

json::object channels_of(const TrainingJob& job) {
  json::object out;
  for (const Channel& channel : job.spec.channels) {
    json::object about{{"TrainingInputMode", channel.input_mode},
                       {"S3DistributionType", channel.distribution},
                       {"RecordWrapperType", "None"}};
    if (!channel.content_type.empty()) about["ContentType"] = channel.content_type;
    out[channel.name] = std::move(about);
  }
  return out;
}

/// One machine, in the one group that SageMaker has for machines of one type.
json::object resources_of(const TrainingJob& job) {
  constexpr std::string_view kHost = "algo-1";
  constexpr std::string_view kGroup = "homogeneousCluster";
  // As the toolkits call a machine that has no type.
  const std::string type = job.spec.instance_type.empty() ? "local" : job.spec.instance_type;
  json::object group{
      {"instance_group_name", kGroup}, {"instance_type", type}, {"hosts", json::array{kHost}}};
  return {{"current_host", kHost},
          {"current_instance_type", type},
          {"current_group_name", kGroup},
          {"hosts", json::array{kHost}},
          {"instance_groups", json::array{std::move(group)}},
          {"network_interface_name", "lo"}};
}

}  // namespace

Result<void> JobFiles::empty() const {
  // A program may have closed its own /opt/ml.
  std::error_code none;
  fs::permissions(folder_, fs::perms::owner_all, fs::perm_options::add, none);
  for (const std::string_view old : kEmptied) WEFT_CHECK(remove_tree(folder_ / old));
  if (has_folder("checkpoints")) return {};
  return remove_tree(folder_ / "checkpoints");
}

Awaitable<Result<void>> JobFiles::make(const TrainingJob& job, JobLimits limits) const {
  std::move_only_function<Result<void>()> work = [this] { return empty(); };
  WEFT_CO_CHECK(co_await pool_.run<void>(std::move(work)));
  co_return fill(job, limits);
}

Result<void> JobFiles::fill(const TrainingJob& job, const JobLimits& limits) const {
  for (const char* name : {"input/config", "input/data", "model", "output/data", "checkpoints",
                           "artifacts", "scratch"})
    WEFT_CHECK(make_folder(folder_ / name));
  const fs::path config = folder_ / "input/config";
  const auto write = [&](const char* name, const json::object& object) {
    return write_file(config / name, json::write(object));
  };
  WEFT_CHECK(write("hyperparameters.json", hyperparameters_of(job)));
  WEFT_CHECK(write("inputdataconfig.json", channels_of(job)));
  WEFT_CHECK(write("resourceconfig.json", resources_of(job)));
  json::object own{{"threads", limits.threads}, {"memory_bytes", limits.memory_bytes}};
  // Without a place for them they only serve weft itself, should it be interrupted.
  own["checkpoints"] =
      job.spec.checkpoints ? job.spec.checkpoint_folder : std::string(kCheckpointFolder);
  own["checkpoint_every_s"] = job.spec.checkpoints ? 0 : kOwnCheckpointEveryS;
  return write("weft.json", own);
}

Awaitable<Result<bool>> JobFiles::copy(std::string bucket, std::string key, fs::path to,
                                       CancelToken cancel) const {
  WEFT_CO_TRY(const auto reader, co_await objects_.open(std::move(bucket), std::move(key)));
  if (!reader) co_return false;
  WEFT_CO_CHECK(make_folder(to.parent_path()));
  WEFT_CO_TRY(File file, File::make(to));
  std::uint64_t offset = 0;
  while (true) {
    if (cancel.cancelled()) co_return fail(cancel.why());
    WEFT_CO_TRY(const std::string piece, co_await reader->read(offset, kPieceBytes));
    if (piece.empty()) co_return true;
    WEFT_CO_CHECK(file.write(piece, to));
    offset += piece.size();
  }
}

Awaitable<Result<std::size_t>> JobFiles::fetch_all(const ObjectUri& from, fs::path to, As as,
                                                   CancelToken cancel) const {
  std::size_t count = 0;
  store::ObjectQuery query{.prefix = from.key, .delimiter = "", .after = "", .limit = kPageObjects};
  while (true) {
    std::string bucket = from.bucket;
    WEFT_CO_TRY(const store::ObjectPage page, co_await objects_.list(std::move(bucket), query));
    for (const store::ObjectInfo& object : page.objects) {
      if (cancel.cancelled()) co_return fail(cancel.why());
      const auto place = object_place(object.key, from.key);
      if (!place) continue;
      if (++count > kChannelObjectsMax) {
        co_return fail(Reason::too_large, std::format("{} holds more than {} objects", from.str(),
                                                      kChannelObjectsMax));
      }
      std::string key = object.key;
      std::string of = from.bucket;
      fs::path file = to / *place;
      auto work = as == As::copy ? copy(std::move(of), std::move(key), std::move(file), cancel)
                                 : objects_.fetch(std::move(of), std::move(key), std::move(file));
      WEFT_CO_TRY(const bool there, co_await std::move(work));
      if (!there) --count;
    }
    if (!page.next) co_return count;
    query.after = *page.next;
  }
}

Awaitable<Result<void>> JobFiles::fetch_channel(const Channel& channel, CancelToken cancel) const {
  fs::path to = folder_ / "input/data" / channel.name;
  WEFT_CO_CHECK(make_folder(to));
  const As as = is_writable(channel) ? As::copy : As::link;
  auto fetched = co_await fetch_all(channel.from, std::move(to), as, std::move(cancel));
  if (!fetched) {
    fetched.error().message = std::format("channel {}: {}", channel.name, fetched.error().message);
    co_return fail(std::move(fetched).error());
  }
  if (*fetched > 0) co_return Result<void>();
  // As SageMaker puts it.
  co_return fail(Reason::invalid_argument,
                 std::format("No S3 objects found under S3 URL \"{}\" given in input data source. "
                             "Please ensure that the bucket exists in the selected region, that "
                             "objects exist under that S3 prefix, and that the role can list it.",
                             channel.from.str()));
}

Awaitable<Result<void>> JobFiles::fetch_source(const TrainingSpec& spec) const {
  if (!wants_script(spec)) co_return Result<void>();
  WEFT_CO_TRY(const auto from, source_archive(spec));
  if (!from) co_return Result<void>();
  fs::path to = folder_ / "input/config" / kSourceArchive;
  WEFT_CO_TRY(const bool there, co_await objects_.fetch(from->bucket, from->key, std::move(to)));
  if (there) co_return Result<void>();
  co_return fail(Reason::invalid_argument,
                 std::format("the source archive {} does not exist", from->str()));
}

Awaitable<Result<void>> JobFiles::fetch(const TrainingJob& job, CancelToken cancel) const {
  WEFT_CO_CHECK(co_await fetch_source(job.spec));
  for (const Channel& channel : job.spec.channels)
    WEFT_CO_CHECK(co_await fetch_channel(channel, cancel));
  if (job.spec.checkpoints)
    WEFT_CO_CHECK(co_await fetch_checkpoints(*job.spec.checkpoints, std::move(cancel)));
  co_return Result<void>();
}

/// Those of an interrupted run are newer than what the store has.
Awaitable<Result<void>> JobFiles::fetch_checkpoints(const ObjectUri& from,
                                                    CancelToken cancel) const {
  if (has_checkpoints()) co_return Result<void>();
  fs::path draft = folder_ / kComing;
  WEFT_CO_CHECK(make_folder(draft));
  // A program may go on writing the one that it was given.
  auto fetched = co_await fetch_all(from, draft, As::copy, std::move(cancel));
  if (!fetched && fetched.error().code != Code::not_found) co_return fail(fetched.error());
  if (!fetched || *fetched == 0) co_return Result<void>();
  std::move_only_function<Result<void>()> work = [draft, to = folder_ / "checkpoints"] {
    return move_into_place(draft, to);
  };
  co_return co_await pool_.run<void>(std::move(work));
}

std::vector<Bind> JobFiles::binds(const TrainingJob& job) const {
  const fs::path root(kJobRoot);
  const fs::path config = "input/config";
  std::vector<Bind> out;
  out.reserve(job.spec.channels.size() + 3);
  out.push_back({.from = folder_, .to = root, .writable = true});
  out.push_back({.from = folder_ / config, .to = root / config, .writable = false});
  for (const Channel& channel : job.spec.channels) {
    if (is_writable(channel)) continue;
    const fs::path data = fs::path("input/data") / channel.name;
    out.push_back({.from = folder_ / data, .to = root / data, .writable = false});
  }
  if (job.spec.checkpoints && job.spec.checkpoint_folder != kCheckpointFolder) {
    out.push_back(
        {.from = folder_ / "checkpoints", .to = job.spec.checkpoint_folder, .writable = true});
  }
  return out;
}

/// Whether it is a folder of the job's own: a program can put a link to any place of the machine
/// where it, or one above it, was.
bool JobFiles::has_folder(const fs::path& name) const {
  fs::path at = folder_;
  return std::ranges::all_of(name, [&](const fs::path& part) {
    at /= part;
    std::error_code none;
    return fs::symlink_status(at, none).type() == fs::file_type::directory;
  });
}

bool JobFiles::has_checkpoints() const {
  std::error_code error;
  return has_folder("checkpoints") && !fs::is_empty(folder_ / "checkpoints", error) && !error;
}

Awaitable<Result<void>> JobFiles::take(fs::path file, ObjectUri to, store::ObjectMeta meta,
                                       const Again& again) const {
  while (true) {
    fs::path from = file;
    store::ObjectMeta about = meta;
    const auto taken = co_await objects_.take(std::move(from), to.bucket, to.key, std::move(about));
    if (taken) co_return Result<void>();
    const bool once_more = co_await again(taken.error());
    if (!once_more) co_return fail(taken.error());
  }
}

Awaitable<Result<std::size_t>> JobFiles::keep_folder(std::string_view name, ObjectUri to,
                                                     const Again& again, Kept& kept) const {
  if (!has_folder(name)) co_return 0;
  const fs::path from = folder_ / name;
  std::move_only_function<Result<FilesBelow>()> work = [from] { return files_below(from); };
  WEFT_CO_TRY(const FilesBelow found, co_await pool_.run<FilesBelow>(std::move(work)));
  for (const fs::path& other : found.others)
    kept.left_out.push_back(other.lexically_relative(folder_).string());
  for (const fs::path& file : found.files) {
    ObjectUri place = to / fs::relative(file, from).string();
    fs::path path = file;
    store::ObjectMeta meta;
    WEFT_CO_CHECK(co_await take(std::move(path), std::move(place), std::move(meta), again));
  }
  co_return found.files.size();
}

Awaitable<Result<JobFiles::Kept>> JobFiles::keep(const TrainingJob& job, Again again) const {
  const ObjectUri output = job.spec.output / job.spec.name / "output";
  Kept kept;
  std::error_code error;
  if (job.spec.output_compressed) {
    for (const char* name : {"model.tar.gz", "output.tar.gz"}) {
      fs::path file = folder_ / "artifacts" / name;
      if (!has_folder("artifacts") || !fs::exists(file, error)) continue;
      const ObjectUri to = output / name;
      store::ObjectMeta meta{.content_type = "application/x-tar", .headers = {}, .checksums = {}};
      WEFT_CO_CHECK(co_await take(std::move(file), to, std::move(meta), again));
      if (std::string_view(name).starts_with("model")) kept.model = to;
    }
  } else {
    ObjectUri to = output / "model";
    WEFT_CO_TRY(const std::size_t files, co_await keep_folder("model", to, again, kept));
    if (files > 0) kept.model = std::move(to);
    WEFT_CO_TRY(const std::size_t others,
                co_await keep_folder("output/data", output / "output", again, kept));
    (void)others;
  }
  if (job.spec.checkpoints) {
    ObjectUri to = *job.spec.checkpoints;
    WEFT_CO_TRY(const std::size_t files,
                co_await keep_folder("checkpoints", std::move(to), again, kept));
    (void)files;
  }
  co_return kept;
}

std::string JobFiles::failure() const {
  if (!has_folder("output")) return "";
  const auto file = File::open(folder_ / "output/failure");
  if (!file) return "";
  const auto text = file->read(0, kFailureBytesMax);
  return text ? std::string(first_characters(mended_utf8(*text), kFailureCharsMax)) : "";
}

Awaitable<Result<void>> JobFiles::remove() const {
  std::move_only_function<Result<void>()> work = [folder = folder_] { return remove_tree(folder); };
  co_return co_await pool_.run<void>(std::move(work));
}

}  // namespace weft::ml

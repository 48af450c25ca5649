#include "weft/ml/jobs/job_files.h"

#include <algorithm>
#include <format>
#include <system_error>

#include "weft/base/file.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/limits.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFailureBytesMax = 64 * 1024;
constexpr std::size_t kPageObjects = 1'000;

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(file_error("make", path, error.value()));
  return {};
}

/// Where an object's bytes go under the folder: behind the prefix's last slash, and behind its last
/// word where that is a folder of the object's (`s3://b/train` and `s3://b/train/` both give
/// `a.csv` for `train/a.csv`; `s3://b/tr` gives `train.csv` for `train.csv`).
std::string place_of(std::string_view key, std::string_view prefix) {
  const std::size_t base = prefix.rfind('/') + 1;  // 0 without a slash
  std::string_view rest = key.substr(base);
  const std::string_view last = prefix.substr(base);
  const bool folder =
      !last.empty() && rest.starts_with(last) && rest.substr(last.size()).starts_with('/');
  if (folder) rest.remove_prefix(last.size() + 1);
  return std::string(rest);
}

/// No key can name a place outside of its folder.
bool safe(std::string_view place) {
  if (place.empty() || place.ends_with('/')) return false;
  while (true) {
    const auto end = std::min(place.find('/'), place.size());
    const std::string_view segment = place.substr(0, end);
    if (segment.empty() || segment == "." || segment == ".." || segment.size() > 255 ||
        segment.contains('\0'))
      return false;
    if (end == place.size()) return true;
    place.remove_prefix(end + 1);
  }
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

json::object hosts() {
  return {{"current_host", "algo-1"},
          {"hosts", json::array{"algo-1"}},
          {"network_interface_name", "lo"}};
}

}  // namespace

Result<void> JobFiles::make(const TrainingJob& job, const JobLimits& limits) const {
  std::error_code error;
  for (const char* old : {"input", "model", "output", "artifacts"})
    fs::remove_all(folder_ / old, error);
  for (const char* name :
       {"input/config", "input/data", "model", "output/data", "checkpoints", "artifacts"})
    WEFT_CHECK(make_folder(folder_ / name));
  const fs::path config = folder_ / "input/config";
  const auto write = [&](const char* name, const json::object& object) {
    return write_file(config / name, json::write(object));
  };
  WEFT_CHECK(write("hyperparameters.json", hyperparameters_of(job)));
  WEFT_CHECK(write("inputdataconfig.json", channels_of(job)));
  WEFT_CHECK(write("resourceconfig.json", hosts()));
  json::object own{{"threads", limits.threads}, {"memory_bytes", limits.memory_bytes}};
  // Without a place for them they only serve weft itself, should it be interrupted.
  own["checkpoints"] =
      job.spec.checkpoints ? job.spec.checkpoint_folder : std::string(kCheckpointFolder);
  own["checkpoint_every_s"] = job.spec.checkpoints ? 0 : kOwnCheckpointEveryS;
  return write("weft.json", own);
}

Awaitable<Result<std::size_t>> JobFiles::fetch_all(const ObjectUri& from, fs::path to) const {
  std::size_t count = 0;
  store::ObjectQuery query{.prefix = from.key, .delimiter = "", .after = "", .limit = kPageObjects};
  while (true) {
    std::string bucket = from.bucket;
    WEFT_CO_TRY(const store::ObjectPage page, co_await objects_.list(std::move(bucket), query));
    for (const store::ObjectInfo& object : page.objects) {
      const std::string place = place_of(object.key, from.key);
      if (!safe(place)) continue;
      if (++count > kChannelObjectsMax) {
        co_return fail(Reason::too_large, std::format("{} holds more than {} objects", from.str(),
                                                      kChannelObjectsMax));
      }
      std::string key = object.key;
      std::string of = from.bucket;
      fs::path file = to / place;
      WEFT_CO_TRY(const bool there,
                  co_await objects_.fetch(std::move(of), std::move(key), std::move(file)));
      if (!there) --count;
    }
    if (!page.next) co_return count;
    query.after = *page.next;
  }
}

Awaitable<Result<void>> JobFiles::fetch_channel(const Channel& channel) const {
  fs::path to = folder_ / "input/data" / channel.name;
  WEFT_CO_CHECK(make_folder(to));
  auto fetched = co_await fetch_all(channel.from, std::move(to));
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

Awaitable<Result<void>> JobFiles::fetch(const TrainingJob& job) const {
  WEFT_CO_CHECK(co_await fetch_source(job.spec));
  for (const Channel& channel : job.spec.channels) WEFT_CO_CHECK(co_await fetch_channel(channel));
  if (job.spec.checkpoints) {
    fs::path to = folder_ / "checkpoints";
    std::error_code error;
    // Those of an interrupted run are newer than what the store has.
    if (fs::is_empty(to, error)) {
      auto fetched = co_await fetch_all(*job.spec.checkpoints, std::move(to));
      if (!fetched && fetched.error().code != Code::not_found) co_return fail(fetched.error());
    }
  }
  co_return Result<void>();
}

Awaitable<Result<std::size_t>> JobFiles::keep_folder(fs::path from, ObjectUri to) const {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator each(from, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code ignored;
    if (each->symlink_status(ignored).type() == fs::file_type::regular)
      files.push_back(each->path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    ObjectUri place = to / fs::relative(file, from).string();
    fs::path path = file;
    store::ObjectMeta meta;
    WEFT_CO_TRY(const auto kept,
                co_await objects_.take(std::move(path), place.bucket, place.key, std::move(meta)));
    (void)kept;
  }
  co_return files.size();
}

Awaitable<Result<std::optional<ObjectUri>>> JobFiles::keep(const TrainingJob& job) const {
  const ObjectUri output = job.spec.output / job.spec.name / "output";
  std::optional<ObjectUri> model;
  std::error_code error;
  if (job.spec.output_compressed) {
    for (const char* name : {"model.tar.gz", "output.tar.gz"}) {
      fs::path file = folder_ / "artifacts" / name;
      if (!fs::exists(file, error)) continue;
      ObjectUri to = output / name;
      store::ObjectMeta meta{.content_type = "application/x-tar", .headers = {}, .checksums = {}};
      WEFT_CO_TRY(const auto kept,
                  co_await objects_.take(std::move(file), to.bucket, to.key, std::move(meta)));
      (void)kept;
      if (std::string_view(name).starts_with("model")) model = std::move(to);
    }
  } else {
    ObjectUri to = output / "model";
    WEFT_CO_TRY(const std::size_t files, co_await keep_folder(folder_ / "model", to));
    if (files > 0) model = std::move(to);
    WEFT_CO_TRY(const std::size_t others,
                co_await keep_folder(folder_ / "output/data", output / "output"));
    (void)others;
  }
  if (job.spec.checkpoints) {
    ObjectUri to = *job.spec.checkpoints;
    WEFT_CO_TRY(const std::size_t files,
                co_await keep_folder(folder_ / "checkpoints", std::move(to)));
    (void)files;
  }
  co_return model;
}

std::string JobFiles::failure() const {
  const auto text = read_file(folder_ / "output/failure", kFailureBytesMax);
  return text ? text->substr(0, 1'024) : std::string();
}

void JobFiles::remove() const {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace weft::ml

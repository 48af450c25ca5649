#include "weft/ml/serving/model_files.h"

#include <format>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/object_place.h"
#include "weft/ml/serving/limits.h"
#include "weft/wire/digest.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRoot = "/opt/ml";
constexpr std::size_t kPageObjects = 1'000;

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(file_error("make", path, error.value()));
  return {};
}

std::unexpected<Error> no_model(const ObjectUri& at) {
  return fail(Reason::invalid_argument, std::format("Could not find model data at {}.", at.str()));
}

std::string version_of(const store::ObjectInfo& object) {
  return std::format("{} {} {}\n", object.key, object.etag, object.size);
}

}  // namespace

Awaitable<Result<std::string>> ModelFiles::fetch_packed(const ObjectUri& from) const {
  std::string bucket = from.bucket;
  std::string key = from.key;
  fs::path to = folder_ / "model.tar.gz";
  WEFT_CO_TRY(const bool there,
              co_await objects_->fetch(std::move(bucket), std::move(key), std::move(to)));
  if (!there) co_return no_model(from);
  bucket = from.bucket;
  key = from.key;
  WEFT_CO_TRY(const auto info, co_await objects_->head(std::move(bucket), std::move(key)));
  co_return info ? version_of(*info) : std::string("gone");
}

Awaitable<Result<std::string>> ModelFiles::fetch_all(const ObjectUri& from) const {
  std::size_t count = 0;
  std::string versions;
  store::ObjectQuery query{.prefix = from.key, .delimiter = "", .after = "", .limit = kPageObjects};
  while (true) {
    std::string bucket = from.bucket;
    WEFT_CO_TRY(const store::ObjectPage page, co_await objects_->list(std::move(bucket), query));
    for (const store::ObjectInfo& object : page.objects) {
      const auto place = object_place(object.key, from.key);
      if (!place) continue;
      if (++count > kModelObjectsMax) {
        co_return fail(Reason::too_large,
                       std::format("{} holds more than {} objects", from.str(), kModelObjectsMax));
      }
      fs::path to = folder_ / "model" / *place;
      WEFT_CO_CHECK(make_folder(to.parent_path()));
      std::string of = from.bucket;
      std::string key = object.key;
      WEFT_CO_TRY(const bool there,
                  co_await objects_->fetch(std::move(of), std::move(key), std::move(to)));
      if (there) {
        versions += version_of(object);
      } else {
        --count;
      }
    }
    if (!page.next) break;
    query.after = *page.next;
  }
  if (count == 0) co_return no_model(from);
  co_return versions;
}

Awaitable<Result<void>> ModelFiles::fetch_source(const ModelSpec& model) const {
  WEFT_CO_TRY(auto from, source_archive(model.environment));
  if (!from) co_return Result<void>();
  fs::path to = folder_ / kSourceArchive;
  WEFT_CO_TRY(const bool there, co_await objects_->fetch(from->bucket, from->key, std::move(to)));
  if (there) co_return Result<void>();
  co_return fail(Reason::invalid_argument,
                 std::format("the source archive {} does not exist", from->str()));
}

Awaitable<Result<std::string>> ModelFiles::fetch(const ModelSpec& model, int threads,
                                                 bool script) const {
  remove();
  WEFT_CO_CHECK(make_folder(folder_ / "model"));
  json::object environment;
  for (const auto& [name, value] : model.environment) environment[name] = value;
  const json::object config{{"threads", threads}, {"environment", std::move(environment)}};
  WEFT_CO_CHECK(write_file(folder_ / "config.json", json::write(config)));
  if (script) WEFT_CO_CHECK(co_await fetch_source(model));
  if (!model.data) co_return std::string();
  auto work = model.packed ? fetch_packed(*model.data) : fetch_all(*model.data);
  WEFT_CO_TRY(const std::string versions, co_await std::move(work));
  // With what else decides how it is loaded: who mends that is not to wait.
  std::string all =
      std::format("{}\n{}\n{}\n{}", model.image, threads, model.data->bucket, versions);
  for (const auto& [name, value] : model.environment) all += std::format("{}={}\n", name, value);
  co_return wire::hex(wire::sha256(all));
}

Result<void> ModelFiles::renew(const ModelSpec& model) const {
  std::error_code error;
  fs::remove_all(folder_ / "code", error);
  if (error) return fail(file_error("empty", folder_ / "code", error.value()));
  if (model.data && !model.packed) return {};
  fs::remove_all(folder_ / "model", error);
  if (error) return fail(file_error("empty", folder_ / "model", error.value()));
  return make_folder(folder_ / "model");
}

std::vector<Bind> ModelFiles::binds(const ModelSpec& model, bool script) const {
  const std::string root(kRoot);
  std::vector<Bind> out{{.from = folder_, .to = root, .writable = true}};
  // Files may be the store's own (store/objects.h: a hard link).
  const auto only_read = [&](std::string_view name) {
    out.push_back(
        {.from = folder_ / name, .to = std::format("{}/{}", root, name), .writable = false});
  };
  if (model.data) only_read(model.packed ? "model.tar.gz" : "model");
  // Not by what lies there: the program before may have left a link to somewhere else.
  const auto source = source_archive(model.environment);
  if (script && source && *source) only_read(kSourceArchive);
  return out;
}

void ModelFiles::remove() const {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace weft::ml

#include "weft/app/configured_models.h"

#include <algorithm>
#include <format>

#include "weft/base/file.h"
#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/ml/algorithms/recognise.h"
#include "weft/ml/api.h"
#include "weft/wire/digest.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOwner = "local";
constexpr std::string_view kBucket = "weft-local";
constexpr std::size_t kPieceBytes = 1024 * 1024;
constexpr Milliseconds kLookAgain{50};
/// The mark of endpoints that are weft.yaml's.
constexpr std::string_view kMark = "weft.yaml";

bool is_taken(const Error& error) { return error.code == Code::already_exists; }

/// What the file is, and a name for this very model: another size or time, or another environment,
/// is another.
struct Known {
  ml::ModelFile model;
  std::string version;
};

Result<ml::ModelFile> recognised(const ModelConfig& model, const File& file) {
  WEFT_TRY(const std::string head, file.read(0, ml::kRecognisedBytes));
  ml::ModelFile named;
  named.image = model.image;
  named.packed = ml::is_archive(head);
  if (!model.image.empty()) return named;
  auto known = ml::recognise_file(model.file);
  if (!known && named.packed)
    known.error().message +=
        "; or say what loads it with `image`: xgboost, onnx, blazingtext, script";
  return known;
}

Result<Known> look_at(const ModelConfig& model) {
  WEFT_TRY(const File file, File::open(model.file));
  WEFT_TRY(const struct stat status, file.status());
  Known out;
  WEFT_TRY(out.model, recognised(model, file));
  std::string mark = std::format("{}\n{}\n{}\n{}.{}", model.file, out.model.image, status.st_size,
                                 status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  for (const auto& [name, value] : model.environment) {
    out.model.environment.emplace_back(name, value);
    mark += std::format("\n{}={}", name, value);
  }
  out.version = std::format("{}-{}", model.name, wire::hex(wire::sha256(mark)).substr(0, 8));
  return out;
}

Awaitable<Result<void>> copy_in(store::Objects& objects, WorkPool& pool, std::string from,
                                std::string key) {
  auto made = co_await objects.make_bucket(std::string(kBucket));
  if (!made && !is_taken(made.error())) co_return fail(made.error());
  WEFT_CO_TRY(auto writer, co_await objects.put(std::string(kBucket), key));
  WEFT_CO_TRY(const File opened, File::open(from));
  const File* file = &opened;
  for (std::uint64_t at = 0;; at += kPieceBytes) {
    std::move_only_function<Result<std::string>()> read = [file, at] {
      return file->read(at, kPieceBytes);
    };
    WEFT_CO_TRY(std::string piece, co_await pool.run<std::string>(std::move(read)));
    const bool last = piece.size() < kPieceBytes;
    if (!piece.empty()) WEFT_CO_CHECK(co_await writer->write(std::move(piece)));
    if (last) break;
  }
  auto kept = co_await writer->commit({});
  co_return kept ? Result<void>() : fail(kept.error());
}

Awaitable<Result<void>> make_model(ml::Api& ml, WorkPool& pool, const ModelConfig& model,
                                   const Known& known) {
  const std::string folder = std::format("models/{}/", known.version);
  const std::string file = fs::path(model.file).filename().string();
  const auto objects = ml.objects(std::string(kOwner));
  WEFT_CO_CHECK(co_await copy_in(*objects, pool, model.file, folder + file));
  ml::ModelSpec spec;
  spec.name = known.version;
  spec.image = known.model.image;
  spec.packed = known.model.packed;
  spec.data = ml::ObjectUri{std::string(kBucket), known.model.packed ? folder + file : folder};
  for (const auto& [key, value] : known.model.environment) spec.environment[key] = value;
  auto created = co_await ml.models.create(std::move(spec), std::string(kOwner));
  co_return created || is_taken(created.error()) ? Result<void>() : fail(created.error());
}

/// The endpoint once it can be changed; nothing where there is none.
Awaitable<Result<std::shared_ptr<const ml::Endpoint>>> settled(ml::Api& ml, std::string name,
                                                               CancelToken cancel) {
  using Status = ml::EndpointStatus;
  while (true) {
    auto endpoint = ml.endpoints.find(kOwner, name);
    const bool busy =
        endpoint &&
        (endpoint->status == Status::creating || endpoint->status == Status::updating ||
         endpoint->status == Status::system_updating || endpoint->status == Status::deleting);
    if (!busy) co_return endpoint;
    const bool slept = co_await sleep_for(kLookAgain, cancel);
    if (!slept) co_return fail(cancel.why());
  }
}

bool failed(const std::shared_ptr<const ml::Endpoint>& endpoint) {
  return endpoint && endpoint->status == ml::EndpointStatus::failed;
}

/// As settled(). One that failed takes no other model, and is not tried again by itself: it goes,
/// for another in its place.
Awaitable<Result<std::shared_ptr<const ml::Endpoint>>> usable(ml::Api& ml, std::string name,
                                                              CancelToken cancel) {
  WEFT_CO_TRY(auto endpoint, co_await settled(ml, name, cancel));
  if (!failed(endpoint)) co_return endpoint;
  WEFT_CO_CHECK(co_await ml.endpoints.erase(std::string(kOwner), name));
  co_return co_await settled(ml, name, cancel);
}

Awaitable<Result<void>> deploy(ml::Api& ml, WorkPool& pool, ModelConfig model, CancelToken cancel) {
  std::move_only_function<Result<Known>()> look = [model] { return look_at(model); };
  WEFT_CO_TRY(const Known known, co_await pool.run<Known>(std::move(look)));
  const std::string config_name = std::format("{}-{}", known.version, model.instances);
  const auto has_it = [&](const std::shared_ptr<const ml::Endpoint>& endpoint) {
    return endpoint && endpoint->config == config_name && !failed(endpoint);
  };
  if (has_it(ml.endpoints.find(kOwner, model.name))) co_return Result<void>();
  WEFT_CO_TRY(const auto endpoint, co_await usable(ml, model.name, cancel));
  if (has_it(endpoint)) co_return Result<void>();
  WEFT_CO_CHECK(co_await make_model(ml, pool, model, known));
  ml::EndpointConfig config;
  config.name = config_name;
  config.owner = kOwner;
  config.variants = {{.name = "AllTraffic",
                      .model = known.version,
                      .instance_type = "ml.m5.large",
                      .instances = model.instances,
                      .weight = 1}};
  auto made = co_await ml.endpoints.create_config(std::move(config));
  if (!made && !is_taken(made.error())) co_return fail(made.error());
  if (endpoint) {
    co_return co_await ml.endpoints.update(std::string(kOwner), model.name, config_name, false);
  }
  json::object request{{kMark, model.origin}};
  co_return co_await ml.endpoints.create(std::string(kOwner), model.name, config_name,
                                         std::move(request));
}

/// Names of endpoints that weft.yaml made.
std::vector<std::string> marked(ml::Api& ml) {
  std::vector<std::string> out;
  ml::ListQuery query;
  query.owner = kOwner;
  query.limit = 100;
  while (true) {
    const auto page = ml.endpoints.list(query);
    if (!page) return out;
    for (const auto& endpoint : page->endpoints) {
      if (endpoint->request.contains(kMark)) out.push_back(endpoint->name);
    }
    if (page->next_token.empty()) return out;
    query.token = page->next_token;
  }
}

}  // namespace

Awaitable<> reconcile_models(ml::Api& ml, WorkPool& pool, std::vector<ModelConfig> models,
                             CancelToken cancel) {
  for (const std::string& name : marked(ml)) {
    if (std::ranges::contains(models, name, &ModelConfig::name)) continue;
    auto erased = co_await ml.endpoints.erase(std::string(kOwner), name);
    if (!erased) log::error("model {}: {}", name, erased.error().message);
  }
  for (const ModelConfig& model : models) {
    auto deployed = co_await deploy(ml, pool, model, cancel);
    if (cancel.cancelled()) co_return;
    if (!deployed) {
      log::error("{}: the model {} cannot be deployed: {}", model.origin, model.name,
                 deployed.error().message);
    }
  }
}

}  // namespace weft::app

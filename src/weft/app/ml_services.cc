#include "weft/app/ml_services.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <format>
#include <map>
#include <optional>
#include <utility>

#include "weft/adapters/sagemaker/remote/remote_objects.h"
#include "weft/app/config.h"
#include "weft/app/configured_models.h"
#include "weft/app/deployed_model.h"
#include "weft/app/workers/workers.h"
#include "weft/base/log.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/hub/hub.h"
#include "weft/hub/variables.h"
#include "weft/ml/api.h"
#include "weft/ml/owned_objects.h"
#include "weft/ml/serving/solution_id.h"
#include "weft/net/loop.h"
#include "weft/store/files/local_objects.h"

namespace weft::app {
namespace {

/// Files and digests; made when there is work.
constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kPoolWaiting = 4096;
/// What is being put into another store when the hub ends gets so long: less than systemd gives it
/// (packaging/weft.service.in).
constexpr Milliseconds kPutsGrace{20'000};

/// Where objects lie.
struct Objects {
  std::unique_ptr<store::Objects> all;
  /// The same, where it is another store.
  adapters::sagemaker::RemoteObjects* remote = nullptr;
  /// Which store it is (ml/owned_objects.h).
  std::string name;
};

Result<std::string> secret_of(const ObjectsConfig& config, std::string_view which,
                              const std::string& text) {
  auto out = hub::resolve_variables(text);
  if (!out) {
    out.error().message =
        std::format("{}: ml.objects.{}: {}", config.origin, which, out.error().message);
  }
  return out;
}

Result<Objects> make_objects(const MlServices::Parts& parts, WorkPool& pool) {
  Objects out;
  if (!parts.config.objects) {
    WEFT_TRY(out.all,
             store::files::open_local_objects(parts.folder / "objects", parts.random, pool));
    return out;
  }
  const ObjectsConfig& config = *parts.config.objects;
  adapters::sagemaker::RemoteStore store;
  WEFT_TRY(store.endpoint, parse_url(config.endpoint));
  store.region = config.region;
  WEFT_TRY(store.access_key, secret_of(config, "access_key", config.access_key));
  WEFT_TRY(store.secret, secret_of(config, "secret_key", config.secret_key));
  store.path_style = config.path_style;
  store.origin = config.origin;
  out.name = store.endpoint.str();
  WEFT_TRY(auto remote,
           adapters::sagemaker::open_remote_objects({.loops = parts.loops,
                                                     .clock = parts.clock,
                                                     .pool = pool,
                                                     .folder = parts.folder / "forwarding",
                                                     .store = std::move(store)}));
  out.remote = remote.get();
  out.all = std::move(remote);
  return out;
}

/// Of those that serve.
std::vector<Executor> executors_of(net::Loops& loops) {
  std::vector<Executor> out;
  out.reserve(loops.serving());
  for (std::size_t i = 0; i < loops.serving(); ++i) out.push_back(loops.at(i).executor());
  return out;
}

}  // namespace

struct MlServices::State {
  State(Parts parts_in, Objects objects_in, std::unique_ptr<ml::Workers> workers_in,
        std::unique_ptr<WorkPool> pool_in)
      : parts(std::move(parts_in)),
        pool(std::move(pool_in)),
        objects(std::move(objects_in.all)),
        remote(objects_in.remote),
        owned(*objects, parts.tables, objects_in.name),
        workers(std::move(workers_in)),
        logs(parts.folder / "logs", *pool),
        metrics(parts.clock, parts.folder / "metrics"),
        tags(parts.tables),
        models(parts.clock, parts.tables, ml::all_algorithms()),
        endpoints(endpoint_parts()),
        jobs({.executor = parts.loops.background().executor(),
              .clock = parts.clock,
              .tables = parts.tables,
              .objects = *objects,
              .pool = *pool,
              .workers = *workers,
              .logs = logs,
              .algorithms = ml::all_algorithms(),
              .folder = parts.folder / "jobs",
              .metrics = &metrics,
              .objects_of = objects_of()}),
        api{.jobs = jobs,
            .models = models,
            .endpoints = endpoints,
            .tags = tags,
            .logs = logs,
            .metrics = metrics,
            .objects = objects_of()} {}

  std::function<std::shared_ptr<store::Objects>(std::string)> objects_of() {
    return [this](std::string owner) { return owned.of(std::move(owner)); };
  }

  ml::Endpoints::Parts endpoint_parts() {
    return {.home = parts.loops.background().executor(),
            .loops = executors_of(parts.loops),
            .clock = parts.clock,
            .random = parts.random,
            .tables = parts.tables,
            .objects = *objects,
            .workers = *workers,
            .logs = logs,
            .metrics = metrics,
            .models = models,
            .algorithms = ml::all_algorithms(),
            .objects_of = objects_of(),
            .folder = parts.folder / "endpoints",
            .serving =
                [this](const ml::Endpoint& endpoint, std::shared_ptr<ml::Inferring> serving) {
                  show(endpoint, std::move(serving));
                },
            .gone = [this](const ml::Endpoint& endpoint) { hide(endpoint); },
            .taken = [this](std::string_view id) { return taken(id); }};
  }

  bool taken(std::string_view id) const {
    return parts.hub.registry().snapshot()->find(id) != nullptr;
  }

  /// As the solution that it has always been; where another has joined by that id while weft was
  /// not there or the endpoint was not ready, by another id for as long.
  void show(const ml::Endpoint& endpoint, std::shared_ptr<ml::Inferring> serving) {
    if (const auto at = shown.find({endpoint.owner, endpoint.name}); at != shown.end()) {
      if (parts.hub.registry().replace(entry_of_endpoint(endpoint, at->second, serving))) return;
      hide(endpoint);
    }
    const std::string other =
        ml::solution_id_of(endpoint.owner, endpoint.name, [this](auto id) { return taken(id); });
    for (const std::string& name : {endpoint.solution, other}) {
      SolutionId id(name);
      auto added = parts.hub.registry().add(entry_of_endpoint(endpoint, id, serving));
      if (added) {
        shown.insert_or_assign({endpoint.owner, endpoint.name}, std::move(id));
        return;
      }
      log::error("endpoint {}: it cannot be called by the id {}: {}", endpoint.name, name,
                 added.error().message);
    }
  }

  void hide(const ml::Endpoint& endpoint) {
    const auto at = shown.find({endpoint.owner, endpoint.name});
    if (at == shown.end()) return;
    (void)parts.hub.registry().remove(at->second);
    shown.erase(at);
  }

  Parts parts;
  std::unique_ptr<WorkPool> pool;
  std::unique_ptr<store::Objects> objects;
  adapters::sagemaker::RemoteObjects* remote;
  ml::OwnedObjects owned;
  std::unique_ptr<ml::Workers> workers;
  ml::Logs logs;
  ml::Metrics metrics;
  ml::Tags tags;
  ml::Models models;
  /// Endpoints that are solutions, by owner and name; the background loop alone.
  std::map<std::pair<std::string, std::string>, SolutionId> shown;
  /// What weft.yaml names, until it is seen to; the first loop alone.
  std::optional<std::vector<ModelConfig>> wanted;
  bool reconciling = false;
  ml::Endpoints endpoints;
  ml::TrainingJobs jobs;
  ml::Api api;
};

MlServices::MlServices(std::unique_ptr<State> state) : state_(std::move(state)) {}
MlServices::~MlServices() = default;

ml::Api& MlServices::api() { return state_->api; }

Result<std::unique_ptr<MlServices>> MlServices::create(Parts parts) {
  auto pool = std::make_unique<WorkPool>(kPoolThreads, kPoolWaiting);
  WEFT_TRY(Objects objects, make_objects(parts, *pool));
  WEFT_TRY(auto workers, make_workers({.threads = parts.config.threads,
                                       .memory_bytes = parts.config.memory_bytes}));
  return std::unique_ptr<MlServices>(new MlServices(std::make_unique<State>(
      std::move(parts), std::move(objects), std::move(workers), std::move(pool))));
}

Awaitable<Result<void>> MlServices::start() {
  WEFT_CO_CHECK(co_await state_->owned.start());
  WEFT_CO_CHECK(co_await state_->tags.start());
  WEFT_CO_CHECK(co_await state_->models.start());
  WEFT_CO_CHECK(co_await state_->jobs.start());
  co_return co_await state_->endpoints.start();
}

Awaitable<> MlServices::reconcile(std::vector<ModelConfig> models, CancelToken cancel) {
  state_->wanted = std::move(models);
  if (state_->reconciling) co_return;
  state_->reconciling = true;
  while (state_->wanted && !cancel.cancelled()) {
    auto next = *std::exchange(state_->wanted, std::nullopt);
    co_await reconcile_models(state_->api, *state_->pool, std::move(next), cancel);
  }
  state_->reconciling = false;
}

Awaitable<> MlServices::end_jobs() {
  const Executor here = co_await boost::asio::this_coro::executor;
  TaskGroup ending(here);
  ending.spawn(state_->jobs.drain());
  Timer give_up;
  if (state_->remote != nullptr) {
    // They know by then that they end: what they do not get any more is no fault of theirs.
    give_up = run_after(here, kPutsGrace, [remote = state_->remote] { remote->end_writing(); });
    boost::asio::post(here, [remote = state_->remote] { remote->end_reading(); });
  }
  co_await ending.join();
}

Awaitable<> MlServices::drain() { return state_->endpoints.drain(); }

}  // namespace weft::app

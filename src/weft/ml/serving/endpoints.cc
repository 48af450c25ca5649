#include "weft/ml/serving/endpoints.h"

#include <algorithm>
#include <format>
#include <map>
#include <mutex>
#include <set>
#include <system_error>

#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/task_group.h"
#include "weft/ml/serving/endpoint_configs.h"
#include "weft/ml/serving/endpoint_run.h"
#include "weft/ml/serving/serving_world.h"
#include "weft/ml/serving/solution_id.h"

namespace weft::ml {
namespace {

using Key = std::pair<std::string, std::string>;  ///< owner and name
using EndpointPtr = std::shared_ptr<const Endpoint>;
using RunPtr = std::shared_ptr<EndpointRun>;

Result<void> done(Result<bool> erased) {
  if (!erased) return fail(std::move(erased).error());
  return {};
}

}  // namespace

struct Endpoints::State : std::enable_shared_from_this<State> {
  explicit State(Parts parts)
      : world{.parts = std::move(parts), .planned = [this] { return planned(); }},
        configs(world.parts.clock, world.parts.tables, world.parts.models),
        catalog(world.parts.tables, "ml.endpoints"),
        tasks(world.home()) {}

  ServingWorld world;
  EndpointConfigs configs;
  Catalog catalog;
  TaskGroup tasks;
  /// At home.
  std::map<Key, RunPtr> running;
  std::size_t making = 0;  ///< workers of endpoints that are being written down
  std::multiset<std::string, std::less<>> ids;  ///< of the solutions that endpoints are
  bool draining = false;
  /// What everybody sees; under the lock.
  mutable std::mutex mutex;
  std::map<Key, EndpointPtr> seen;
  std::map<Key, std::shared_ptr<EndpointFront>> fronts;

  std::size_t planned() const {
    std::size_t out = making;
    for (const auto& [key, run] : running) out += run->planned();
    return out;
  }

  EndpointPtr find(std::string_view owner, std::string_view name) const {
    const std::scoped_lock lock(mutex);
    const auto at = seen.find(Key(owner, name));
    return at == seen.end() ? nullptr : at->second;
  }

  void show(Endpoint endpoint) {
    const Key key(endpoint.owner, endpoint.name);
    const std::scoped_lock lock(mutex);
    seen[key] = std::make_shared<const Endpoint>(std::move(endpoint));
  }

  Awaitable<Result<void>> keep(EndpointRecord record) {
    co_return co_await catalog.replace(to_record(record));
  }

  Awaitable<Result<void>> erase_record(std::string owner, std::string name) {
    Key key(owner, name);
    auto erased = co_await catalog.erase(std::move(owner), std::move(name));
    if (erased) {
      const std::scoped_lock lock(mutex);
      if (const auto at = seen.find(key); at != seen.end()) {
        forget_id(at->second->solution);
        seen.erase(at);
      }
      fronts.erase(key);
    }
    co_return done(std::move(erased));
  }

  std::string solution_id(const std::string& owner, const std::string& name) const {
    return solution_id_of(owner, name, [this](std::string_view id) {
      return ids.contains(id) || (world.parts.taken && world.parts.taken(id));
    });
  }

  void forget_id(const std::string& id) {
    if (const auto at = ids.find(id); at != ids.end()) ids.erase(at);
  }

  void begin(EndpointRecord record) {
    const Key key(record.endpoint.owner, record.endpoint.name);
    show(record.endpoint);
    auto run = std::make_shared<EndpointRun>(
        EndpointRun::Parts{
            .world = world,
            .tasks = tasks,
            .keep = [this](EndpointRecord changed) { return keep(std::move(changed)); },
            .erase =
                [this](std::string owner, std::string name) {
                  return erase_record(std::move(owner), std::move(name));
                },
            .show = [this](Endpoint endpoint) { show(std::move(endpoint)); }},
        std::move(record));
    running[key] = run;
    {
      const std::scoped_lock lock(mutex);
      fronts[key] = run->front();
    }
    tasks.spawn(live(std::move(run), key));
  }

  Awaitable<> live(RunPtr run, Key key) {
    co_await run->run();
    // Another of its name may be there by now.
    const auto at = running.find(key);
    if (run->erased() && at != running.end() && at->second == run) running.erase(at);
  }

  Result<Plan> plan_of(const std::string& owner, const std::string& name) const {
    const auto config = configs.find(owner, name);
    if (!config) return fail(none_such("endpoint configuration", name));
    Plan out{.config = name, .variants = {}};
    for (const VariantSpec& variant : config->variants) {
      const auto model = world.parts.models.find(owner, variant.model);
      if (!model) return fail(none_such("model", variant.model));
      out.variants.push_back({.spec = variant, .model = model->spec});
    }
    return out;
  }

  Result<RunPtr> run_of(const std::string& owner, const std::string& name) const {
    const auto at = running.find(Key(owner, name));
    if (at == running.end() || at->second->erased()) return fail(none_such("endpoint", name));
    return at->second;
  }

  Awaitable<Result<void>> create(std::string owner, std::string name, std::string config,
                                 json::object request) {
    if (draining) co_return fail(Reason::unavailable, "weft is ending; try again shortly");
    WEFT_CO_TRY(Plan plan, plan_of(owner, config));
    const std::size_t more = plan.instances();
    WEFT_CO_CHECK(world.room_for(more));
    EndpointRecord record;
    record.endpoint = {.name = std::move(name),
                       .owner = std::move(owner),
                       .config = std::move(config),
                       .solution = "",
                       .status = EndpointStatus::creating,
                       .failure = "",
                       .variants = states_of(plan),
                       .created_ms = world.parts.clock.unix_ms(),
                       .modified_ms = world.parts.clock.unix_ms(),
                       .request = std::move(request)};
    record.endpoint.solution = solution_id(record.endpoint.owner, record.endpoint.name);
    record.current = std::move(plan);
    making += more;
    ids.insert(record.endpoint.solution);
    auto kept = co_await catalog.create(to_record(record));
    making -= more;
    if (kept) {
      begin(std::move(record));
    } else {
      forget_id(record.endpoint.solution);
    }
    co_return kept;
  }

  Awaitable<Result<void>> update(std::string owner, std::string name, std::string config,
                                 bool keep_weights, json::object changed) {
    WEFT_CO_TRY(const RunPtr run, run_of(owner, name));
    WEFT_CO_TRY(Plan plan, plan_of(owner, config));
    co_return co_await run->update(std::move(plan), keep_weights, std::move(changed));
  }

  Awaitable<Result<void>> change_variants(std::string owner, std::string name,
                                          std::vector<VariantChange> changes) {
    WEFT_CO_TRY(const RunPtr run, run_of(owner, name));
    co_return co_await run->change_variants(std::move(changes));
  }

  Awaitable<Result<void>> erase(std::string owner, std::string name) {
    WEFT_CO_TRY(const RunPtr run, run_of(owner, name));
    co_return co_await run->erase();
  }

  /// Nothing of another life is of use: its workers ended with it.
  void empty_folder() const {
    std::error_code ignored;
    std::filesystem::remove_all(world.parts.folder, ignored);
    std::filesystem::create_directories(world.parts.folder, ignored);
  }

  /// What the store holds, the eldest first.
  std::vector<EndpointRecord> readable() const {
    std::vector<EndpointRecord> out;
    for (const RecordPtr& each : catalog.all()) {
      auto record = endpoint_record_from(*each);
      if (record) {
        out.push_back(*std::move(record));
      } else {
        log::error("endpoint {} of {}: {}", each->name, each->owner, record.error().message);
      }
    }
    std::ranges::stable_sort(out, {}, [](const auto& each) { return each.endpoint.created_ms; });
    return out;
  }

  Awaitable<Result<void>> take_up() {
    empty_folder();
    WEFT_CO_CHECK(co_await configs.start());
    WEFT_CO_CHECK(co_await catalog.load());
    std::vector<EndpointRecord> found = readable();
    for (const EndpointRecord& each : found) {
      if (!each.endpoint.solution.empty()) ids.insert(each.endpoint.solution);
    }
    for (EndpointRecord& each : found) {
      Endpoint& endpoint = each.endpoint;
      if (endpoint.status == EndpointStatus::in_service)
        endpoint.status = EndpointStatus::system_updating;
      if (endpoint.solution.empty())
        endpoint.solution = *ids.insert(solution_id(endpoint.owner, endpoint.name));
      begin(std::move(each));
    }
    co_return Result<void>();
  }

  Awaitable<Result<void>> end() {
    draining = true;
    for (auto& [key, run] : running) run->drain();
    co_await tasks.join();
    co_return Result<void>();
  }
};

Endpoints::Endpoints(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}
Endpoints::~Endpoints() = default;

Awaitable<Result<void>> Endpoints::start() {
  auto work = state_->take_up();
  co_return co_await on_loop(state_->world.home(), std::move(work));
}

Awaitable<> Endpoints::drain() {
  auto work = state_->end();
  (void)co_await on_loop(state_->world.home(), std::move(work));
}

Awaitable<Result<void>> Endpoints::create_config(EndpointConfig config) {
  co_return co_await state_->configs.create(std::move(config));
}

std::shared_ptr<const EndpointConfig> Endpoints::find_config(std::string_view owner,
                                                             std::string_view name) const {
  return state_->configs.find(owner, name);
}

Result<EndpointConfigPage> Endpoints::list_configs(const ListQuery& query) const {
  return state_->configs.list(query);
}

Awaitable<Result<void>> Endpoints::erase_config(std::string owner, std::string name) {
  co_return co_await state_->configs.erase(std::move(owner), std::move(name));
}

Awaitable<Result<void>> Endpoints::create(std::string owner, std::string name, std::string config,
                                          json::object request) {
  auto work =
      state_->create(std::move(owner), std::move(name), std::move(config), std::move(request));
  co_return co_await on_loop(state_->world.home(), std::move(work));
}

Awaitable<Result<void>> Endpoints::update(std::string owner, std::string name, std::string config,
                                          bool keep_weights, json::object changed) {
  auto work = state_->update(std::move(owner), std::move(name), std::move(config), keep_weights,
                             std::move(changed));
  co_return co_await on_loop(state_->world.home(), std::move(work));
}

Awaitable<Result<void>> Endpoints::change_variants(std::string owner, std::string name,
                                                   std::vector<VariantChange> changes) {
  auto work = state_->change_variants(std::move(owner), std::move(name), std::move(changes));
  co_return co_await on_loop(state_->world.home(), std::move(work));
}

Awaitable<Result<void>> Endpoints::erase(std::string owner, std::string name) {
  auto work = state_->erase(std::move(owner), std::move(name));
  co_return co_await on_loop(state_->world.home(), std::move(work));
}

std::shared_ptr<const Endpoint> Endpoints::find(std::string_view owner,
                                                std::string_view name) const {
  return state_->find(owner, name);
}

Result<EndpointPage> Endpoints::list(const ListQuery& query) const {
  WEFT_TRY(ListPage page, state_->catalog.list(query));
  EndpointPage out{.endpoints = {}, .next_token = std::move(page.next_token)};
  for (const RecordPtr& record : page.records) {
    if (auto endpoint = state_->find(record->owner, record->name))
      out.endpoints.push_back(std::move(endpoint));
  }
  return out;
}

std::shared_ptr<Inferring> Endpoints::serving(std::string_view owner, std::string_view name) const {
  const std::scoped_lock lock(state_->mutex);
  const auto at = state_->fronts.find(Key(owner, name));
  return at == state_->fronts.end() ? nullptr : at->second;
}

std::string Endpoints::log_group(std::string_view endpoint) {
  return std::format("/aws/sagemaker/Endpoints/{}", endpoint);
}

}  // namespace weft::ml

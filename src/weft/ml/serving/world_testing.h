// Everything that serving needs, and the loops that it runs on: the first is turned by the test,
// the others run by themselves. Owned by the test.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "weft/base/file.h"
#include "weft/base/on_loop.h"
#include "weft/base/testing/run.h"
#include "weft/ml/metrics.h"
#include "weft/ml/serving/endpoints.h"
#include "weft/ml/serving/testing.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/memory_tables.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::testing {

/// Tables whose writes fail from some moment on, as those of a process that was killed do.
class DyingTables final : public store::Tables {
 public:
  explicit DyingTables(store::Tables& inner) : inner_(inner) {}
  /// Writes that are kept before the first that fails; negative: all.
  int left = -1;
  int writes = 0;

  Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) override {
    return inner_.get(std::move(space), std::move(key));
  }
  Awaitable<Result<void>> put(std::string space, std::string key, json::value value) override {
    if (!may()) co_return fail(Reason::storage_full, "the disk is full");
    co_return co_await inner_.put(std::move(space), std::move(key), std::move(value));
  }
  Awaitable<Result<bool>> erase(std::string space, std::string key) override {
    if (!may()) co_return fail(Reason::storage_full, "the disk is full");
    co_return co_await inner_.erase(std::move(space), std::move(key));
  }
  Awaitable<Result<std::vector<store::Row>>> scan(std::string space, std::string prefix,
                                                  std::string after, std::size_t limit) override {
    return inner_.scan(std::move(space), std::move(prefix), std::move(after), limit);
  }

 private:
  bool may() {
    if (left == 0) return false;
    if (left > 0) --left;
    ++writes;
    return true;
  }
  store::Tables& inner_;
};

/// The loops: the first turns when the test turns it.
class Loops {
 public:
  explicit Loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      contexts_.push_back(std::make_unique<boost::asio::io_context>());
    for (std::size_t i = 1; i < count; ++i) {
      guards_.push_back(boost::asio::make_work_guard(*contexts_[i]));
      threads_.emplace_back([context = contexts_[i].get()] { context->run(); });
    }
  }
  ~Loops() {
    guards_.clear();
    for (std::thread& each : threads_) each.join();
  }
  boost::asio::io_context& home() { return *contexts_.front(); }
  std::vector<Executor> executors() const {
    std::vector<Executor> out;
    for (const auto& each : contexts_) out.push_back(each->get_executor());
    return out;
  }
  void turn(const std::function<bool()>& until) {
    home().restart();
    const auto guard = boost::asio::make_work_guard(home());
    while (!until()) home().run_one_for(Milliseconds(50));
  }
  template <class T>
  T run(Awaitable<T> work) {
    std::optional<T> out;
    weft::testing::start(home(), weft::testing::keep(std::move(work), out));
    turn([&] { return out.has_value(); });
    return std::move(*out);
  }

 private:
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::vector<boost::asio::executor_work_guard<Executor>> guards_;
  std::vector<std::thread> threads_;
};

/// NAME in the environment of the model that a program was started for.
inline std::string model_of(const WorkerSpec& spec) {
  const auto text = read_file(spec.binds.at(0).from / "config.json", 1 << 20).value_or("{}");
  const auto config = json::parse_object(text, "config.json");
  const auto* environment = json::object_at(*config, "environment");
  return std::string(json::string_at(*environment, "NAME"));
}

/// A program that answers `WORD:BODY`.
inline FakeProgram::Script says(std::string word) {
  return {.answer = [word](FakeProgram& program, const Asked& asked) {
    program.reply(asked, word + ":" + asked.body);
  }};
}

struct World {
  store::testing::TemporaryDirectory folder;
  Loops loops;
  SystemClock clock;
  SystemRandom random;
  WorkPool pool{2, 1024};
  store::MemoryTables tables;
  DyingTables dying{tables};
  std::unique_ptr<store::Objects> objects =
      *store::files::open_local_objects(folder.path() / "objects", random, pool);
  /// What the programs that are started from now on do.
  std::function<FakeProgram::Script(const WorkerSpec&)> script = [](const WorkerSpec&) {
    return FakeProgram::Script();
  };
  FakeServers workers{[this](const WorkerSpec& spec) { return script(spec); }};
  Logs logs{folder.path() / "logs", pool};
  Metrics metrics{clock, folder.path() / "metrics"};
  std::unique_ptr<Models> models;
  std::unique_ptr<Endpoints> endpoints;
  Workers* programs = &workers;
  std::function<std::shared_ptr<store::Objects>(std::string)> objects_of;
  std::vector<std::string> told;  ///< `serving NAME CONFIG`, `gone NAME`
  std::map<std::string, std::shared_ptr<Inferring>> solutions;
  std::set<std::string, std::less<>> taken;  ///< ids of solutions that are no endpoints

  explicit World(std::size_t loop_count = 1) : loops(loop_count) {
    put("data", "m/model.tar.gz", "packed");
  }
  ~World() {
    if (endpoints) end();
  }
  /// Another life of the hub, on the same store.
  void live() {
    models = std::make_unique<Models>(clock, dying, all_algorithms());
    ASSERT_TRUE(run(models->start()).has_value());
    endpoints = std::make_unique<Endpoints>(Endpoints::Parts{
        .home = loops.home().get_executor(),
        .loops = loops.executors(),
        .clock = clock,
        .random = random,
        .tables = dying,
        .objects = *objects,
        .workers = *programs,
        .logs = logs,
        .metrics = metrics,
        .models = *models,
        .algorithms = all_algorithms(),
        .objects_of = objects_of,
        .folder = folder.path() / "serving",
        .serving =
            [this](const Endpoint& endpoint, std::shared_ptr<Inferring> model) {
              told.push_back("serving " + endpoint.name + " " + endpoint.config);
              solutions[endpoint.name] = std::move(model);
            },
        .gone = [this](const Endpoint& endpoint) { told.push_back("gone " + endpoint.name); },
        .taken = [this](std::string_view id) { return taken.contains(id); }});
    ASSERT_TRUE(run(endpoints->start()).has_value());
  }
  void end() {
    std::optional<bool> done;
    weft::testing::start(loops.home(), [](Endpoints& of, std::optional<bool>& out) -> Awaitable<> {
      co_await of.drain();
      out = true;
    }(*endpoints, done));
    turn([&] { return done.has_value(); });
    endpoints.reset();
    models.reset();
  }
  template <class T>
  T run(Awaitable<T> work) {
    return loops.run(std::move(work));
  }
  void turn(const std::function<bool()>& until) { loops.turn(until); }
  void put(std::string bucket, std::string key, std::string bytes) {
    (void)run(objects->make_bucket(bucket));
    auto writer = run(objects->put(std::move(bucket), std::move(key)));
    ASSERT_TRUE(writer && run((*writer)->write(std::move(bytes))) && run((*writer)->commit({})));
  }

  static ModelSpec model(std::string name) {
    ModelSpec out;
    out.name = std::move(name);
    out.image = "xgboost";
    out.data = ObjectUri{"data", "m/model.tar.gz"};
    return out;
  }
  /// One whose programs know its name.
  static ModelSpec named(std::string name) {
    ModelSpec out = model(name);
    out.environment["NAME"] = std::move(name);
    return out;
  }
  void make_model(ModelSpec made) {
    const auto created = run(models->create(std::move(made), "ann"));
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }
  static VariantSpec variant(std::string name, std::string model, double weight = 1,
                             std::int64_t instances = 1) {
    return {.name = std::move(name),
            .model = std::move(model),
            .instance_type = "ml.m5.large",
            .instances = instances,
            .weight = weight};
  }
  Result<void> make_config(std::string name, std::vector<VariantSpec> variants) {
    EndpointConfig config{.name = std::move(name),
                          .owner = "ann",
                          .variants = std::move(variants),
                          .created_ms = 0,
                          .request = {{"Door", "own"}}};
    return run(endpoints->create_config(std::move(config)));
  }
  /// The model `m`, the configuration `c` with so many workers of the variant `V`, the endpoint.
  void make_endpoint(std::string name = "e", std::int64_t instances = 1) {
    make_model(model("m"));
    ASSERT_TRUE(make_config("c", {variant("V", "m", 1, instances)}).has_value());
    ASSERT_TRUE(run(endpoints->create("ann", name, "c", {})).has_value());
    until(name, EndpointStatus::in_service);
  }
  std::shared_ptr<const Endpoint> find(std::string_view name = "e") const {
    return endpoints->find("ann", name);
  }
  EndpointStatus status(std::string_view name = "e") const { return find(name)->status; }
  void until(std::string_view name, EndpointStatus wanted) {
    turn([&] { return status(name) == wanted; });
  }
  void until_gone(std::string_view name = "e") {
    turn([&] { return find(name) == nullptr; });
  }
  Result<InvocationReply> ask(std::string body, std::string variant = "", int ms = 60'000,
                              std::string_view name = "e") {
    const auto front = endpoints->serving("ann", name);
    WEFT_ASSERT(front != nullptr);
    const Invocation invocation{.body = body, .variant = std::move(variant)};
    return run(front->invoke(invocation, std::chrono::steady_clock::now() + Milliseconds(ms), {}));
  }
  /// The body of an answer, or `REASON: MESSAGE`.
  std::string answer(std::string body, std::string variant = "") {
    const auto reply = ask(std::move(body), std::move(variant));
    return reply ? reply->body
                 : std::string(to_string(reply.error().reason)) + ": " + reply.error().message;
  }
};

}  // namespace weft::ml::testing

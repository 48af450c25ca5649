// A place for one worker of a variant: its files, its program, and the next one should that die.
// Owned by the deployment; its home.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/ml/serving/link_client.h"
#include "weft/ml/serving/model_files.h"
#include "weft/ml/serving/plan.h"
#include "weft/ml/serving/routes.h"
#include "weft/ml/serving/serving_world.h"
#include "weft/ml/worker_log.h"

namespace weft::ml {

class Seat : public std::enable_shared_from_this<Seat> {
 public:
  struct Parts {
    ServingWorld& world;
    std::string owner;
    std::string endpoint;
    PlannedVariant variant;
    std::size_t variant_number = 0;  ///< in the routes
    std::filesystem::path folder;
    /// One for each loop: its workers' links are added when they can be asked.
    std::vector<std::shared_ptr<Routes>> routes;
    std::shared_ptr<const ServingMetrics> metrics;
    /// ready() or failure() are others.
    std::function<void()> changed;
  };
  explicit Seat(Parts parts);

  /// Until end(), or its first worker could not be asked.
  Awaitable<> run();
  /// No more requests; those that run have until then, then the program ends. Idempotent.
  Awaitable<> end(SteadyTime until);
  /// What end() waits for is given up, and the program has kWorkerStopGrace to end.
  void hurry();

  bool ready() const { return ready_; }
  /// Whether it was ever ready.
  bool was_ready() const { return was_ready_; }
  /// Why it never was.
  const std::optional<Error>& failure() const { return failure_; }
  std::shared_ptr<const ModelAbout> about() const { return about_; }

 private:
  using LinkPtr = std::shared_ptr<LinkClient>;

  Awaitable<> keep_up();
  Awaitable<Error> live();
  Awaitable<> follow();
  Awaitable<Result<void>> get_ready();
  Awaitable<Result<LinkPtr>> open(std::size_t loop);
  Awaitable<> serve();
  Awaitable<> publish();
  Awaitable<> withdraw();
  void close_links(const Error& why);
  void on_lost(std::uint64_t life, std::string hangs);
  Milliseconds pause(std::size_t deaths, const Error& why) const;
  void note_death(std::size_t deaths, const Error& why) const;
  Error death() const;
  Error not_ready(const Error& why) const;
  WorkerSpec program() const;
  int threads() const;
  /// Whether it runs a program of the user's own.
  bool script() const;
  Milliseconds stop_grace() const;
  const ModelSpec& model() const { return parts_.variant.model; }
  Executor home() const { return parts_.world.home(); }
  const std::vector<Executor>& loops() const { return parts_.world.parts.loops; }

  Parts parts_;
  const Algorithm* algorithm_;  ///< null: nothing here loads the model
  ModelFiles files_;
  std::string fetched_;  ///< what the quarantine knows the model by
  std::unique_ptr<WorkerLog> log_;
  std::unique_ptr<Worker> program_;
  std::vector<LinkPtr> links_;
  std::shared_ptr<WorkerLoad> load_;
  std::uint64_t life_ = 0;  ///< of programs, counted
  std::optional<WorkerEnd> ended_;
  std::string hung_;  ///< why it was ended, where it did not do so itself
  Signal gone_;
  CancelSource stop_;
  double download_us_ = 0;
  bool stopping_ = false;
  bool hurried_ = false;
  bool ready_ = false;
  bool was_ready_ = false;
  bool served_ = false;  ///< in this life
  std::optional<Error> failure_;
  std::shared_ptr<const ModelAbout> about_;
};

}  // namespace weft::ml

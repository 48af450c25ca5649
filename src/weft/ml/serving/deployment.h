// One version of an endpoint: for each variant so many workers that have its model loaded. Owned by
// the endpoint (EndpointRun); its home.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/task_group.h"
#include "weft/ml/serving/plan.h"
#include "weft/ml/serving/routes.h"
#include "weft/ml/serving/seat.h"
#include "weft/ml/serving/serving_world.h"

namespace weft::ml {

class Deployment {
 public:
  struct Parts {
    ServingWorld& world;
    std::string owner;
    std::string endpoint;
    /// ready() of a variant or about() are others.
    std::function<void()> changed;
  };
  Deployment(Parts parts, const Plan& plan);
  Deployment(const Deployment&) = delete;

  /// Starts all workers and waits until each is ready. Errors: why the first of them is not, with
  /// its variant's name; end() comes then, too.
  Awaitable<Result<void>> begin();
  /// As many workers as the plan says where those are more, and waits for them; as it was when one
  /// of them cannot be had.
  Awaitable<Result<void>> grow(const Plan& plan);
  /// As many as the plan says where those are fewer; what they are answering they answer.
  void shrink(const Plan& plan);
  Awaitable<> set_weights(const Plan& plan);
  /// Workers have until then to answer what they were asked. Once; nothing else after it.
  Awaitable<> end(SteadyTime until);
  /// What is waited for is given up: by begin() and grow(), and by end() for answers.
  void give_up();

  /// Workers of the variant that can be asked.
  std::int64_t ready(std::string_view variant) const;
  /// Of the first variant; null when no worker can be asked.
  std::shared_ptr<const ModelAbout> about() const;
  /// One for each loop.
  const std::vector<std::shared_ptr<Routes>>& routes() const { return routes_; }

 private:
  struct Variant {
    PlannedVariant planned;
    std::shared_ptr<const ServingMetrics> metrics;
    std::vector<std::shared_ptr<Seat>> seats;
  };

  void add_seats(std::size_t variant, std::int64_t instances);
  void drop_seats(std::size_t variant, std::int64_t instances);
  Awaitable<Result<void>> all_ready();
  void on_changed();

  Parts parts_;
  std::filesystem::path folder_;
  std::vector<Variant> variants_;
  std::vector<std::shared_ptr<Routes>> routes_;
  std::uint64_t next_seat_ = 0;
  TaskGroup tasks_;
  Signal changed_;
  bool given_up_ = false;
};

}  // namespace weft::ml

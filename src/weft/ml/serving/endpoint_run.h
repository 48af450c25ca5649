// The life of one endpoint: one coroutine that brings about what its record says. A change is in
// the store before anyone sees it. Owned by Endpoints; its home.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/task_group.h"
#include "weft/ml/serving/deployment.h"
#include "weft/ml/serving/front.h"
#include "weft/ml/serving/plan.h"
#include "weft/ml/serving/serving_world.h"

namespace weft::ml {

class EndpointRun : public std::enable_shared_from_this<EndpointRun> {
 public:
  struct Parts {
    ServingWorld& world;
    TaskGroup& tasks;
    /// Durable when it returns.
    std::function<Awaitable<Result<void>>(EndpointRecord)> keep;
    std::function<Awaitable<Result<void>>(std::string owner, std::string name)> erase;
    /// What everybody sees from now on.
    std::function<void(Endpoint)> show;
  };
  EndpointRun(Parts parts, EndpointRecord record);

  /// Until it is erased or weft ends.
  Awaitable<> run();
  /// Each is durable when it returns; run() does the rest. Errors: as Endpoints'.
  Awaitable<Result<void>> update(Plan plan, bool keep_weights, json::object changed);
  Awaitable<Result<void>> change_variants(std::vector<VariantChange> changes);
  Awaitable<Result<void>> erase();
  /// weft ends: workers do too, the endpoint stays as it is.
  void drain();

  /// Whether it is not in the store any more.
  bool erased() const { return erased_; }
  std::size_t planned() const;
  const std::shared_ptr<EndpointFront>& front() const { return front_; }

 private:
  using DeploymentPtr = std::shared_ptr<Deployment>;

  EndpointStatus status() const { return record_.endpoint.status; }
  Awaitable<> create();
  Awaitable<> reload();
  Awaitable<> change();
  Awaitable<> resize();
  Awaitable<> remove();
  Awaitable<> leave();
  Awaitable<Result<DeploymentPtr>> bring_up(const Plan& plan);
  Awaitable<> answer_with(DeploymentPtr deployment);
  Awaitable<bool> settle(EndpointRecord next);
  Awaitable<Result<void>> take(EndpointRecord next, std::size_t more);
  static Awaitable<> let_go(std::shared_ptr<EndpointRun> self, DeploymentPtr deployment);
  Result<void> can_change() const;
  Endpoint shown() const;
  void show();
  void tell();
  std::int64_t unix_ms() const { return parts_.world.parts.clock.unix_ms(); }

  Parts parts_;
  EndpointRecord record_;
  std::shared_ptr<EndpointFront> front_;
  DeploymentPtr deployment_;  ///< what answers
  DeploymentPtr pending_;     ///< what is being made
  std::vector<std::weak_ptr<Deployment>> leaving_;
  Signal command_;
  CancelSource wish_;        ///< weft ends, or it is erased
  std::size_t claimed_ = 0;  ///< workers of a change that is being kept
  bool busy_ = false;        ///< a change of the record is being kept
  bool draining_ = false;
  bool told_ = false;  ///< the hub knows of it
  bool erased_ = false;
};

}  // namespace weft::ml

// An endpoint as its callers see it, through updates and restarts of its workers. Owned by the
// endpoint and by whoever asks; any loop of Endpoints::Parts::loops.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/clock.h"
#include "weft/ml/serving/invocation.h"
#include "weft/ml/serving/routes.h"

namespace weft::ml {

class EndpointFront final : public Inferring {
 public:
  EndpointFront(std::vector<Executor> loops, const Clock& clock, std::string owner,
                std::string endpoint);

  Awaitable<Result<InvocationReply>> invoke(Invocation invocation, SteadyTime deadline,
                                            CancelToken cancel) override;
  Awaitable<Result<InvocationReply>> stream(Invocation invocation, SteadyTime deadline,
                                            CancelToken cancel, TakePiece piece) override;
  std::shared_ptr<const ModelAbout> about() const override { return about_.load(); }
  const std::string& owner() const override { return owner_; }

  /// New requests go there (one for each loop) once this returns; those that run go on where they
  /// are. Without any: all are refused.
  Awaitable<> install(std::vector<std::shared_ptr<Routes>> routes);
  void say(std::shared_ptr<const ModelAbout> about) { about_.store(std::move(about)); }

 private:
  struct alignas(64) Lane {
    std::shared_ptr<Routes> routes;
  };
  /// What one request keeps while it runs.
  struct Asked {
    std::shared_ptr<Routes> routes;  ///< outlives the call
    Routes::Variant* variant = nullptr;
    LinkCall call;
    SteadyTime began;
    SteadyTime sent;
  };

  Lane* lane_of(Executor executor);
  Result<void> ask(Executor here, Asked& asked, const Invocation& invocation, SteadyTime deadline,
                   const CancelToken& cancel, bool pieces);
  Result<InvocationReply> settle(Asked& asked);
  static Awaitable<Result<void>> put(Lane& lane, std::shared_ptr<Routes> routes);

  std::vector<Executor> loops_;
  const Clock& clock_;
  std::string owner_;
  std::string endpoint_;
  std::vector<Lane> lanes_;
  std::atomic<std::shared_ptr<const ModelAbout>> about_;
};

}  // namespace weft::ml

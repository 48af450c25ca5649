// The solution side: an A2A agent as a Service, and the protocol by which the hub recognises and
// joins one. Owned by the hub; the service is thread-safe.
#pragma once

#include <memory>
#include <mutex>

#include "weft/adapters/a2a/discovery.h"
#include "weft/adapters/a2a/session.h"
#include "weft/hub/joiner.h"
#include "weft/hub/producer.h"

namespace weft::adapters::a2a {

class AgentService final : public hub::ProducingService {
 public:
  AgentService(Environment& environment, hub::JoinRequest join, std::shared_ptr<const Agent> agent,
               std::shared_ptr<const model::Solution> solution);

  std::unique_ptr<hub::EventStream> reattach(std::shared_ptr<const model::Call> call,
                                             model::Accepted accepted,
                                             hub::CallContext context) override;
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

 private:
  struct Now {
    std::shared_ptr<const Agent> agent;
    std::shared_ptr<const model::Solution> solution;
  };
  Now now() const;
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  Session::Parts parts(std::shared_ptr<const model::Call> call, Executor executor);

  Environment& environment_;
  std::shared_ptr<const hub::JoinRequest> join_;
  std::shared_ptr<Memory> memory_;
  mutable std::mutex mutex_;
  Now now_;
};

class AgentProtocol final : public hub::Protocol {
 public:
  explicit AgentProtocol(Environment& environment) : environment_(environment) {}

  std::string_view name() const override { return "a2a"; }
  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override;
  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override;

 private:
  Environment& environment_;
};

}  // namespace weft::adapters::a2a

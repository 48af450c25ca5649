// One call of an agent from its first message to its end: questions and answers, polling where
// there is no stream, cancelling at the agent. Owned by the stream of that call; one loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/a2a/contexts.h"
#include "weft/adapters/a2a/intake.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/outgoing.h"
#include "weft/adapters/a2a/peer.h"
#include "weft/base/timers.h"
#include "weft/hub/producer.h"

namespace weft::adapters::a2a {

/// What outlives a call: shared by all calls of one solution.
struct Memory {
  Contexts contexts{kContextsMax};
  /// Upstream tasks by the caller they were made for.
  Contexts tasks{kContextsMax};
};

class Session {
 public:
  struct Parts {
    Peer peer;
    std::shared_ptr<Memory> memory;
    std::shared_ptr<const model::Call> call;
    std::shared_ptr<const model::Skill> skill;
  };
  Session(Parts parts, hub::Emitter& out);

  /// Sends the call and follows it to its end.
  Awaitable<Result<model::Output>> run();
  /// Follows a task that the agent has already.
  Awaitable<Result<model::Output>> take_up(model::Accepted accepted);

 private:
  Awaitable<Result<model::Output>> converse(SendRequest request);
  Awaitable<Result<model::Output>> converse_on();
  /// Reads one answer until the task is settled, polling where it ends early.
  Awaitable<Result<void>> follow(std::unique_ptr<Answer> answer);
  Awaitable<Result<void>> poll();
  Awaitable<Result<void>> take(StreamItem item);
  Awaitable<Result<void>> emit_all(std::vector<model::Event> events);
  Awaitable<Result<SendRequest>> ask();
  Awaitable<> let_go();
  void remember();
  void on_cancelled();
  hub::CallContext context() const;

  Parts parts_;
  hub::Emitter& out_;
  Manner manner_;
  Intake intake_;
  std::string conversation_;
  SendRequest last_;
  int answered_ = 0;
  /// Ends the requests: with the call, but not before the task that has to be cancelled is known.
  CancelSource requests_;
  Timer learn_timer_;
  CancelRegistration cancelled_;
};

}  // namespace weft::adapters::a2a

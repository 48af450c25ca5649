// Where the events of a chat come from: a call that begins now, or a parked one that the
// conversation goes on with. Owned by one exchange, on its loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weft/adapters/common/adapter.h"
#include "weft/hub/tasks.h"

namespace weft::adapters::openai {

class Source {
 public:
  /// `named`: the context that the caller named, if it did.
  Source(Environment& environment, net::Exchange& exchange, ContextId named);

  struct Resumed {
    /// The request answered an open question: next() gives what comes of it.
    bool taken_up = false;
    /// The context it goes on in, where the caller named none.
    ContextId context;
    /// The reply was not understood: the question once more.
    std::optional<model::Turn> again;
  };
  /// Looks whether the conversation goes on with an open question, and answers it with the last
  /// turn.
  Awaitable<Result<Resumed>> resume(const model::Call& call, const std::string& model);
  /// Begins the call.
  void start(std::shared_ptr<const model::Call> call);

  Awaitable<model::Event> next();
  void cancel(Error why);
  /// Keeps the call at its question, under the key that the conversation has once `said` was said.
  Awaitable<Result<void>> park(const model::Call& call, const std::string& model,
                               const model::Turn& said, const model::Ask& ask);
  /// A caller that left does not want what it had taken up.
  Awaitable<> close();

 private:
  Awaitable<Result<std::optional<hub::TaskView>>> find(const model::Call& call,
                                                       const std::string& model);

  Environment& environment_;
  net::Exchange& exchange_;
  ContextId named_;
  model::Principal principal_;
  std::unique_ptr<hub::EventStream> stream_;
  std::unique_ptr<hub::TaskSubscription> subscription_;
  TaskId task_;
  bool ended_ = false;
};

}  // namespace weft::adapters::openai

// Which context a replayed conversation goes on with. A chat has no state of its own: its context
// is found by the key of all that was said before the last turn, and kept under the key of all that
// is said after the answer. Owned by the chat door; any thread.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/model/call.h"

namespace weft::adapters::openai {

/// Forgets what is older than its limit and, when it is full, what is oldest.
class Contexts {
 public:
  explicit Contexts(std::size_t entries_max, Milliseconds kept);

  void keep(std::string key, ContextId context, SteadyTime now);
  /// The context kept under the key, which is then kept no more: of two conversations that go on
  /// from the same words one alone has it. Empty when there is none.
  ContextId take(const std::string& key, SteadyTime now);

 private:
  struct Entry {
    std::string key;
    ContextId context;
    SteadyTime since;
  };
  void forget_old(SteadyTime now);

  std::mutex mutex_;
  std::size_t entries_max_;
  Milliseconds kept_;
  std::list<Entry> entries_;  ///< the newest in front
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

/// One chat's hold on its context. Owned by one exchange, on its loop.
class Continuation {
 public:
  Continuation(Contexts& contexts, const Clock& clock) : contexts_(contexts), clock_(clock) {}
  ~Continuation() { put_back(); }
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;

  /// The context that the call's conversation goes on with; a new one when nothing is known.
  ContextId begin(const model::Call& call, Random& random);
  /// The call goes on in a context that is known already (a question was answered).
  void resume(ContextId context) { context_ = std::move(context); }
  const ContextId& context() const { return context_; }
  /// The assistant has said this: whoever replays it goes on in the context.
  void answered(const model::Call& call, const model::Turn& said);
  /// The call came to nothing: the context is found again where it was. Idempotent.
  void put_back();
  /// The call waits for an answer, and keeps the context itself.
  void parked() { key_.clear(); }

 private:
  Contexts& contexts_;
  const Clock& clock_;
  ContextId context_;
  /// Where the context was found; empty when it is new or has gone on.
  std::string key_;
};

}  // namespace weft::adapters::openai

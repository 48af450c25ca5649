// Who may use the machine's processors next: owners in turn, each owner's jobs in their order, so
// that nobody waits for all of somebody else's. Owned by TrainingJobs; one loop.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/async.h"

namespace weft::ml {

class FairQueue {
 public:
  FairQueue(Executor executor, int capacity);
  FairQueue(const FairQueue&) = delete;

  /// What a job holds while it runs; dropping it lets the next one in.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept;
    Share& operator=(Share&& other) noexcept;
    ~Share();

   private:
    friend class FairQueue;
    struct Held;
    std::shared_ptr<Held> held_;
  };

  /// Waits for its turn. More than there is counts as all there is. Errors: the cancellation's.
  Awaitable<Result<Share>> take(std::string owner, std::string name, int wanted,
                                CancelToken cancel);
  /// Who waits, the next one first: `(owner, name)`.
  std::vector<std::pair<std::string, std::string>> waiting() const;
  int free() const;

 private:
  struct Waiter;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace weft::ml

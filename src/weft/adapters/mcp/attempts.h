// Connecting anew, by one caller at a time: who comes meanwhile waits for that and looks again.
// Owned by a link; any thread, each wait on its own loop.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "weft/adapters/mcp/mailbox.h"
#include "weft/hub/service.h"

namespace weft::adapters::mcp {

class Attempts {
 public:
  /// The right to connect. Its end, whatever brings it, lets the others look again; it must not
  /// outlive its owner.
  class Turn {
   public:
    explicit Turn(Attempts& owner) : owner_(owner) {}
    ~Turn() { owner_.end(std::move(why_)); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    /// Those who wait fail for the same reason, unless it is this caller's own: a cancellation, a
    /// deadline.
    void failed(const Error& why);

   private:
    Attempts& owner_;
    std::optional<Error> why_;
  };

  /// Null while another's turn lasts.
  std::unique_ptr<Turn> begin();
  /// Waits for the end of that turn. Errors: what it failed for; the context's own cancellation and
  /// deadline.
  Awaitable<Result<void>> wait(hub::CallContext context);

 private:
  struct Ended {
    std::optional<Error> why;
  };
  using Waiter = Mailbox<Ended>;
  void end(std::optional<Error> why);

  std::mutex mutex_;
  bool running_ = false;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace weft::adapters::mcp

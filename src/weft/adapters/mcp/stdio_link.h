// A server on the standard input and output of a child process, both eras; one process for all
// callers, started again when it ended. Owned by the Client; any loop.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "weft/adapters/mcp/attempts.h"
#include "weft/adapters/mcp/link.h"
#include "weft/adapters/mcp/listeners.h"
#include "weft/adapters/mcp/stdio_wire.h"
#include "weft/hub/registry.h"

namespace weft::adapters::mcp {

class StdioLink final : public Link, public std::enable_shared_from_this<StdioLink> {
 public:
  /// The process lives on `home`'s loop.
  StdioLink(std::shared_ptr<Pumps> pumps, Executor home, hub::JoinRequest request);
  ~StdioLink() override;
  // Link
  Awaitable<Result<Handshake>> connect(hub::CallContext context) override;
  Handshake handshake() const override;
  Awaitable<Result<std::unique_ptr<Conversation>>> send(LinkRequest request,
                                                        hub::CallContext context) override;
  Awaitable<> close(hub::CallContext context) override;

  /// Woken when the server says that its list of tools changed.
  std::shared_ptr<Listeners::Listener> changes(Executor executor) {
    return changes_->listen(executor);
  }

 private:
  std::shared_ptr<StdioWire> wire() const;
  /// The process that lives, started again where there is none: one at a time, whoever calls.
  Awaitable<Result<std::shared_ptr<StdioWire>>> living(hub::CallContext context);
  void settle(std::shared_ptr<StdioWire> wire, const Handshake& shake);
  std::unique_ptr<Conversation> say(std::shared_ptr<StdioWire> wire, LinkRequest request, Era era,
                                    hub::CallContext context);
  Awaitable<Result<Handshake>> shake_hands(std::shared_ptr<StdioWire> wire,
                                           hub::CallContext context);

  std::shared_ptr<Pumps> pumps_;
  Executor home_;
  const hub::JoinRequest request_;
  std::atomic<std::int64_t> next_id_{1};
  std::shared_ptr<Listeners> changes_ = std::make_shared<Listeners>();
  Attempts attempts_;
  mutable std::mutex mutex_;
  std::shared_ptr<StdioWire> wire_;
  Handshake shake_;
};

}  // namespace weft::adapters::mcp

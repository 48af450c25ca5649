// The solution side: a joined MCP server as a Service. Thread-safe; each call runs on its own loop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "weft/adapters/mcp/link.h"
#include "weft/hub/producer.h"
#include "weft/hub/service.h"
#include "weft/model/solution.h"

namespace weft::adapters::mcp {

class Client final : public hub::ProducingService {
 public:
  explicit Client(std::shared_ptr<Link> link);
  ~Client() override;
  /// Called when the client goes, from whatever thread lets it go.
  void on_gone(std::function<void()> action) { on_gone_ = std::move(action); }

  /// Lists the tools and describes the server. `base` holds the id and the URL.
  Awaitable<Result<model::Solution>> describe(model::Solution base, hub::CallContext context);
  const std::shared_ptr<Link>& link() const { return link_; }

  // hub::Service
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

 private:
  Awaitable<Result<std::vector<model::Skill>>> list_tools(hub::CallContext context);
  /// What a call asks of the server; its arguments are an object or nothing.
  LinkRequest request_of(const model::Call& call) const;
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  /// One request of a call and what comes before its response: the result, or the server's error.
  using Outcome = std::variant<json::object, wire::JsonRpcError>;
  Awaitable<Result<Outcome>> converse(Conversation& conversation, hub::Emitter& out);
  Awaitable<Result<void>> serve(Conversation& conversation, wire::JsonRpcRequest request,
                                hub::Emitter& out);
  Awaitable<Result<void>> tell(const wire::JsonRpcRequest& notification, hub::Emitter& out);
  /// Asks for the pages to be visited that an error names; the error itself when it names none.
  Awaitable<Result<void>> ask_visits(wire::JsonRpcError error, hub::Emitter& out);
  Awaitable<Result<void>> ask_inputs(json::object& params, const json::object& result,
                                     hub::Emitter& out);
  std::shared_ptr<const model::Solution> current() const;
  void keep(std::shared_ptr<const model::Solution> solution);

  std::shared_ptr<Link> link_;
  std::function<void()> on_gone_;
  mutable std::mutex mutex_;
  std::shared_ptr<const model::Solution> solution_;
};

}  // namespace weft::adapters::mcp

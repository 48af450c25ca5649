// One tools/call while it is served: what was asked, and how it may come out. Owned by the
// coroutine that serves it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/mcp/asks.h"
#include "weft/adapters/mcp/relay.h"
#include "weft/hub/hub.h"
#include "weft/hub/names.h"
#include "weft/model/call.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

struct CallRun {
  Era era = Era::legacy;
  std::string version;
  json::value id;
  model::Principal principal;
  /// Null for `continue_task`.
  hub::SkillRef skill;
  std::shared_ptr<const model::Call> call;
  /// What the caller gave, unless the call has it as it is.
  std::optional<json::object> apart;
  EventRelay relay{std::nullopt, ""};
  ElicitCaps elicit;
  /// The tool's name as the caller gave it.
  std::string name;
  Executor executor;

  explicit CallRun(Executor loop) : executor(loop) {}
  /// The arguments as the caller gave them.
  const json::object& arguments() const { return apart ? *apart : call->args->get_object(); }
};

/// The call that a request begins: its trace, from the headers or else from `_meta`, and its depth.
model::Call call_of(hub::Hub& hub, const Request& request, const wire::JsonRpcRequest& rpc);
/// Binds a modern requestState to this call.
std::string digest_of(const CallRun& run);

/// A result, or an error with its HTTP status.
struct Outcome {
  std::variant<json::object, wire::JsonRpcError> body;
  int status = 200;
  bool cancelled = false;
};

/// The outcome that an error is, by the table of errors.h.
Outcome outcome_of(const Error& error, Era era);
Outcome outcome_of(model::End end, const model::Skill& skill, Era era);
std::string response_text(const json::value& id, Outcome outcome);

}  // namespace weft::adapters::mcp

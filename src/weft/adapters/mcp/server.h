// The caller side: `/mcp` (all skills) and `/mcp/{solution}`, both eras on one endpoint. Owned by
// the routes of the adapter; any loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/mcp/call_run.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/listeners.h"
#include "weft/adapters/mcp/post_reply.h"
#include "weft/adapters/mcp/seal.h"
#include "weft/adapters/mcp/sessions.h"
#include "weft/hub/names.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

struct Passing;

/// Where a request came in.
struct Mount {
  std::string name;  ///< the solution, or empty for all
  std::shared_ptr<const hub::Entry> entry;
};

/// What a request without events is answered with.
struct Reply {
  int status = 200;
  std::string body;
};

class Server : public std::enable_shared_from_this<Server> {
 public:
  static std::shared_ptr<Server> create(Environment& environment);
  Awaitable<> handle(Request& request);

 private:
  explicit Server(Environment& environment);
  Result<Mount> mount_of(const Request& request) const;
  // What follows up to a call is no coroutine of its own where it need not be: a call has few
  // frames.
  Awaitable<> post(Request& request, Mount mount);
  Awaitable<> post_later(Request& request, Mount mount);
  Awaitable<> post_body(Request& request, Mount mount, Result<std::string> body);
  Awaitable<> pass_or_serve(Request& request, Mount mount, Era era, std::string body,
                            wire::JsonRpcMessage message);
  Awaitable<> serve_message(Request& request, Mount mount, Era era, wire::JsonRpcMessage message);
  /// Says an error before any JSON-RPC request is known.
  static void refuse(net::Exchange& exchange, int status, wire::JsonRpcError error);
  static void refuse(net::Exchange& exchange, const Error& error);
  static void accept(net::Exchange& exchange);
  /// The same where an answer is awaited.
  static Awaitable<> refused(net::Exchange& exchange, int status, wire::JsonRpcError error);
  static Awaitable<> refused(net::Exchange& exchange, Error error);
  static Awaitable<> accepted(net::Exchange& exchange);

  // server_legacy.cc
  Awaitable<> legacy_post(Request& request, Mount mount, wire::JsonRpcMessage message);
  Awaitable<> initialize(Request& request, Mount mount, wire::JsonRpcRequest rpc);
  Awaitable<> legacy_request(Request& request, Mount mount, std::shared_ptr<Session> session,
                             wire::JsonRpcRequest rpc);
  Awaitable<> legacy_call(Request& request, Mount mount, std::shared_ptr<Session> session,
                          wire::JsonRpcRequest rpc);
  Awaitable<> legacy_get(Request& request, Mount mount);
  Awaitable<> legacy_delete(Request& request, Mount mount);
  std::shared_ptr<Session> session_of(const Request& request, const Mount& mount);
  /// The same where weft itself serves: one that was passed through is lost with the passage.
  std::shared_ptr<Session> own_session_of(const Request& request, const Mount& mount);
  static Awaitable<> follow(net::Exchange& exchange, std::shared_ptr<Replay> replay,
                            std::uint64_t after, CancelToken over);
  static void legacy_notification(Session& session, const wire::JsonRpcRequest& rpc);
  Result<json::object> legacy_answer(const Request& request, const Mount& mount, Session& session,
                                     const wire::JsonRpcRequest& rpc);

  // server_modern.cc
  Awaitable<> modern_post(Request& request, Mount mount, wire::JsonRpcMessage message);
  /// Whatever is no tools/call and no subscription.
  Awaitable<> modern_other(Request& request, Mount mount, wire::JsonRpcRequest rpc);
  Awaitable<> modern_call(Request& request, Mount mount, wire::JsonRpcRequest rpc);
  Awaitable<Outcome> resume_parked(CallRun& run, PostReply& reply, json::object params,
                                   CancelToken cancel);
  Awaitable<> modern_listen(Request& request, Mount mount, wire::JsonRpcRequest rpc);
  std::optional<Result<json::object>> modern_answer(const Request& request, const Mount& mount,
                                                    const wire::JsonRpcRequest& rpc);
  json::object discover(const Mount& mount) const;

  // server_call.cc: one tools/call of either era
  Result<json::object> list_tools(const model::Principal& principal, const Mount& mount, Era era,
                                  bool asks_by_tool, const json::object& params) const;
  /// Takes the arguments out of the request.
  Result<CallRun> begin(const Request& request, const Mount& mount, wire::JsonRpcRequest& rpc,
                        Era era) const;
  Awaitable<Outcome> run(CallRun& run, PostReply& reply, Session* session, CancelToken cancel);
  Awaitable<Outcome> run_task(CallRun& run, PostReply& reply, TaskId task, std::int64_t seen,
                              CancelToken cancel);
  Awaitable<Outcome> continue_task(CallRun& run, PostReply& reply, CancelToken cancel);
  Awaitable<Outcome> park(CallRun& run, std::unique_ptr<hub::EventStream> stream, model::Ask ask);
  Outcome asked(const CallRun& run, const model::Ask& ask, const TaskId& task) const;
  Awaitable<Result<void>> elicit(CallRun& run, PostReply& reply, Session& session,
                                 hub::EventStream& stream, const model::Ask& ask,
                                 CancelToken cancel);
  Awaitable<Result<model::Answer>> elicit_one(PostReply& reply, Session& session,
                                              model::Ask::Item item, CancelToken cancel);

  // server_relay.cc
  json::object capabilities(const Mount& mount) const;
  Awaitable<std::optional<Outcome>> relay(const Request& request, const Mount& mount, Era era,
                                          const wire::JsonRpcRequest& rpc);

  // passthrough.cc
  std::optional<Passing> passing(const Request& request, const Mount& mount, Era era,
                                 std::string_view body, const wire::JsonRpcMessage* message);
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> send_on(Passing& passing);
  /// Whether the solution of the mount speaks MCP over HTTP itself, and the hub asks before none of
  /// its skills.
  static bool may_pass(const Mount& mount);
  Awaitable<bool> pass_through(Request& request, const Mount& mount, Era era, std::string_view body,
                               const wire::JsonRpcMessage* message);
  std::optional<Error> settle_session(const Request& request, const Mount& mount,
                                      const net::ClientResponse& response, bool initializes,
                                      const std::shared_ptr<Session>& session,
                                      wire::Headers& headers);

  Environment& environment_;
  Sessions sessions_;
  Listeners listeners_;
  Sealer sealer_;
};

}  // namespace weft::adapters::mcp

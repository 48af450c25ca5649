#include "weft/adapters/mcp/stdio_link.h"

#include <format>

#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/base/timers.h"
#include "weft/hub/variables.h"

namespace weft::adapters::mcp {

namespace {

constexpr const char* kNotRead = "the server's process is gone, or reads nothing";

class StdioConversation final : public Conversation {
 public:
  StdioConversation(std::shared_ptr<StdioWire> wire, json::value id, hub::CallContext context,
                    bool call)
      : wire_(std::move(wire)),
        id_(std::move(id)),
        call_(call),
        said_(wire_->said()),
        inbox_(std::make_shared<StdioWire::Inbox>(context.executor)) {
    cancel_.follow(context.cancel);
    wire_->expect(id_, inbox_, call);
    // A call's own token ends it at its deadline, which waits while a person is asked; everything
    // else ends here.
    if (call) return;
    timer_ = run_at(context.executor, context.deadline, [this] {
      cancel_.cancel(make_error(Reason::deadline, "the server did not answer in time"));
    });
  }
  ~StdioConversation() override { wire_->forget(id_); }

  /// What cannot be said is not waited for.
  void say(std::string line) {
    if (wire_->send(std::move(line))) return;
    inbox_->close(make_error(Reason::unavailable, kNotRead));
  }

  Awaitable<Result<wire::JsonRpcMessage>> next() override {
    CancelToken token = cancel_.token();
    auto message = co_await inbox_->pop(token);
    const bool late = !message && message.error().reason == Reason::deadline;
    if (call_ && late) wire_->doubt(id_, said_, Milliseconds(kStdioPingMs));
    co_return message;
  }
  Awaitable<Result<void>> reply(wire::JsonRpcResponse response, hub::CallContext context) override {
    (void)context;
    if (wire_->send(wire::write_jsonrpc(response))) co_return Result<void>();
    co_return fail(Reason::unavailable, kNotRead);
  }
  Awaitable<> abandon(std::string why) override {
    wire::JsonRpcRequest cancelled;
    cancelled.method = "notifications/cancelled";
    cancelled.params["requestId"] = id_;
    cancelled.params["reason"] = why;
    wire_->send(wire::write_jsonrpc(cancelled));
    co_return;
  }

 private:
  std::shared_ptr<StdioWire> wire_;
  json::value id_;
  bool call_;
  /// How much the process had said before this.
  std::uint64_t said_;
  std::shared_ptr<StdioWire::Inbox> inbox_;
  CancelSource cancel_;
  Timer timer_;
};

/// The answer in a conversation that asks nothing.
Awaitable<Result<wire::JsonRpcResponse>> response_of(Conversation& conversation) {
  while (true) {
    auto message = co_await conversation.next();
    if (!message) co_return fail(message.error());
    auto* response = std::get_if<wire::JsonRpcResponse>(&*message);
    if (response != nullptr) co_return std::move(*response);
  }
}

}  // namespace

StdioLink::StdioLink(std::shared_ptr<Pumps> pumps, Executor home, hub::JoinRequest request)
    : pumps_(std::move(pumps)), home_(home), request_(std::move(request)) {}

StdioLink::~StdioLink() {
  if (wire_) wire_->stop();
}

std::shared_ptr<StdioWire> StdioLink::wire() const {
  const std::lock_guard lock(mutex_);
  return wire_;
}

Handshake StdioLink::handshake() const {
  const std::lock_guard lock(mutex_);
  return shake_;
}

void StdioLink::settle(std::shared_ptr<StdioWire> wire, const Handshake& shake) {
  std::shared_ptr<StdioWire> old;
  {
    const std::lock_guard lock(mutex_);
    old = std::exchange(wire_, std::move(wire));
    shake_ = shake;
  }
  if (old) old->stop();
}

std::unique_ptr<Conversation> StdioLink::say(std::shared_ptr<StdioWire> wire, LinkRequest request,
                                             Era era, hub::CallContext context) {
  const json::value id(next_id_.fetch_add(1));
  if (era == Era::modern) add_modern_meta(request.params, request.log_level);
  if (request.progress) add_progress_token(request.params, id);
  add_trace(request.params, request.trace);
  auto conversation =
      std::make_unique<StdioConversation>(wire, id, context, request.method == "tools/call");
  wire::JsonRpcRequest rpc;
  rpc.id = id;
  rpc.method = request.method;
  rpc.params = std::move(request.params);
  conversation->say(wire::write_jsonrpc(rpc));
  return conversation;
}

Awaitable<Result<Handshake>> StdioLink::shake_hands(std::shared_ptr<StdioWire> wire,
                                                    hub::CallContext context) {
  LinkRequest discover;
  discover.method = "server/discover";
  hub::CallContext probing = context;
  const auto soon = std::chrono::steady_clock::now() + Milliseconds(kStdioEraProbeMs);
  probing.deadline = std::min(context.deadline, soon);
  auto modern = say(wire, std::move(discover), Era::modern, probing);
  auto told = co_await response_of(*modern);
  if (told) {
    const auto* error = std::get_if<wire::JsonRpcError>(&told->outcome);
    if (error != nullptr && is_modern_alone(*error)) co_return fail(error_of(*error));
    const auto* result = std::get_if<json::value>(&told->outcome);
    auto shake = result == nullptr ? Handshake() : read_discover(*result);
    if (shake && shake->era == Era::modern) co_return shake;
  }
  // Another error or silence: the server is of the legacy era.
  LinkRequest initialize;
  initialize.method = "initialize";
  initialize.params = initialize_params();
  auto legacy = say(wire, std::move(initialize), Era::legacy, context);
  auto answer = co_await response_of(*legacy);
  if (!answer) co_return fail(answer.error());
  if (const auto* error = std::get_if<wire::JsonRpcError>(&answer->outcome))
    co_return fail(error_of(*error));
  auto shake = read_initialize(std::get<json::value>(answer->outcome));
  if (!shake) co_return shake;
  wire::JsonRpcRequest initialized;
  initialized.method = "notifications/initialized";
  wire->send(wire::write_jsonrpc(initialized));
  co_return shake;
}

Awaitable<Result<Handshake>> StdioLink::connect(hub::CallContext context) {
  net::ChildCommand command;
  command.arguments = request_.command;
  for (const auto& [name, value] : request_.environment) {
    auto resolved = hub::resolve_variables(value);
    if (!resolved) co_return fail(std::move(resolved).error());
    command.environment.emplace_back(name, *std::move(resolved));
  }
  auto wire = co_await StdioWire::start(pumps_, home_, std::move(command));
  if (!wire) co_return fail(wire.error());
  (*wire)->on_list_changed([changes = changes_] { changes->changed(); });
  auto shake = co_await shake_hands(*wire, context);
  if (!shake) {
    (*wire)->stop();
    co_return shake;
  }
  settle(*wire, *shake);
  if (shake->era == Era::modern && tells_changes(*shake)) {
    // Its answer comes when the server ends: nobody waits for that.
    wire::JsonRpcRequest listen;
    listen.id = json::value(next_id_.fetch_add(1));
    listen.method = "subscriptions/listen";
    json::object wanted;
    wanted["toolsListChanged"] = true;
    listen.params["notifications"] = std::move(wanted);
    add_modern_meta(listen.params, "");
    (*wire)->send(wire::write_jsonrpc(listen));
  }
  co_return shake;
}

Awaitable<Result<std::shared_ptr<StdioWire>>> StdioLink::living(hub::CallContext context) {
  while (true) {
    const auto turn = attempts_.begin();
    if (!turn) {
      auto ended = co_await attempts_.wait(context);
      if (!ended) co_return fail(std::move(ended).error());
    }
    auto used = wire();
    if (used && !used->dead()) co_return used;
    if (!turn) continue;
    auto shake = co_await connect(context);
    if (shake) continue;
    turn->failed(shake.error());
    co_return fail(std::move(shake).error());
  }
}

Awaitable<Result<std::unique_ptr<Conversation>>> StdioLink::send(LinkRequest request,
                                                                 hub::CallContext context) {
  auto used = wire();
  if (!used || used->dead()) {
    auto living = co_await this->living(context);
    if (!living) co_return fail(std::move(living).error());
    used = *std::move(living);
  }
  const Era era = handshake().era;
  co_return say(std::move(used), std::move(request), era, context);
}

Awaitable<> StdioLink::close(hub::CallContext context) {
  (void)context;
  settle(nullptr, Handshake());
  co_return;
}

}  // namespace weft::adapters::mcp

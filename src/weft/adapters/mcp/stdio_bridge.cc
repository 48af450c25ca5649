#include "weft/adapters/mcp/stdio_bridge.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <deque>
#include <format>
#include <map>

#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/relay.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"
#include "weft/wire/jsonrpc.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

namespace {

using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::int64_t kHeadMs = 24 * 3'600'000;
constexpr std::int64_t kCloseMs = 2'000;
/// What a server answers GET with that has no stream of its own.
constexpr int kNoStream = 405;

/// Splits what comes in into lines.
class LineReader {
 public:
  explicit LineReader(Descriptor& in) : in_(in) {}
  /// Nothing at the end of the input.
  Awaitable<Result<std::optional<std::string>>> next() {
    while (true) {
      const auto end = buffer_.find('\n', scanned_);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        scanned_ = 0;
        co_return line;
      }
      scanned_ = buffer_.size();
      if (buffer_.size() > kMessageBytesMax)
        co_return fail(Reason::too_large, "a line on standard input is too long");
      const std::size_t before = buffer_.size();
      buffer_.resize(before + kReadBytes);
      boost::system::error_code error;
      const std::size_t got =
          co_await in_.async_read_some(boost::asio::buffer(buffer_.data() + before, kReadBytes),
                                       boost::asio::redirect_error(kAwait, error));
      buffer_.resize(before + got);
      if (error || got == 0) co_return std::optional<std::string>();
    }
  }

 private:
  Descriptor& in_;
  std::string buffer_;
  std::size_t scanned_ = 0;
};

/// Something that one coroutine does at a time, in the order in which they came.
class InTurn {
 public:
  explicit InTurn(Executor executor) : executor_(executor) {}
  Awaitable<> enter() {
    if (!std::exchange(busy_, true)) co_return;
    Signal mine(executor_);
    waiting_.push_back(&mine);
    co_await mine.wait();
  }
  void leave() {
    if (waiting_.empty()) {
      busy_ = false;
      return;
    }
    Signal* next = waiting_.front();
    waiting_.pop_front();
    next->notify();
  }

 private:
  Executor executor_;
  std::deque<Signal*> waiting_;
  bool busy_ = false;
};

using Response = Result<std::unique_ptr<net::ClientResponse>>;

class Bridge {
 public:
  Bridge(net::HttpClient& client, StdioBridge options, Executor executor)
      : client_(client),
        options_(std::move(options)),
        work_(executor),
        writing_(executor),
        beginning_(executor),
        in_(executor, ::dup(options_.in)),
        out_(executor, ::dup(options_.out)) {}

  Awaitable<Result<void>> run();

 private:
  Awaitable<> take_line(std::string line);
  Awaitable<> forward(std::string line, wire::JsonRpcMessage message,
                      std::shared_ptr<CancelSource> cancel);
  Awaitable<> forward_request(std::string line, const wire::JsonRpcRequest& rpc,
                              CancelToken cancel);
  Awaitable<> forward_answer(std::string line, wire::JsonRpcResponse answer);
  Awaitable<Response> post(std::string line, const wire::JsonRpcRequest* rpc, CancelToken cancel);
  Awaitable<> relay(net::ClientResponse& response, const wire::JsonRpcRequest* rpc);
  Awaitable<> relay_events(net::ClientResponse& response, const wire::JsonRpcRequest* rpc);
  Awaitable<> listen();
  Awaitable<int> listen_once();
  Awaitable<bool> begin_anew(std::string lost);
  Awaitable<bool> repeat_handshake();
  Awaitable<Response> post_handshake(std::string line, std::string session);
  Awaitable<> end_session();
  Awaitable<> write(std::string line);
  Awaitable<> write_error(const json::value& id, Error error);
  net::ClientRequest request(std::string_view method) const;
  void cancel_modern(const wire::JsonRpcMessage& message);
  void take_result(const wire::JsonRpcRequest& rpc, const wire::JsonRpcResponse& response);
  void keep_tool(const json::value& tool);
  void name_question(wire::JsonRpcRequest& question);
  const std::vector<HeaderParam>& header_params_of(const wire::JsonRpcRequest& rpc) const;

  net::HttpClient& client_;
  StdioBridge options_;
  TaskGroup work_;
  InTurn writing_;
  InTurn beginning_;
  Descriptor in_;
  Descriptor out_;
  std::string session_;
  std::string version_;
  /// What began the session, to be said again when it is lost.
  std::string initialize_;
  std::string initialized_;
  bool listening_ = false;
  /// Sessions that were lost.
  int lost_ = 0;
  /// Open questions of the session by the id that the client knows, once ids may come again.
  std::map<std::string, json::value> questions_;
  std::map<std::string, std::vector<HeaderParam>, std::less<>> tools_;
  std::map<std::string, std::shared_ptr<CancelSource>> running_;
};

net::ClientRequest Bridge::request(std::string_view method) const {
  net::ClientRequest out;
  out.origin = options_.hub;
  out.method = std::string(method);
  out.target = options_.solution.empty() ? "/mcp" : "/mcp/" + percent_encode(options_.solution);
  out.headers.set("Accept", "application/json, text/event-stream");
  if (!options_.key.empty()) out.headers.set("Authorization", "Bearer " + options_.key);
  if (!session_.empty()) out.headers.set(kHeaderSession, session_);
  if (!version_.empty()) out.headers.set(kHeaderVersion, version_);
  out.deadline = std::chrono::steady_clock::now() + Milliseconds(kHeadMs);
  out.idle_timeout = Milliseconds(kStreamIdleMs);
  return out;
}

Awaitable<> Bridge::write(std::string line) {
  co_await writing_.enter();
  line += '\n';
  boost::system::error_code error;
  co_await boost::asio::async_write(out_, boost::asio::buffer(line),
                                    boost::asio::redirect_error(kAwait, error));
  writing_.leave();
}

Awaitable<> Bridge::write_error(const json::value& id, Error error) {
  std::string text = error_message(id, rpc_error_of(error));
  co_await write(std::move(text));
}

/// Over HTTP a modern request is cancelled by going away; on standard input it is a notification.
void Bridge::cancel_modern(const wire::JsonRpcMessage& message) {
  const auto* rpc = std::get_if<wire::JsonRpcRequest>(&message);
  if (rpc == nullptr || rpc->method != "notifications/cancelled" || !session_.empty()) return;
  const json::value* id = json::find(rpc->params, "requestId");
  const auto found = id == nullptr ? running_.end() : running_.find(json::write(*id));
  if (found != running_.end())
    found->second->cancel(make_error(Reason::cancelled, "the client cancelled the request"));
}

Awaitable<Result<void>> Bridge::run() {
  LineReader lines(in_);
  Result<void> outcome;
  while (true) {
    auto line = co_await lines.next();
    if (!line) outcome = std::unexpected(line.error());
    if (!line || !*line) break;
    if ((*line)->find_first_not_of(" \t\r") == std::string::npos) continue;
    co_await take_line(**std::move(line));
  }
  co_await work_.join();
  co_await end_session();
  co_return outcome;
}

Awaitable<> Bridge::take_line(std::string line) {
  auto message = wire::parse_jsonrpc(line);
  if (!message) {
    wire::JsonRpcError error{wire::kJsonRpcParseError, message.error().message, std::nullopt};
    std::string text = error_message(json::value(), error);
    co_await write(std::move(text));
    co_return;
  }
  cancel_modern(*message);
  auto cancel = std::make_shared<CancelSource>();
  cancel->follow(work_.token());
  const auto* rpc = std::get_if<wire::JsonRpcRequest>(&*message);
  // What follows initialize needs its session, so it is waited for; everything else runs side by
  // side.
  const bool begun = rpc != nullptr && rpc->method == "notifications/initialized";
  const bool first = begun || (rpc != nullptr && rpc->method == "initialize");
  if (!first) {
    work_.spawn(forward(std::move(line), *std::move(message), std::move(cancel)));
    co_return;
  }
  (begun ? initialized_ : initialize_) = line;
  if (!begun) {
    initialized_.clear();
    session_.clear();
    version_.clear();
  }
  co_await forward(std::move(line), *std::move(message), std::move(cancel));
  if (begun && !session_.empty() && !std::exchange(listening_, true)) work_.spawn(listen());
}

Awaitable<> Bridge::forward(std::string line, wire::JsonRpcMessage message,
                            std::shared_ptr<CancelSource> cancel) {
  if (auto* answer = std::get_if<wire::JsonRpcResponse>(&message)) {
    co_await forward_answer(std::move(line), std::move(*answer));
    co_return;
  }
  const auto& rpc = std::get<wire::JsonRpcRequest>(message);
  const std::string key = rpc.id ? json::write(*rpc.id) : std::string();
  if (!key.empty()) running_[key] = cancel;
  CancelToken token = cancel->token();
  co_await forward_request(std::move(line), rpc, token);
  if (!key.empty()) running_.erase(key);
}

Awaitable<> Bridge::forward_request(std::string line, const wire::JsonRpcRequest& rpc,
                                    CancelToken cancel) {
  const bool begins = rpc.method == "initialize";
  const std::string used = begins ? std::string() : session_;
  const bool repeatable = rpc.id && !used.empty();
  std::string again = repeatable ? line : std::string();
  Response response = co_await post(std::move(line), &rpc, cancel);
  const bool forgotten = repeatable && response && (*response)->head().status == 404;
  if (forgotten && co_await begin_anew(used)) {
    response = co_await post(std::move(again), &rpc, cancel);
  }
  if (!response) {
    if (rpc.id && !cancel.cancelled()) co_await write_error(*rpc.id, response.error());
    co_return;
  }
  const wire::ResponseHead& head = (*response)->head();
  if (begins && head.status == 200) session_ = std::string(head.headers.get(kHeaderSession));
  co_await relay(**response, &rpc);
}

/// Goes to the session that asked, and to no other: the same id may name another question there.
Awaitable<> Bridge::forward_answer(std::string line, wire::JsonRpcResponse answer) {
  if (lost_ > 0) {
    auto question = questions_.extract(json::write(answer.id));
    if (question.empty()) co_return;
    answer.id = std::move(question.mapped());
    line = wire::write_jsonrpc(answer);
  }
  CancelToken token = work_.token();
  (void)co_await post(std::move(line), nullptr, token);
}

const std::vector<HeaderParam>& Bridge::header_params_of(const wire::JsonRpcRequest& rpc) const {
  static const std::vector<HeaderParam> kNone;
  if (rpc.method != "tools/call") return kNone;
  const auto found = tools_.find(json::string_at(rpc.params, "name"));
  return found == tools_.end() ? kNone : found->second;
}

Awaitable<Response> Bridge::post(std::string line, const wire::JsonRpcRequest* rpc,
                                 CancelToken cancel) {
  net::ClientRequest out = request("POST");
  out.headers.set("Content-Type", "application/json");
  const json::object* meta = rpc == nullptr ? nullptr : json::object_at(rpc->params, "_meta");
  if (meta != nullptr && meta->contains(kMetaVersion)) {
    add_modern_headers(out.headers, rpc->method, rpc->params, header_params_of(*rpc));
    const std::string_view told = json::string_at(*meta, kMetaVersion);
    if (wire::valid_header_value(told)) out.headers.set(kHeaderVersion, std::string(told));
  }
  out.body = std::move(line);
  co_return co_await client_.send(std::move(out), cancel);
}

/// What the bridge itself has to know of an answer.
void Bridge::take_result(const wire::JsonRpcRequest& rpc, const wire::JsonRpcResponse& response) {
  const auto* result = std::get_if<json::value>(&response.outcome);
  if (result == nullptr || !result->is_object()) return;
  const json::object& told = result->get_object();
  const std::string_view version = json::string_at(told, "protocolVersion");
  if (rpc.method == "initialize" && wire::valid_header_value(version)) version_ = version;
  const json::array* tools = rpc.method == "tools/list" ? json::array_at(told, "tools") : nullptr;
  if (tools == nullptr) return;
  for (const json::value& tool : *tools) keep_tool(tool);
}

/// What arguments of a tool are repeated in headers, which a client on standard input does not do.
void Bridge::keep_tool(const json::value& tool) {
  const json::value* schema = json::find(tool, "inputSchema");
  if (schema == nullptr) return;
  const std::string name(json::string_at(tool.get_object(), "name"));
  tools_.erase(name);
  auto params = header_params(*schema);
  if (params && !params->empty() && tools_.size() < kToolsMax) tools_[name] = *std::move(params);
}

Awaitable<> Bridge::relay(net::ClientResponse& response, const wire::JsonRpcRequest* rpc) {
  if (response.head().headers.get("Content-Type").starts_with("text/event-stream")) {
    co_await relay_events(response, rpc);
    co_return;
  }
  const int status = response.head().status;
  auto body = co_await response.read_all(kMessageBytesMax);
  const bool request = rpc != nullptr && rpc->id;
  if (!request) co_return;
  if (!body) {
    co_await write_error(*rpc->id, body.error());
    co_return;
  }
  auto message = wire::parse_jsonrpc(*body);
  auto* answer = message ? std::get_if<wire::JsonRpcResponse>(&*message) : nullptr;
  if (answer == nullptr) {
    Error error = make_error(Reason::unavailable,
                             std::format("the hub answered HTTP {} and no message", status));
    co_await write_error(*rpc->id, std::move(error));
    co_return;
  }
  take_result(*rpc, *answer);
  // A refusal before the request was read names no id; on a line it must.
  answer->id = *rpc->id;
  std::string text = wire::write_jsonrpc(*answer);
  co_await write(std::move(text));
}

/// After a session was lost a question gets an id that no question before it had.
void Bridge::name_question(wire::JsonRpcRequest& question) {
  if (lost_ == 0 || !question.id || questions_.size() >= kMailboxMax) return;
  json::value own = *std::exchange(question.id, std::nullopt);
  question.id = json::value(std::format("{}:{}", lost_, json::write(own)));
  questions_[json::write(*question.id)] = std::move(own);
}

Awaitable<> Bridge::relay_events(net::ClientResponse& response, const wire::JsonRpcRequest* rpc) {
  wire::SseReader reader(kMessageBytesMax);
  bool answered = rpc == nullptr || !rpc->id;
  Error broken = make_error(Reason::unavailable, "the hub's stream ended before the response");
  while (true) {
    auto piece = co_await response.read_some();
    if (!piece) broken = piece.error();
    if (!piece || piece->empty()) break;
    if (auto fed = reader.feed(*piece); !fed) {
      broken = fed.error();
      break;
    }
    while (auto event = reader.next()) {
      auto message = wire::parse_jsonrpc(event->data);
      if (!message) continue;
      if (auto* question = std::get_if<wire::JsonRpcRequest>(&*message)) {
        name_question(*question);
      } else {
        answered = true;
        if (rpc != nullptr) take_result(*rpc, std::get<wire::JsonRpcResponse>(*message));
      }
      std::string line = std::visit([](const auto& m) { return wire::write_jsonrpc(m); }, *message);
      co_await write(std::move(line));
    }
  }
  if (!answered && broken.reason != Reason::cancelled)
    co_await write_error(*rpc->id, std::move(broken));
}

/// True when there is a session again in place of the lost one.
Awaitable<bool> Bridge::begin_anew(std::string lost) {
  co_await beginning_.enter();
  bool begun = session_ != lost;  // another request met it first
  if (!begun) begun = co_await repeat_handshake();
  beginning_.leave();
  co_return begun;
}

namespace {

/// The first response in a stream; what comes before it is skipped.
Awaitable<Result<wire::JsonRpcResponse>> streamed_response(net::ClientResponse& response) {
  wire::SseReader reader(kMessageBytesMax);
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) co_return fail(Reason::unavailable, "the hub's stream ended too early");
    WEFT_CO_CHECK(reader.feed(piece));
    while (auto event = reader.next()) {
      auto message = wire::parse_jsonrpc(event->data);
      auto* told = message ? std::get_if<wire::JsonRpcResponse>(&*message) : nullptr;
      if (told != nullptr) co_return std::move(*told);
    }
  }
}

Awaitable<Result<wire::JsonRpcResponse>> response_of(net::ClientResponse& response) {
  if (response.head().headers.get("Content-Type").starts_with("text/event-stream"))
    co_return co_await streamed_response(response);
  WEFT_CO_TRY(const std::string body, co_await response.read_all(kMessageBytesMax));
  WEFT_CO_TRY(auto message, wire::parse_jsonrpc(body));
  auto* told = std::get_if<wire::JsonRpcResponse>(&message);
  if (told == nullptr) co_return fail(Reason::upstream_protocol, "the hub's answer is no response");
  co_return std::move(*told);
}

bool tells_changes(const wire::JsonRpcResponse& initialized) {
  const auto* result = std::get_if<json::value>(&initialized.outcome);
  const json::value* told =
      result == nullptr ? nullptr : json::at_pointer(*result, "/capabilities/tools/listChanged");
  return told != nullptr && told->is_bool() && told->get_bool();
}

}  // namespace

/// A message of the handshake, for a session that is not in use yet.
Awaitable<Response> Bridge::post_handshake(std::string line, std::string session) {
  net::ClientRequest out = request("POST");
  out.headers.set("Content-Type", "application/json");
  out.headers.remove(kHeaderSession);
  if (!session.empty()) out.headers.set(kHeaderSession, session);
  out.body = std::move(line);
  CancelToken token = work_.token();
  co_return co_await client_.send(std::move(out), token);
}

Awaitable<bool> Bridge::repeat_handshake() {
  std::string line = initialize_;
  auto response = co_await post_handshake(std::move(line), "");
  if (!response || (*response)->head().status != 200) co_return false;
  std::string session((*response)->head().headers.get(kHeaderSession));
  auto answer = co_await response_of(**response);
  if (!answer || !std::holds_alternative<json::value>(answer->outcome)) co_return false;
  line = initialized_;
  if (!line.empty()) (void)co_await post_handshake(std::move(line), session);
  // What the client knows of the tools may be of before a restart.
  if (tells_changes(*answer)) {
    std::string changed = notification_text("notifications/tools/list_changed", {});
    co_await write(std::move(changed));
  }
  session_ = std::move(session);
  ++lost_;
  questions_.clear();
  co_return true;
}

/// The session's own stream, to its end: changes of the list of tools. Gives the status that it was
/// answered with, 0 where nothing answered.
Awaitable<int> Bridge::listen_once() {
  const std::string used = session_;
  net::ClientRequest out = request("GET");
  CancelToken token = work_.token();
  auto response = co_await client_.send(std::move(out), token);
  if (!response) co_return 0;
  const int status = (*response)->head().status;
  if (status == 200) co_await relay_events(**response, nullptr);
  const bool begun = status == 404 && co_await begin_anew(used);
  co_return begun ? 200 : status;
}

/// The stream is opened again when it ends, in a new session where the hub forgot the old one.
Awaitable<> Bridge::listen() {
  const CancelToken token = work_.token();
  Milliseconds pause(kListenAgainMinMs);
  while (!token.cancelled()) {
    const int status = co_await listen_once();
    if (status == kNoStream) break;
    pause = status == 200 ? Milliseconds(kListenAgainMinMs)
                          : std::min(2 * pause, Milliseconds(kListenAgainMaxMs));
    if (!co_await sleep_for(pause, token)) break;
  }
  listening_ = false;
}

Awaitable<> Bridge::end_session() {
  if (session_.empty()) co_return;
  net::ClientRequest out = request("DELETE");
  out.deadline = std::chrono::steady_clock::now() + Milliseconds(kCloseMs);
  const CancelToken never;
  (void)co_await client_.send(std::move(out), never);
}

}  // namespace

Awaitable<Result<void>> serve_stdio(net::HttpClient& client, StdioBridge options,
                                    Executor executor) {
  Bridge bridge(client, std::move(options), executor);
  co_return co_await bridge.run();
}

}  // namespace weft::adapters::mcp

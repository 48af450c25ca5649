#include "weft/adapters/mcp/stdio_bridge.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <format>
#include <map>

#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/base/task_group.h"
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

class Bridge {
 public:
  Bridge(net::HttpClient& client, StdioBridge options, Executor executor)
      : client_(client),
        options_(std::move(options)),
        executor_(executor),
        work_(executor),
        free_(executor),
        in_(executor, ::dup(STDIN_FILENO)),
        out_(executor, ::dup(STDOUT_FILENO)) {}

  Awaitable<Result<void>> run();

 private:
  Awaitable<> forward(std::string line, wire::JsonRpcMessage message,
                      std::shared_ptr<CancelSource> cancel);
  Awaitable<> forward_checked(std::string line, wire::JsonRpcMessage message,
                              std::shared_ptr<CancelSource> cancel);
  Awaitable<> relay(net::ClientResponse& response, const wire::JsonRpcRequest* rpc);
  Awaitable<> relay_events(net::ClientResponse& response, const wire::JsonRpcRequest* rpc);
  Awaitable<> listen();
  Awaitable<> end_session();
  Awaitable<> write(std::string line);
  Awaitable<> write_error(const json::value& id, Error error);
  net::ClientRequest request(std::string_view method) const;
  void cancel_modern(const wire::JsonRpcMessage& message);

  net::HttpClient& client_;
  StdioBridge options_;
  Executor executor_;
  TaskGroup work_;
  Signal free_;
  bool writing_ = false;
  Descriptor in_;
  Descriptor out_;
  std::string session_;
  std::string version_;
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
  while (writing_) co_await free_.wait();
  writing_ = true;
  line += '\n';
  boost::system::error_code error;
  co_await boost::asio::async_write(out_, boost::asio::buffer(line),
                                    boost::asio::redirect_error(kAwait, error));
  writing_ = false;
  free_.notify();
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
    auto message = wire::parse_jsonrpc(**line);
    if (!message) {
      wire::JsonRpcError error{wire::kJsonRpcParseError, message.error().message, std::nullopt};
      std::string text = error_message(json::value(), error);
      co_await write(std::move(text));
      continue;
    }
    cancel_modern(*message);
    auto cancel = std::make_shared<CancelSource>();
    cancel->follow(work_.token());
    const auto* rpc = std::get_if<wire::JsonRpcRequest>(&*message);
    // What follows initialize needs its session, so it is waited for; everything else runs side by
    // side.
    const bool first = rpc != nullptr &&
                       (rpc->method == "initialize" || rpc->method == "notifications/initialized");
    std::string text = **std::move(line);
    if (first) {
      const bool begun = rpc->method == "notifications/initialized";
      co_await forward(std::move(text), *std::move(message), cancel);
      if (begun && !session_.empty()) work_.spawn(listen());
    } else {
      work_.spawn(forward(std::move(text), *std::move(message), cancel));
    }
  }
  co_await work_.join();
  co_await end_session();
  co_return outcome;
}

Awaitable<> Bridge::forward(std::string line, wire::JsonRpcMessage message,
                            std::shared_ptr<CancelSource> cancel) {
  const auto* rpc = std::get_if<wire::JsonRpcRequest>(&message);
  const std::string key = rpc != nullptr && rpc->id ? json::write(*rpc->id) : std::string();
  if (!key.empty()) running_[key] = cancel;
  co_await forward_checked(std::move(line), message, cancel);
  if (!key.empty()) running_.erase(key);
}

Awaitable<> Bridge::forward_checked(std::string line, wire::JsonRpcMessage message,
                                    std::shared_ptr<CancelSource> cancel) {
  const auto* rpc = std::get_if<wire::JsonRpcRequest>(&message);
  net::ClientRequest out = request("POST");
  out.headers.set("Content-Type", "application/json");
  const json::object* meta = rpc == nullptr ? nullptr : json::object_at(rpc->params, "_meta");
  if (meta != nullptr && meta->contains(kMetaVersion)) {
    // Arguments that the tool wants repeated in headers are not known here; a hub in between adds
    // none.
    add_modern_headers(out.headers, rpc->method, rpc->params, {});
    const std::string_view told = json::string_at(*meta, kMetaVersion);
    if (wire::valid_header_value(told)) out.headers.set(kHeaderVersion, std::string(told));
  }
  out.body = std::move(line);
  CancelToken token = cancel->token();
  auto response = co_await client_.send(std::move(out), token);
  const bool answerable = rpc != nullptr && rpc->id && !token.cancelled();
  if (!response) {
    if (answerable) co_await write_error(*rpc->id, response.error());
    co_return;
  }
  const wire::ResponseHead& head = (*response)->head();
  if (rpc != nullptr && rpc->method == "initialize" && head.status == 200) {
    session_ = std::string(head.headers.get(kHeaderSession));
  }
  co_await relay(**response, rpc);
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
  if (const auto* result = std::get_if<json::value>(&answer->outcome);
      result != nullptr && rpc->method == "initialize") {
    if (result->is_object())
      version_ = std::string(json::string_at(result->get_object(), "protocolVersion"));
  }
  // A refusal before the request was read names no id; on a line it must.
  answer->id = *rpc->id;
  std::string text = wire::write_jsonrpc(*answer);
  co_await write(std::move(text));
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
      const bool response_of_it = std::holds_alternative<wire::JsonRpcResponse>(*message);
      answered = answered || response_of_it;
      std::string line = std::visit([](const auto& m) { return wire::write_jsonrpc(m); }, *message);
      co_await write(std::move(line));
    }
  }
  if (!answered && broken.reason != Reason::cancelled)
    co_await write_error(*rpc->id, std::move(broken));
}

/// The session's own stream: changes of the list of tools.
Awaitable<> Bridge::listen() {
  net::ClientRequest out = request("GET");
  CancelToken token = work_.token();
  auto response = co_await client_.send(std::move(out), token);
  if (response && (*response)->head().status == 200) co_await relay_events(**response, nullptr);
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

#include "weft/adapters/mcp/http_conversation.h"

#include <algorithm>
#include <format>

#include "weft/adapters/mcp/limits.h"
#include "weft/base/timers.h"

namespace weft::adapters::mcp {

namespace {

constexpr int kReconnectsMax = 5;
constexpr std::int64_t kRetryMs = 500;
constexpr std::int64_t kRetryMsMax = 30'000;

}  // namespace

HttpConversation::HttpConversation(std::shared_ptr<const HttpLink> link, HttpLink::Sending sending,
                                   json::value id, std::unique_ptr<net::ClientResponse> response,
                                   hub::CallContext context)
    : link_(std::move(link)),
      sending_(std::move(sending)),
      id_(std::move(id)),
      response_(std::move(response)),
      context_(std::move(context)),
      sse_(kMessageBytesMax),
      retry_ms_(kRetryMs) {}

HttpConversation::HttpConversation(std::unique_ptr<net::ClientResponse> response)
    : response_(std::move(response)), sse_(kMessageBytesMax), retry_ms_(kRetryMs) {}

std::unique_ptr<HttpConversation> HttpConversation::reading(
    std::unique_ptr<net::ClientResponse> response) {
  return std::unique_ptr<HttpConversation>(new HttpConversation(std::move(response)));
}

bool HttpConversation::streams() const {
  return response_->head().headers.get("Content-Type").starts_with("text/event-stream");
}

Awaitable<Result<wire::JsonRpcMessage>> HttpConversation::next() {
  if (streams()) co_return co_await next_event();
  Result<std::string> text;
  const auto at_hand = response_->body_at_hand();
  if (!at_hand) text = co_await response_->read_all(kMessageBytesMax);
  if (!text) co_return fail(text.error());
  auto message = wire::parse_jsonrpc(at_hand.value_or(*text));
  if (message) co_return message;
  co_return fail(Reason::upstream_protocol,
                 std::format("the server's answer is no MCP message: {}", message.error().message));
}

Awaitable<Result<wire::JsonRpcMessage>> HttpConversation::next_event() {
  while (true) {
    while (auto event = sse_.next()) {
      if (event->retry_ms)
        retry_ms_ =
            std::min<std::int64_t>(static_cast<std::int64_t>(*event->retry_ms), kRetryMsMax);
      if (!event->id.empty()) last_event_id_ = event->id;
      if (event->data.empty()) continue;
      reconnects_ = 0;
      auto message = wire::parse_jsonrpc(event->data);
      if (message) co_return message;
      co_return fail(
          Reason::upstream_protocol,
          std::format("an event of the server is no MCP message: {}", message.error().message));
    }
    // Only now: what was whole before it broke the format counts.
    if (!fed_) co_return fail(fed_.error());
    auto piece = co_await response_->read_some();
    Error broken = make_error(Reason::unavailable, "the server's stream ended before its response");
    if (piece && !piece->empty()) {
      fed_ = sse_.feed(*piece);
      continue;
    }
    if (!piece) broken = piece.error();
    auto again = co_await reconnect(std::move(broken));
    if (!again) co_return fail(again.error());
  }
}

Awaitable<Result<void>> HttpConversation::reconnect(Error why) {
  const bool possible = link_ && sending_.era == Era::legacy && !last_event_id_.empty();
  const bool wanted = why.reason != Reason::cancelled && why.reason != Reason::too_large;
  if (!possible || !wanted || ++reconnects_ > kReconnectsMax) co_return fail(std::move(why));
  const bool slept = co_await sleep_for(Milliseconds(retry_ms_), context_->cancel);
  if (!slept) co_return fail(context_->cancel.why());
  auto response = co_await link_->resume(sending_, last_event_id_, *context_);
  if (!response) co_return fail(response.error());
  if ((*response)->head().status != 200) co_return fail(std::move(why));
  response_ = *std::move(response);
  sse_ = wire::SseReader(kMessageBytesMax);
  fed_ = {};
  if (!streams()) co_return fail(std::move(why));
  co_return Result<void>();
}

Awaitable<Result<void>> HttpConversation::reply(wire::JsonRpcResponse response,
                                                hub::CallContext context) {
  if (!link_) co_return fail(Reason::internal, "a conversation that only reads cannot reply");
  context_ = std::move(context);
  std::string body = wire::write_jsonrpc(response);
  auto sent = co_await link_->post(sending_, nullptr, std::move(body), *context_, false);
  if (!sent) co_return fail(sent.error());
  const int status = (*sent)->head().status;
  if (status >= 200 && status < 300) co_return Result<void>();
  co_return fail(Reason::upstream_protocol,
                 std::format("the server took the answer to its question with HTTP {}", status));
}

Awaitable<> HttpConversation::abandon(std::string why) {
  if (link_) co_await link_->cancel(sending_, id_, std::move(why), context_->executor);
  response_.reset();
}

}  // namespace weft::adapters::mcp

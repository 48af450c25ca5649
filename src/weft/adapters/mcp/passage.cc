#include "weft/adapters/mcp/passage.h"

#include <algorithm>
#include <array>

#include "weft/adapters/mcp/eras.h"
#include "weft/adapters/mcp/limits.h"

namespace weft::adapters::mcp {

namespace {

constexpr std::array<std::string_view, 8> kPassed = {
    "Accept",   "Content-Type",  "MCP-Protocol-Version", "Mcp-Method",
    "Mcp-Name", "Last-Event-ID", "traceparent",          "tracestate"};

bool passed(std::string_view name) {
  if (name.size() > kHeaderParam.size() &&
      wire::same_name(name.substr(0, kHeaderParam.size()), kHeaderParam)) {
    return true;
  }
  return std::ranges::any_of(kPassed,
                             [&](std::string_view known) { return wire::same_name(known, name); });
}

bool returned(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kOwn = {
      "Content-Length", "Date", "Server",  "Set-Cookie", "WWW-Authenticate",
      "X-Powered-By",   "Vary", "Alt-Svc", "Trailer"};
  if (wire::hop_by_hop(name) || wire::same_name(name, kHeaderSession)) return false;
  constexpr std::string_view kCors = "Access-Control-";
  if (name.size() > kCors.size() && wire::same_name(name.substr(0, kCors.size()), kCors))
    return false;
  return std::ranges::none_of(kOwn,
                              [&](std::string_view own) { return wire::same_name(own, name); });
}

/// Where the last whole event ends.
std::size_t whole_events(std::string_view text) {
  std::size_t end = 0;
  for (const std::string_view mark : {"\n\n", "\r\n\r\n", "\r\r"}) {
    const auto at = text.rfind(mark);
    if (at != std::string_view::npos) end = std::max(end, at + mark.size());
  }
  return end;
}

}  // namespace

void add_passed_headers(wire::Headers& out, const wire::Headers& in) {
  for (const auto& [name, value] : in) {
    if (passed(name) && !out.has(name)) out.add(name, value);
  }
}

wire::Headers returned_headers(const wire::Headers& upstream) {
  wire::Headers out;
  for (const auto& [name, value] : upstream) {
    if (returned(name)) out.add(name, value);
  }
  return out;
}

EventGate::EventGate() : reader_(kMessageBytesMax) {}

Result<std::string> EventGate::pass(std::string_view bytes) {
  WEFT_CHECK(reader_.feed(bytes));
  while (auto event = reader_.next()) {
    if (!event->id.empty()) resumable_ = true;
    if (event->data.empty()) continue;
    last_data_ = std::move(event->data);
    asks_ = last_data_.find("\"elicitation/create\"") != std::string::npos ||
            last_data_.find("\"sampling/createMessage\"") != std::string::npos;
  }
  // An end of an event lies in the new bytes, or begins at most three before them.
  const std::size_t from = held_.size() - std::min<std::size_t>(held_.size(), 3);
  held_ += bytes;
  const std::size_t found = whole_events(std::string_view(held_).substr(from));
  const std::size_t end = found == 0 ? 0 : from + found;
  std::string out = held_.substr(0, end);
  held_.erase(0, end);
  if (held_.size() > kMessageBytesMax)
    return fail(Reason::too_large, "an event of the server is too large");
  return out;
}

bool EventGate::answered() const {
  if (last_data_.empty()) return false;
  auto message = wire::parse_jsonrpc(last_data_);
  return message && std::holds_alternative<wire::JsonRpcResponse>(*message);
}

}  // namespace weft::adapters::mcp

#include "weft/adapters/mcp/stdio_wire.h"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <format>

#include "weft/adapters/mcp/link.h"
#include "weft/base/log.h"

namespace weft::adapters::mcp {

namespace {

constexpr Milliseconds kStopGrace{1'000};

}  // namespace

StdioWire::StdioWire(Executor home) : home_(home), out_(home) {}

Awaitable<Result<std::shared_ptr<StdioWire>>> StdioWire::start(std::shared_ptr<Pumps> pumps,
                                                               Executor home,
                                                               net::ChildCommand command) {
  std::shared_ptr<StdioWire> wire(new StdioWire(home));
  Result<void> launched =
      co_await boost::asio::co_spawn(home, launch(wire, pumps, std::move(command)), kAwait);
  if (!launched) co_return fail(launched.error());
  co_return wire;
}

Awaitable<Result<void>> StdioWire::launch(std::shared_ptr<StdioWire> wire,
                                          std::shared_ptr<Pumps> pumps, net::ChildCommand command) {
  auto child = net::ChildProcess::start(wire->home_, std::move(command));
  if (!child) co_return fail(child.error());
  wire->child_ = *std::move(child);
  // The two pumps hold the wire until the process is gone.
  std::weak_ptr<StdioWire> weak = wire;
  const auto stop = [weak] {
    if (auto held = weak.lock()) held->stop();
  };
  pumps->run(wire->home_, read(wire), stop);
  pumps->run(wire->home_, write(wire), stop);
  co_return Result<void>();
}

void StdioWire::stop() { out_.close(make_error(Reason::cancelled, "the solution was let go")); }

bool StdioWire::send(std::string line) { return out_.push(std::move(line)); }

bool StdioWire::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_.has_value();
}

void StdioWire::expect(const json::value& id, std::shared_ptr<Inbox> inbox, bool takes_questions) {
  const std::lock_guard lock(mutex_);
  if (dead_) inbox->close(*dead_);
  waiting_.push_back(Waiting{json::write(id), std::move(inbox), takes_questions});
}

void StdioWire::forget(const json::value& id) {
  const std::lock_guard lock(mutex_);
  const std::string text = json::write(id);
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.id == text; });
}

std::shared_ptr<StdioWire::Inbox> StdioWire::find(const wire::JsonRpcMessage& message) {
  const std::lock_guard lock(mutex_);
  const json::value* id = nullptr;
  if (const auto* response = std::get_if<wire::JsonRpcResponse>(&message)) {
    id = &response->id;
  } else {
    const auto& request = std::get<wire::JsonRpcRequest>(message);
    if (request.method == "notifications/progress")
      id = json::find(request.params, "progressToken");
    if (id == nullptr) {
      const auto youngest =
          std::ranges::find_if(waiting_.rbegin(), waiting_.rend(), &Waiting::takes_questions);
      return youngest == waiting_.rend() ? nullptr : youngest->inbox;
    }
  }
  const std::string text = json::write(*id);
  const auto found = std::ranges::find(waiting_, text, &Waiting::id);
  return found == waiting_.end() ? nullptr : found->inbox;
}

void StdioWire::dispatch(wire::JsonRpcMessage message) {
  auto inbox = find(message);
  if (inbox) {
    inbox->push(std::move(message));
    return;
  }
  const auto* request = std::get_if<wire::JsonRpcRequest>(&message);
  if (request == nullptr || !request->id) return;
  if (request->method == "ping") {
    send(wire::write_jsonrpc_result(*request->id, json::object()));
  } else {
    send(wire::write_jsonrpc(refuse_request(*request)));
  }
}

Awaitable<> StdioWire::read(std::shared_ptr<StdioWire> wire) {
  while (true) {
    auto line = co_await wire->child_->read_line();
    if (!line) {
      Error why = line.error();
      std::string said = wire->child_->last_errors();
      while (said.ends_with('\n')) said.pop_back();
      if (!said.empty()) why.message += std::format("; it said: {}", said);
      wire->fail_all(why);
      wire->stop();
      co_return;
    }
    auto message = wire::parse_jsonrpc(*line);
    if (message) {
      wire->dispatch(*std::move(message));
    } else {
      log::debug("mcp: a line of a child process is no message: {}", message.error().message);
    }
  }
}

Awaitable<> StdioWire::write(std::shared_ptr<StdioWire> wire) {
  const CancelToken never;
  while (true) {
    auto line = co_await wire->out_.pop(never);
    if (!line) break;
    auto written = co_await wire->child_->write_line(*std::move(line));
    if (!written) break;
  }
  co_await wire->child_->stop(kStopGrace);
}

void StdioWire::fail_all(const Error& why) {
  const std::lock_guard lock(mutex_);
  dead_ = why;
  for (const Waiting& waiting : waiting_) waiting.inbox->close(why);
}

}  // namespace weft::adapters::mcp

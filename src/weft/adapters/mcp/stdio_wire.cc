#include "weft/adapters/mcp/stdio_wire.h"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <format>

#include "weft/adapters/mcp/link.h"
#include "weft/base/log.h"
#include "weft/base/timers.h"

namespace weft::adapters::mcp {

namespace {

constexpr Milliseconds kStopGrace{1'000};
constexpr std::string_view kListChanged = "notifications/tools/list_changed";

}  // namespace

StdioWire::StdioWire(Executor home)
    : home_(home), out_(home), room_(std::make_shared<Waker>(home)) {}

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
  wire->pumps_ = pumps;
  // The two pumps hold the wire until the process is gone.
  std::weak_ptr<StdioWire> weak = wire;
  const auto stop = [weak] {
    if (auto held = weak.lock()) held->stop();
  };
  pumps->run(wire->home_, read(wire), stop);
  pumps->run(wire->home_, write(wire), stop);
  co_return Result<void>();
}

void StdioWire::stop() {
  out_.close(make_error(Reason::cancelled, "the solution was let go"));
  boost::asio::post(home_, [weak = weak_from_this()] {
    if (auto held = weak.lock()) held->begin_end();
  });
}

void StdioWire::begin_end() {
  if (ending_.cancelled()) return;
  ending_.cancel(make_error(Reason::cancelled, "the solution was let go"));
  // Apart from the writer, which may wait for a process that does not read.
  if (auto pumps = pumps_.lock()) pumps->run(home_, end(shared_from_this()), [] {});
}

Awaitable<> StdioWire::end(std::shared_ptr<StdioWire> wire) {
  co_await wire->child_->stop(kStopGrace);
}

bool StdioWire::send(std::string line) { return out_.push(std::move(line)); }

bool StdioWire::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_.has_value();
}

void StdioWire::expect(const json::value& id, std::shared_ptr<Inbox> inbox, bool takes_questions) {
  const std::lock_guard lock(mutex_);
  inbox->tell_room(room_);
  if (dead_) inbox->close(*dead_);
  waiting_.push_back(Waiting{json::write(id), std::move(inbox), takes_questions});
}

void StdioWire::forget(const json::value& id) {
  const std::lock_guard lock(mutex_);
  const std::string text = json::write(id);
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.id != text) return false;
    // Nobody is kept waiting for one who left.
    waiting.inbox->close(make_error(Reason::cancelled, "nobody waits for this answer any more"));
    return true;
  });
}

void StdioWire::on_list_changed(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(action);
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

void StdioWire::refuse(const wire::JsonRpcMessage& message) {
  const auto* request = std::get_if<wire::JsonRpcRequest>(&message);
  if (request == nullptr || !request->id) return;
  if (request->method == "ping") {
    send(wire::write_jsonrpc_result(*request->id, json::object()));
  } else {
    send(wire::write_jsonrpc(refuse_request(*request)));
  }
}

bool StdioWire::told_change(const wire::JsonRpcMessage& message) {
  const auto* request = std::get_if<wire::JsonRpcRequest>(&message);
  if (request == nullptr || request->method != kListChanged) return false;
  std::function<void()> action;
  {
    const std::lock_guard lock(mutex_);
    action = changed_;
  }
  if (action) action();
  return true;
}

Awaitable<> StdioWire::wait_for_room(std::shared_ptr<StdioWire> wire,
                                     std::shared_ptr<Inbox> inbox) {
  CancelSource patience;
  patience.follow(wire->ending_.token());
  const Timer timer = run_after(wire->home_, Milliseconds(kInboxLagMs), [&patience] {
    patience.cancel(make_error(Reason::deadline, "its reader lags"));
  });
  while (inbox->full() && !patience.cancelled()) {
    CancelToken token = patience.token();
    co_await wire->room_->wait(token);
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
    ++wire->said_;
    auto message = wire::parse_jsonrpc(*line);
    if (!message) {
      log::debug("mcp: a line of a child process is no message: {}", message.error().message);
      continue;
    }
    if (wire->told_change(*message)) continue;
    const auto inbox = wire->find(*message);
    if (!inbox) {
      wire->refuse(*message);
      continue;
    }
    // A response is the last that its reader gets: it needs no room.
    const bool last = std::holds_alternative<wire::JsonRpcResponse>(*message);
    if (!last && inbox->full() && !inbox->lags) co_await wait_for_room(wire, inbox);
    inbox->lags = inbox->full();
    if (!last && inbox->lags) {
      wire->refuse(*message);
      continue;
    }
    inbox->add(*std::move(message), line->size());
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
  wire->stop();
}

void StdioWire::doubt(const json::value& id, std::uint64_t said, Milliseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    const bool oldest = !waiting_.empty() && waiting_.front().id == json::write(id);
    if (dead_ || !oldest || said_ != said) return;
  }
  auto pumps = pumps_.lock();
  if (!pumps || doubted_.exchange(true)) return;
  pumps->run(home_, ping(shared_from_this(), said, patience), [] {});
}

Awaitable<> StdioWire::ping(std::shared_ptr<StdioWire> wire, std::uint64_t said,
                            Milliseconds patience) {
  // Whatever it answers, it lives; the modern era has no ping, which is an answer too.
  wire::JsonRpcRequest request;
  request.id = json::value("weft-ping");
  request.method = "ping";
  wire->send(wire::write_jsonrpc(request));
  CancelToken token = wire->ending_.token();
  (void)co_await sleep_for(patience, token);
  wire->doubted_ = false;
  if (wire->said_ != said || token.cancelled()) co_return;
  log::warn("mcp: a child process answers nothing, not even a ping: it is started anew");
  wire->fail_all(
      make_error(Reason::unavailable,
                 "the server's process answered nothing, not even a ping, and was ended"));
  wire->stop();
}

void StdioWire::fail_all(const Error& why) {
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = why;
  for (const Waiting& waiting : waiting_) waiting.inbox->close(why);
}

}  // namespace weft::adapters::mcp

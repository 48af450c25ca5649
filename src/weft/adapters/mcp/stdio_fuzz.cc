// A server in a child process that writes any lines: what belongs to a request comes to it, in
// order, and the wire goes on. The server is `cat`, which says again whatever it is told.
#include <algorithm>
#include <ranges>

#include "weft/adapters/mcp/stdio_wire.h"
#include "weft/base/testing/run.h"

namespace weft::adapters::mcp {
namespace {

constexpr std::size_t kLinesMax = 256;

std::string text_of(const wire::JsonRpcMessage& message) {
  return std::visit([](const auto& m) { return wire::write_jsonrpc(m); }, message);
}

/// The request that a message belongs to; nothing when it names none.
std::optional<std::string> named_by(const wire::JsonRpcMessage& message) {
  if (const auto* response = std::get_if<wire::JsonRpcResponse>(&message))
    return json::write(response->id);
  const auto& request = std::get<wire::JsonRpcRequest>(message);
  const auto* token = request.method == "notifications/progress"
                          ? json::find(request.params, "progressToken")
                          : nullptr;
  return token ? std::optional(json::write(*token)) : std::nullopt;
}

/// The notice that the tools changed is no request's.
bool told_to_none(const wire::JsonRpcMessage& message) {
  const auto* request = std::get_if<wire::JsonRpcRequest>(&message);
  return request != nullptr && request->method == "notifications/tools/list_changed";
}

/// One child process for all inputs.
class Echo {
 public:
  Echo() {
    net::ChildCommand cat;
    cat.arguments = {"cat"};
    wire_ = run(StdioWire::start(pumps_, loop_.get_executor(), std::move(cat))).value();
    end_ = std::make_shared<StdioWire::Inbox>(loop_.get_executor());
    wire_->expect(end_id_, end_, false);
  }

  void tell(const std::vector<std::string>& lines) {
    const json::value id(7);
    const std::string name = json::write(id);
    std::vector<std::string> expected;
    for (const std::string& line : lines) {
      const auto message = wire::parse_jsonrpc(line);
      if (!message || told_to_none(*message)) continue;
      const auto named = named_by(*message);
      // It would end the round too early.
      if (named == json::write(end_id_)) return;
      if (!named || *named == name) expected.push_back(text_of(*message));
    }
    auto inbox = std::make_shared<StdioWire::Inbox>(loop_.get_executor());
    wire_->expect(id, inbox, true);
    for (const std::string& line : lines) WEFT_ASSERT(wire_->send(line));
    wait_for_end();
    wire_->forget(id);
    inbox->close(make_error(Reason::cancelled, "the round is over"));
    check(*inbox, expected);
    // What the wire refused comes back too.
    wait_for_end();
    WEFT_ASSERT(!wire_->dead());
  }

 private:
  template <class T>
  T run(Awaitable<T> work) {
    std::optional<T> out;
    boost::asio::co_spawn(loop_, weft::testing::keep(std::move(work), out),
                          [this](const std::exception_ptr& thrown) {
                            if (thrown) std::rethrow_exception(thrown);
                            loop_.stop();
                          });
    loop_.restart();
    loop_.run();
    WEFT_ASSERT(out.has_value());
    return *std::move(out);
  }

  /// Until everything that was said so far came back.
  void wait_for_end() {
    WEFT_ASSERT(wire_->send(wire::write_jsonrpc_result(end_id_, json::object())));
    WEFT_ASSERT(run(end_->pop(CancelToken())).has_value());
  }

  void check(StdioWire::Inbox& inbox, const std::vector<std::string>& expected) {
    std::vector<std::string> got;
    while (auto message = run(inbox.pop(CancelToken()))) got.push_back(text_of(*message));
    // Behind them may stand what came back of the wire's own refusals.
    WEFT_ASSERT(got.size() >= expected.size());
    WEFT_ASSERT(std::ranges::equal(std::views::take(got, std::ssize(expected)), expected));
  }

  boost::asio::io_context loop_;
  std::shared_ptr<Pumps> pumps_ = std::make_shared<Pumps>();
  std::shared_ptr<StdioWire> wire_;
  const json::value end_id_ = "the end of this round";
  std::shared_ptr<StdioWire::Inbox> end_;
};

void fuzz(std::string_view text) {
  // Never let go: the loop and the process end with the fuzzer.
  static auto* const kEcho = new Echo;
  std::vector<std::string> lines;
  for (const auto line : std::views::split(text, '\n')) lines.emplace_back(std::string_view(line));
  if (lines.size() <= kLinesMax) kEcho->tell(lines);
}

}  // namespace
}  // namespace weft::adapters::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::mcp::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

// `weft mcp` in a thread of the test, its standard input and output a pair of pipes. Owned by the
// tests.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <format>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness.h"
#include "weft/adapters/mcp/stdio_bridge.h"
#include "weft/base/url.h"
#include "weft/net/loop.h"

namespace weft::mcp_door {

class BridgeRun {
 public:
  explicit BridgeRun(std::string url) {
    WEFT_ASSERT(::pipe(in_.data()) == 0 && ::pipe(out_.data()) == 0);
    thread_ = std::thread([this, url = std::move(url)] {
      net::run_alone([&](net::Loop& loop) -> Awaitable<> {
        auto client = net::HttpClient::create(loop, net::ClientLimits());
        adapters::mcp::StdioBridge bridge;
        bridge.hub.url = parse_url(url).value();
        bridge.hub.egress = net::Egress::open;
        bridge.in = in_[0];
        bridge.out = out_[1];
        auto served = co_await adapters::mcp::serve_stdio(*client, bridge, loop.executor());
        WEFT_ASSERT(served.has_value());
      });
    });
  }
  BridgeRun(const BridgeRun&) = delete;
  ~BridgeRun() {
    ::close(in_[1]);
    thread_.join();
    for (const int fd : {in_[0], out_[0], out_[1]}) ::close(fd);
  }

  void send(std::string line) {
    line += '\n';
    WEFT_ASSERT(::write(in_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  /// Reads on to the first message for which `wanted` holds, and gives null when none comes; those
  /// before it are in `passed`.
  template <class Wanted>
  json::value until(Wanted wanted) {
    while (true) {
      json::value message = next();
      if (message.is_null() || wanted(message)) return message;
      passed.push_back(std::move(message));
    }
  }
  json::value answer(int id) {
    return until([&](const json::value& message) {
      const json::value* own = json::find(message, "id");
      return own != nullptr && *own == id && json::find(message, "method") == nullptr;
    });
  }
  json::value request(int id, std::string_view method, std::string_view params) {
    send(std::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method,
                     params));
    return answer(id);
  }
  /// The legacy handshake.
  void initialize(std::string_view capabilities = "{}") {
    request(0, "initialize",
            std::format(R"({{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":)"
                        R"({{"name":"test","version":"1"}}}})",
                        capabilities));
    send(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  }
  std::vector<json::value> passed;

 private:
  json::value next() {
    while (true) {
      if (const auto end = read_.find('\n'); end != std::string::npos) {
        const std::string line = read_.substr(0, end);
        read_.erase(0, end + 1);
        return parsed(line);
      }
      pollfd ready{out_[0], POLLIN, 0};
      if (::poll(&ready, 1, 15'000) != 1) return nullptr;
      std::array<char, 65'536> bytes{};
      const auto got = ::read(out_[0], bytes.data(), bytes.size());
      if (got <= 0) return nullptr;
      read_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  std::array<int, 2> in_{};
  std::array<int, 2> out_{};
  std::string read_;
  std::thread thread_;
};

}  // namespace weft::mcp_door

// A hub with the MCP adapter alone, a scripted solution `fake` behind it, and a client that speaks
// raw HTTP. Owned by the tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test_hub.h"
#include "weft/hub/testing.h"
#include "weft/net/http_client.h"

namespace weft::adapters::mcp {
Adapter adapter();
}

namespace weft::mcp_door {

/// What each skill of `fake` does is in harness.cc: echo, steps, pay (asks), slow, fail, list,
/// chat.
std::shared_ptr<hub::testing::FakeService> fake_service();
std::vector<model::Skill> fake_skills();

struct HubOptions {
  /// Answers nothing of the modern era: a server as it was before 2026-07-28.
  bool legacy_only = false;
};

class TestHub : public weft::testing::TestHub {
 public:
  explicit TestHub(HubOptions options = {});
  void add(std::string id, std::shared_ptr<hub::Service> service, std::vector<model::Skill> skills);
};

/// One answer: its head, its whole body, and the messages in it (one of a JSON body, each event's
/// of a stream).
struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
  std::vector<json::value> messages;
  std::vector<std::string> event_ids;

  const json::value& last() const { return messages.back(); }
  /// The value at a pointer in the last message; null when missing.
  json::value at(std::string_view pointer) const;
  std::string text() const;
};

/// A client of one hub. Each call runs to its end in this thread.
class Caller {
 public:
  explicit Caller(std::string url) : url_(std::move(url)) {}
  std::string path = "/mcp";
  wire::Headers headers;

  /// Told each message of a stream as it comes; what it gives back is POSTed while the stream goes
  /// on. Returning an empty object sends nothing; `stop` set true leaves.
  using OnMessage = std::function<json::object(const json::value& message, bool& stop)>;
  Answer send(std::string method, json::value body, OnMessage on_message = {},
              wire::Headers more = {});
  Answer post(json::value body, OnMessage on_message = {}) {
    return send("POST", std::move(body), std::move(on_message));
  }

  /// The legacy handshake; keeps the session for what follows.
  Answer initialize(std::string_view capabilities = "{}", std::string_view version = "2025-11-25");
  Answer legacy(std::string method, std::string_view params, OnMessage on_message = {}, int id = 7);
  /// A request of 2026-07-28 with all its headers.
  Answer modern(std::string method, std::string_view params, OnMessage on_message = {},
                std::string_view capabilities = "{}", wire::Headers more = {});

 private:
  std::string url_;
};

json::value parsed(std::string_view text);

}  // namespace weft::mcp_door

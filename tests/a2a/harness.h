// A hub with the A2A adapter alone and scripted solutions behind it; a client that speaks raw HTTP;
// an agent that answers what it is told. Owned by the tests.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "test_hub.h"
#include "weft/hub/testing.h"
#include "weft/net/http_client.h"

namespace weft::adapters::a2a {
Adapter adapter();
}

namespace weft::a2a_door {

json::value parsed(std::string_view text);

/// What each skill does is in harness.cc: echo, steps, pay (asks), slow, fail; and chat, which
/// talks.
std::shared_ptr<hub::testing::FakeService> fake_service();
std::vector<model::Skill> fake_skills();

class TestHub : public weft::testing::TestHub {
 public:
  TestHub();
  void add(std::string id, std::vector<model::Skill> skills);
  Result<hub::JoinReport> join(std::string url, std::string name);
  /// Runs a call to its end in this thread; questions are answered by `on_ask`, cancelled after
  /// `events`.
  using OnAsk = std::function<model::Answers(const model::Ask&)>;
  std::vector<model::Event> call(model::Call call, OnAsk on_ask = {}, int cancel_after = -1);
};

/// One answer: its head, its body, and the messages in it (one of a JSON body, each event's of a
/// stream).
struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
  std::vector<json::value> messages;

  /// The value at a pointer in the last message; null when missing.
  json::value at(std::string_view pointer) const;
  std::string text_at(std::string_view pointer) const;
};

struct Sent {
  std::string method = "POST";
  std::string target;
  std::string body;
  wire::Headers headers;
  /// Leaves a stream after so many messages.
  std::size_t most = 1000;
};
Answer send(const std::string& url, Sent sent);
/// A JSON-RPC call; `params` is JSON.
Answer rpc(const std::string& url, std::string target, std::string_view method,
           std::string_view params, std::size_t most = 1000);

/// An agent of one's own: each POST is answered by the script with the body given.
class Agent {
 public:
  struct Reply {
    int status = 200;
    std::string type = "application/json";
    /// Sent one after the other; `hang` keeps the connection open after the last.
    std::vector<std::string> pieces;
    bool hang = false;
    wire::Headers headers;
  };
  using Script = std::function<Reply(const std::string& method, const json::object& params)>;
  /// `card` with `%URL%` for its own address.
  Agent(std::string card, Script script);
  ~Agent();
  std::string url() const;
  /// What was asked: methods of JSON-RPC, and below `/rest` verbs with their paths.
  std::vector<std::string> methods() const;
  /// The head of the last such request.
  wire::Headers asked_with() const;

 private:
  Awaitable<> serve(net::Exchange& exchange);
  std::string card_;
  Script script_;
  mutable std::mutex mutex_;
  std::vector<std::string> methods_;
  wire::Headers asked_with_;
  net::Loops loops_{1};
  std::unique_ptr<net::HttpServer> server_;
};

/// A card with one talking skill.
std::string card_of(bool streaming, std::string_view url = "%URL%/rpc");
/// One event of a JSON-RPC stream.
std::string event_of(std::string_view result);
std::string result_of(std::string_view result);

}  // namespace weft::a2a_door

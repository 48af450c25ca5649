// A hub with the OpenAI and the OpenAPI adapter, an upstream that answers the bytes a test gives
// it, and a client that speaks raw HTTP. Owned by the tests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test_hub.h"
#include "weft/hub/testing.h"

namespace weft::doors {

/// Bytes on a loopback socket, one connection at a time, each closed after its answer.
class Upstream {
 public:
  /// What a request (its head and body as they came) is answered with; kSilence: nothing, until the
  /// other side closes.
  using Answer = std::function<std::string(const std::string& request)>;
  static constexpr std::string_view kSilence = "\x01";
  explicit Upstream(Answer answer);
  ~Upstream();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void set(Answer answer);
  /// The requests so far.
  std::vector<std::string> requests() const;
  /// How many connections the other side closed while nothing was answered.
  int left() const { return left_; }

 private:
  void serve();
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  Answer answer_;
  std::vector<std::string> requests_;
  std::atomic<int> left_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A whole response of a type.
std::string response(std::string_view status, std::string_view type, std::string_view body,
                     std::string_view more = "");
/// A chunked event stream, cut off after `bytes` of its body when that is less than all.
std::string event_stream(std::string_view body, std::size_t bytes = std::string::npos);
/// What an OpenAI-compatible server says to GET /v1/models; other requests go on to `answer`.
Upstream::Answer with_models(Upstream::Answer answer);

class TestHub : public weft::testing::TestHub {
 public:
  TestHub();
  void add(std::string id, hub::testing::Script script, std::vector<model::Skill> skills);
  Result<hub::JoinReport> join(std::string id, std::string url, std::string protocol,
                               std::int64_t timeout_ms = 0);
};

struct Reply {
  int status = 0;
  wire::Headers headers;
  std::string body;
  /// The message ended as HTTP says it must.
  bool whole = false;
  json::value parsed() const { return json::parse(body).value_or(json::value()); }
  json::value at(std::string_view pointer) const;
};

/// Sends a request to the hub and reads the answer. `head` holds more header lines, each with its
/// line end.
Reply call(const TestHub& hub, std::string_view method, std::string_view path,
           std::string_view body = "", std::string_view head = "");
Reply chat(const TestHub& hub, std::string_view model, std::string_view content, bool stream);
/// The same, gone after `stay` without having read an answer.
void call_and_leave(const TestHub& hub, std::string_view path, std::string_view body,
                    Milliseconds stay);

}  // namespace weft::doors

// A hub with the OpenAI and the OpenAPI adapter, and a client that speaks raw HTTP. Owned by the
// tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test_hub.h"
#include "upstream.h"
#include "weft/hub/testing.h"

namespace weft::doors {

using testing::event_stream;
using testing::response;
using testing::Upstream;

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

#include "harness.h"

#include <unistd.h>

#include <format>

#include "weft/wire/http.h"

namespace weft::adapters {
namespace openai {
Adapter adapter();
}
namespace openapi {
Adapter adapter();
}
}  // namespace weft::adapters

namespace weft::doors {

using testing::connect_to;
using testing::kWaitMs;
using testing::read_piece;
using testing::send_all;

namespace {

std::string request_text(const TestHub& hub, std::string_view method, std::string_view path,
                         std::string_view body, std::string_view head) {
  std::string text = std::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{}",
                                 method, path, hub.port(), head);
  if (!body.empty()) {
    text += std::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  return std::format("{}\r\n{}", text, body);
}

}  // namespace

Upstream::Answer with_models(Upstream::Answer answer) {
  return [answer = std::move(answer)](const std::string& request) {
    if (request.starts_with("GET /v1/models ")) {
      return response("200 OK", "application/json",
                      R"({"object":"list","data":[{"id":"small","object":"model"}]})");
    }
    if (request.starts_with("POST /v1/embeddings ") && request.ends_with("{}")) {
      return response("404 Not Found", "application/json", "{}");
    }
    return answer(request);
  };
}

TestHub::TestHub()
    : weft::testing::TestHub({adapters::openai::adapter(), adapters::openapi::adapter()}) {}

void TestHub::add(std::string id, hub::testing::Script script, std::vector<model::Skill> skills) {
  auto service = std::make_shared<hub::testing::FakeService>(std::move(script));
  weft::testing::TestHub::add(
      hub::testing::fake_solution(std::move(id), service, std::move(skills)));
}

Result<hub::JoinReport> TestHub::join(std::string id, std::string url, std::string protocol,
                                      std::int64_t timeout_ms) {
  hub::JoinRequest request;
  request.id = SolutionId(std::move(id));
  request.url = std::move(url);
  request.protocol = std::move(protocol);
  request.timeout_ms = timeout_ms;
  return weft::testing::TestHub::join(std::move(request));
}

json::value Reply::at(std::string_view pointer) const {
  const json::value document = parsed();
  const json::value* found = json::at_pointer(document, pointer);
  return found ? *found : json::value();
}

Reply call(const TestHub& hub, std::string_view method, std::string_view path,
           std::string_view body, std::string_view head) {
  const int fd = connect_to(hub.port());
  send_all(fd, request_text(hub, method, path, body, head));
  wire::HttpReader reader(wire::HttpReader::Kind::response, wire::HttpLimits());
  Reply reply;
  while (!reply.whole) {
    const std::string piece = read_piece(fd, kWaitMs);
    if (piece.empty()) break;
    std::string_view rest = piece;
    while (!reply.whole) {
      std::size_t used = 0;
      const auto step = reader.feed(rest, used);
      rest.remove_prefix(used);
      if (!step || *step == wire::HttpStep::need_more) break;
      if (*step == wire::HttpStep::head) {
        reply.status = reader.response().status;
        reply.headers = reader.response().headers;
      }
      if (*step == wire::HttpStep::body) reply.body += reader.body();
      reply.whole = *step == wire::HttpStep::complete;
    }
  }
  ::close(fd);
  return reply;
}

Reply chat(const TestHub& hub, std::string_view model, std::string_view content, bool stream) {
  json::object message{{"role", "user"}, {"content", content}};
  json::object body{{"model", model}, {"stream", stream}};
  body["messages"] = json::array{std::move(message)};
  return call(hub, "POST", "/v1/chat/completions", json::write(body),
              "Authorization: Bearer callers-own\r\n");
}

void call_and_leave(const TestHub& hub, std::string_view path, std::string_view body,
                    Milliseconds stay) {
  const int fd = connect_to(hub.port());
  send_all(fd, request_text(hub, "POST", path, body, ""));
  (void)read_piece(fd, static_cast<int>(stay.count()));
  ::close(fd);
}

}  // namespace weft::doors

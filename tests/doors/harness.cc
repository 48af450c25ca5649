#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
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
namespace {

constexpr int kWaitMs = 15'000;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Reads what comes within the limit; empty at the end.
std::string read_piece(int fd, int wait_ms) {
  pollfd wanted{fd, POLLIN, 0};
  if (::poll(&wanted, 1, wait_ms) <= 0) return {};
  std::string piece(64 * 1024, '\0');
  const auto got = ::recv(fd, piece.data(), piece.size(), 0);
  piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return piece;
}

/// One request: its head, and as much body as Content-Length says.
std::string read_request(int fd) {
  std::string text;
  std::size_t wanted = std::string::npos;
  while (text.size() < wanted) {
    const std::string piece = read_piece(fd, kWaitMs);
    if (piece.empty()) return text;
    text += piece;
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos || wanted != std::string::npos) continue;
    wanted = end + 4;
    const auto length = text.find("Content-Length: ");
    if (length < end) wanted += std::stoul(text.substr(length + 16));
  }
  return text;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  WEFT_ASSERT(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

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

Upstream::Upstream(Answer answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  WEFT_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  WEFT_ASSERT(::listen(listener_, 64) == 0);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Upstream::~Upstream() {
  stop_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void Upstream::set(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<std::string> Upstream::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Upstream::serve() {
  while (!stop_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::string request = read_request(fd);
    std::string answer;
    if (!request.empty()) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      answer = answer_(request);
    }
    if (answer == kSilence) {
      pollfd wanted{fd, POLLIN, 0};
      while (!stop_ && ::poll(&wanted, 1, 50) == 0) {
      }
      if (read_piece(fd, 0).empty()) ++left_;
    } else {
      send_all(fd, answer);
    }
    ::close(fd);
  }
}

std::string response(std::string_view status, std::string_view type, std::string_view body,
                     std::string_view more) {
  return std::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}",
      status, type, body.size(), more, body);
}

std::string event_stream(std::string_view body, std::size_t bytes) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
      "chunked\r\nConnection: close\r\n\r\n";
  const bool cut = bytes < body.size();
  const std::string_view sent = body.substr(0, cut ? bytes : body.size());
  std::string text = head;
  if (!sent.empty()) text += std::format("{:x}\r\n{}\r\n", sent.size(), sent);
  if (!cut) text += "0\r\n\r\n";
  return text;
}

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

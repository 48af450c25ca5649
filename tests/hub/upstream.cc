#include "upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <format>

#include "weft/base/result.h"

namespace weft::testing {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
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

}  // namespace

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  WEFT_ASSERT(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

std::string read_piece(int fd, int wait_ms) {
  pollfd wanted{fd, POLLIN, 0};
  if (::poll(&wanted, 1, wait_ms) <= 0) return {};
  std::string piece(64 * 1024, '\0');
  const auto got = ::recv(fd, piece.data(), piece.size(), 0);
  piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return piece;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

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

}  // namespace weft::testing

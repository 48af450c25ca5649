// A solution of raw bytes: it answers what a test gives it, also what no server would. Owned by the
// tests.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace weft::testing {

/// The longest wait for the other side, in milliseconds.
inline constexpr int kWaitMs = 15'000;
/// Blocking sockets of the loopback address. What comes within the limit (empty at the end), and
/// everything sent unless the other side is gone.
int connect_to(int port);
std::string read_piece(int fd, int wait_ms);
void send_all(int fd, std::string_view bytes);

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

}  // namespace weft::testing

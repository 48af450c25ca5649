// The hub's end of a connection to a program in a sandbox: requests go straight to the socket, and
// what came is told from a buffer that all links of a loop share. Owned by who took it; that loop.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/ml/ports.h"
#include "weft/net/stream.h"

namespace weft::app {

class Link final : public ml::WorkerLink, private net::Stream::Listener {
 public:
  /// Takes a socket (non-blocking); from any thread, nothing happens before listen().
  explicit Link(int socket) : socket_(socket) {}
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// Whose loop it is; before listen().
  void belong_to(Executor executor) { executor_ = executor; }

  // ml::WorkerLink
  void listen(ml::WorkerLink::Listener& listener) override;
  void send(std::string_view bytes) override;
  std::size_t unsent_bytes() const override { return unsent_.size() - sent_; }

 private:
  void on_stream() override;
  void flush();
  void keep(std::string_view bytes);

  int socket_;  ///< until it is the stream's
  std::optional<Executor> executor_;
  ml::WorkerLink::Listener* listener_ = nullptr;
  std::optional<net::Stream> stream_;
  /// What the socket did not take; its first `sent_` bytes are gone.
  std::string unsent_;
  std::size_t sent_ = 0;
  /// Set while the listener is told something, which may drop this.
  bool* dropped_ = nullptr;
};

}  // namespace weft::app

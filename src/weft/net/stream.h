// One connected socket, plain or TLS, read and written without waiting; who it belongs to is told
// when trying again is worth it. What always has bytes to read rests now and then (share.h), as if
// it had none. Owned by its connection; one loop.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weft/net/poller.h"
#include "weft/net/share.h"

struct ssl_st;

namespace weft::net {

class Stream final : private Watch {
 public:
  enum class Status : std::uint8_t {
    ok,
    again,   ///< nothing now: on_stream() tells when
    end,     ///< the other side has sent all it will
    failed,  ///< broken; failure() says how
  };
  struct Io {
    Status status = Status::again;
    std::size_t bytes = 0;
  };
  class Listener {
   public:
    /// Something changed: readable(), writable() or the end.
    virtual void on_stream() = 0;

   protected:
    ~Listener() = default;
  };

  /// Takes the descriptor (non-blocking) and closes it in the end.
  Stream(Poller& poller, int fd, Listener& listener);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// From now on bytes go through TLS; takes the session. handshake() comes first.
  void start_tls(ssl_st* session);
  Status handshake();

  Io read(char* data, std::size_t size);
  /// Writes as much as goes; `again` with bytes > 0 when it was a part.
  Io write(std::span<const iovec> pieces);
  /// No more will be written (the other side sees the end), reading goes on.
  void shutdown_write();
  void close();

  bool open() const { return fd_ >= 0; }
  bool tls() const { return session_ != nullptr; }
  /// Whether read() may have something.
  bool readable() const { return readable_ && !resting_ && open(); }
  /// Whether nothing came that was not read yet, looked for also while it rests; for whoever does
  /// not want anything, since a byte of it is lost.
  bool quiet();
  bool writable() const { return writable_ && open(); }
  /// Whether the other side was seen to have ended or broken the connection.
  bool ended() const { return ended_; }
  int fd() const { return fd_; }
  void set_listener(Listener& listener) { listener_ = &listener; }
  std::string failure() const;

 private:
  void on_ready(std::uint32_t events) override;
  Io take(char* data, std::size_t size);
  Io read_tls(char* data, std::size_t size);
  Io write_tls(std::span<const iovec> pieces);
  Status tls_status(int result, bool reading);

  Poller& poller_;
  Listener* listener_;
  int fd_;
  ssl_st* session_ = nullptr;
  Share share_;
  bool resting_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;
  int error_ = 0;
  std::string tls_error_;
};

}  // namespace weft::net

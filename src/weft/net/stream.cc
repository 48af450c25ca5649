#include "weft/net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weft::net {
namespace {

// One TLS record: small pieces go out together.
constexpr std::size_t kRecordBytes = 16 * 1024;

}  // namespace

Stream::Stream(Poller& poller, int fd, Listener& listener)
    : poller_(poller), listener_(&listener), fd_(fd) {
  if (!poller_.add(fd_, *this)) {
    error_ = errno;
    ::close(std::exchange(fd_, -1));
  }
}

Stream::~Stream() { close(); }

void Stream::close() {
  if (session_ != nullptr) {
    if (SSL_is_init_finished(session_)) SSL_shutdown(session_);
    ERR_clear_error();
    SSL_free(std::exchange(session_, nullptr));
  }
  if (fd_ < 0) return;
  resting_ = false;
  poller_.remove(fd_, *this);
  ::close(std::exchange(fd_, -1));
}

void Stream::start_tls(ssl_st* session) {
  session_ = session;
  SSL_set_fd(session_, fd_);
  SSL_set_mode(session_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Stream::Status Stream::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_);
  return result == 1 ? Status::ok : tls_status(result, true);
}

Stream::Status Stream::tls_status(int result, bool reading) {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ: readable_ = ended_; return Status::again;
    case SSL_ERROR_WANT_WRITE: writable_ = false; return Status::again;
    case SSL_ERROR_ZERO_RETURN: ended_ = true; return reading ? Status::end : Status::failed;
    case SSL_ERROR_SYSCALL: error_ = errno; break;
    default: {
      const long verify = SSL_get_verify_result(session_);
      const char* reason = verify != X509_V_OK ? X509_verify_cert_error_string(verify)
                                               : ERR_reason_error_string(ERR_peek_last_error());
      tls_error_ = reason == nullptr ? "TLS failed" : reason;
    }
  }
  ended_ = true;
  // A broken session must not be shut down in good form.
  SSL_set_quiet_shutdown(session_, 1);
  return Status::failed;
}

Stream::Io Stream::read(char* data, std::size_t size) {
  if (resting_) return {Status::again, 0};
  const Io io = take(data, size);
  share_.take(io.bytes);
  if (share_.used_up() && readable_ && open()) {
    resting_ = true;
    poller_.later(*this);
  }
  return io;
}

bool Stream::quiet() {
  char byte = 0;
  return !readable_ || !open() || take(&byte, 1).status == Status::again;
}

Stream::Io Stream::take(char* data, std::size_t size) {
  if (fd_ < 0) return {Status::failed, 0};
  if (session_ != nullptr) return read_tls(data, size);
  while (true) {
    const ssize_t count = ::recv(fd_, data, size, 0);
    if (count > 0) {
      // Less than asked for: the rest will be told; but an end that was told already will not be
      // told again.
      if (static_cast<std::size_t>(count) < size) readable_ = ended_;
      return {Status::ok, static_cast<std::size_t>(count)};
    }
    if (count == 0) {
      ended_ = true;
      return {Status::end, 0};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      readable_ = false;
      return {Status::again, 0};
    }
    error_ = errno;
    ended_ = true;
    return {Status::failed, 0};
  }
}

Stream::Io Stream::read_tls(char* data, std::size_t size) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(session_, data, size, &count);
  if (result == 1) return {Status::ok, count};
  return {tls_status(result, true), 0};
}

Stream::Io Stream::write(std::span<const iovec> pieces) {
  if (fd_ < 0) return {Status::failed, 0};
  if (session_ != nullptr) return write_tls(pieces);
  std::size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  while (true) {
    const ssize_t count = pieces.size() == 1 ? ::send(fd_, pieces[0].iov_base, total, MSG_NOSIGNAL)
                                             : ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (count >= 0) {
      const auto sent = static_cast<std::size_t>(count);
      if (sent == total) return {Status::ok, sent};
      writable_ = false;
      return {Status::again, sent};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      writable_ = false;
      return {Status::again, 0};
    }
    error_ = errno;
    // What came before the end, an early answer for one, may not have been told yet.
    ended_ = readable_ = true;
    return {Status::failed, 0};
  }
}

Stream::Io Stream::write_tls(std::span<const iovec> pieces) {
  static thread_local std::array<char, kRecordBytes> record;
  std::size_t sent = 0;
  std::size_t offset = 0;
  while (!pieces.empty()) {
    const char* data = static_cast<const char*>(pieces.front().iov_base) + offset;
    std::size_t size = pieces.front().iov_len - offset;
    if (pieces.size() > 1 && size < kRecordBytes) {
      // Gather from several pieces into one record.
      size = 0;
      std::size_t skip = offset;
      for (const iovec& piece : pieces) {
        const std::size_t part = std::min(piece.iov_len - skip, kRecordBytes - size);
        std::memcpy(record.data() + size, static_cast<const char*>(piece.iov_base) + skip, part);
        size += part;
        skip = 0;
      }
      data = record.data();
    }
    if (size == 0) return {Status::ok, sent};
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(session_, data, size, &count);
    if (result != 1) return {tls_status(result, false), sent};
    sent += count;
    offset += count;
    while (!pieces.empty() && offset >= pieces.front().iov_len) {
      offset -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
  }
  return {Status::ok, sent};
}

void Stream::shutdown_write() {
  if (fd_ < 0) return;
  if (session_ != nullptr && SSL_is_init_finished(session_)) SSL_shutdown(session_);
  ERR_clear_error();
  ::shutdown(fd_, SHUT_WR);
}

void Stream::on_ready(std::uint32_t events) {
  if (events == 0) resting_ = false;
  if (!resting_) share_.renew();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  listener_->on_stream();
}

std::string Stream::failure() const {
  if (!tls_error_.empty()) return tls_error_;
  return error_ == 0 ? "the connection was closed" : std::strerror(error_);
}

}  // namespace weft::net

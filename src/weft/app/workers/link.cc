#include "weft/app/workers/link.h"

#include <unistd.h>

#include <array>
#include <utility>

namespace weft::app {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
/// Room that is not held on to once all was sent.
constexpr std::size_t kRoomKept = 1024 * 1024;

std::array<char, kReadBytes>& shared_buffer() {
  static thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

}  // namespace

Link::~Link() {
  if (dropped_ != nullptr) *dropped_ = true;
  if (socket_ >= 0) ::close(socket_);
}

void Link::listen(ml::WorkerLink::Listener& listener) {
  listener_ = &listener;
  if (stream_) return;
  stream_.emplace(net::Poller::of(*executor_), std::exchange(socket_, -1),
                  static_cast<net::Stream::Listener&>(*this));
  WEFT_ASSERT(stream_->open());
}

void Link::send(std::string_view bytes) {
  if (!stream_ || unsent_bytes() > 0 || !stream_->writable()) return keep(bytes);
  const iovec piece{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  const auto io = stream_->write({&piece, 1});
  // A connection that broke is told of when it is read.
  if (io.status == net::Stream::Status::again) keep(bytes.substr(io.bytes));
}

void Link::keep(std::string_view bytes) {
  if (stream_ && !stream_->open()) return;
  if (sent_ > unsent_.size() / 2) unsent_.erase(0, std::exchange(sent_, 0));
  unsent_ += bytes;
}

void Link::flush() {
  while (unsent_bytes() > 0 && stream_->writable()) {
    const iovec piece{.iov_base = unsent_.data() + sent_, .iov_len = unsent_bytes()};
    const auto io = stream_->write({&piece, 1});
    if (io.status == net::Stream::Status::failed) break;
    sent_ += io.bytes;
  }
  if (unsent_bytes() > 0 && stream_->writable()) sent_ = unsent_.size();
  if (unsent_bytes() > 0) return;
  unsent_.clear();
  sent_ = 0;
  if (unsent_.capacity() > kRoomKept) unsent_.shrink_to_fit();
}

void Link::on_stream() {
  flush();
  bool dropped = false;
  dropped_ = &dropped;
  while (stream_->readable()) {
    auto& buffer = shared_buffer();
    const auto io = stream_->read(buffer.data(), buffer.size());
    if (io.status == net::Stream::Status::again) break;
    if (io.status != net::Stream::Status::ok) {
      stream_->close();
      unsent_.clear();
      sent_ = 0;
      dropped_ = nullptr;
      return listener_->on_closed();
    }
    listener_->on_bytes({buffer.data(), io.bytes});
    if (dropped) return;
  }
  dropped_ = nullptr;
}

}  // namespace weft::app

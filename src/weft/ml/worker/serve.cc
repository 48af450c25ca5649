#include "weft/ml/worker/serve.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>

#include "weft/ml/worker/program.h"

namespace weft::ml::worker {
namespace {

using wire::WorkerFrame;
using wire::WorkerFrameKind;

constexpr std::size_t kReadBytes = 64 * 1024;
/// What is read of one link before it is answered: a batch is worth having soon.
constexpr std::size_t kReadAtOnce = 4 * 1024 * 1024;

/// One of the hub's loops.
class Link {
 public:
  Link(int descriptor, const ServeLimits& limits)
      : descriptor_(descriptor), limits_(limits), reader_(limits.frame_bytes_max) {}

  int descriptor() const { return descriptor_; }
  bool open() const { return open_; }
  bool reads() const { return open_ && unsent_.size() - sent_ < limits_.unsent_bytes_max; }
  bool writes() const { return open_ && sent_ < unsent_.size(); }

  /// Takes in what is there.
  void read() {
    std::size_t taken = 0;
    while (taken < kReadAtOnce) {
      char* space = reader_.space(kReadBytes);
      const std::size_t room = reader_.space_size();
      const auto got = ::recv(descriptor_, space, room, MSG_DONTWAIT);
      if (got > 0) {
        reader_.took(static_cast<std::size_t>(got));
        taken += static_cast<std::size_t>(got);
        if (static_cast<std::size_t>(got) < room) return;  // that was all
        continue;
      }
      if (got < 0 && errno == EINTR) continue;
      if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) open_ = false;
      return;
    }
  }

  Result<std::optional<WorkerFrame>> next() { return reader_.next(); }

  void add(const WorkerFrame& frame) { wire::write_frame(unsent_, frame); }

  void send() {
    while (open_ && sent_ < unsent_.size()) {
      const auto sent = ::send(descriptor_, unsent_.data() + sent_, unsent_.size() - sent_,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        sent_ += static_cast<std::size_t>(sent);
        continue;
      }
      if (sent < 0 && errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) open_ = false;
      return;
    }
    unsent_.clear();
    sent_ = 0;
  }

 private:
  int descriptor_;
  const ServeLimits& limits_;
  wire::WorkerFrameReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;
  bool open_ = true;
};

class Server {
 public:
  Server(ModelHost& host, std::span<const int> links, const ServeLimits& limits)
      : host_(host), limits_(limits) {
    links_.reserve(links.size());
    for (const int each : links) links_.emplace_back(each, limits_);
  }

  Result<void> run() {
    const std::string about = host_.about();
    for (Link& link : links_) {
      link.add({.kind = WorkerFrameKind::ready,
                .type = "",
                .accept = "",
                .attributes = "",
                .body = about});
      link.send();
    }
    while (std::ranges::any_of(links_, &Link::open)) {
      if (!wait()) return {};
      WEFT_CHECK(take_all());
      while (!waiting_.empty()) {
        answer();
        for (Link& link : links_) link.send();
      }
    }
    return {};
  }

 private:
  struct Waiting {
    Link* link = nullptr;
    std::uint32_t id = 0;
    Request request;
  };

  /// Until a link can be read or written; false: nothing more is wanted.
  bool wait() {
    std::vector<pollfd> polled;
    for (const Link& link : links_) {
      const auto events =
          static_cast<short>((link.reads() ? POLLIN : 0) | (link.writes() ? POLLOUT : 0));
      polled.push_back(
          {.fd = link.open() ? link.descriptor() : -1, .events = events, .revents = 0});
    }
    while (true) {
      // Asked to end, it looks once more for what came before.
      const bool ending = stop_wanted();
      const int ready = ::poll(polled.data(), polled.size(), ending ? 0 : -1);
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      break;
    }
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if ((polled[i].revents & POLLOUT) != 0) links_[i].send();
      if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) links_[i].read();
    }
    return true;
  }

  Result<void> take_all() {
    for (Link& link : links_) {
      while (true) {
        WEFT_TRY(const std::optional<WorkerFrame> frame, link.next());
        if (!frame) break;
        take(link, *frame);
      }
    }
    return {};
  }

  void take(Link& link, const WorkerFrame& frame) {
    if (frame.kind == WorkerFrameKind::cancel) {
      std::erase_if(waiting_,
                    [&](const Waiting& each) { return each.link == &link && each.id == frame.id; });
      return;
    }
    if (frame.kind == WorkerFrameKind::ping) {
      link.add(
          {.kind = WorkerFrameKind::pong, .type = "", .accept = "", .attributes = "", .body = ""});
      return link.send();
    }
    if (frame.kind != WorkerFrameKind::invoke && frame.kind != WorkerFrameKind::infer) return;
    waiting_.push_back({.link = &link,
                        .id = frame.id,
                        .request = {.tensors = frame.kind == WorkerFrameKind::infer,
                                    .type = frame.type,
                                    .accept = frame.accept,
                                    .attributes = frame.attributes,
                                    .body = frame.body}});
  }

  /// The first of what is waiting, as one batch.
  void answer() {
    const std::size_t count = std::min(waiting_.size(), limits_.batch_requests_max);
    requests_.clear();
    for (std::size_t i = 0; i < count; ++i) requests_.push_back(waiting_[i].request);
    replies_.assign(count, Reply());
    host_.answer(requests_, replies_);
    for (std::size_t i = 0; i < count; ++i) {
      const Reply& reply = replies_[i];
      waiting_[i].link->add({.kind = WorkerFrameKind::reply,
                             .id = waiting_[i].id,
                             .status = reply.status,
                             .type = reply.type,
                             .accept = "",
                             .attributes = reply.attributes,
                             .body = reply.body});
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  ModelHost& host_;
  ServeLimits limits_;
  std::vector<Link> links_;
  std::vector<Waiting> waiting_;
  std::vector<Request> requests_;
  std::vector<Reply> replies_;
};

}  // namespace

Reply refusal(std::uint16_t status, std::string message) {
  Reply out;
  out.status = status;
  out.body = std::move(message);
  return out;
}

Result<void> serve(ModelHost& host, std::span<const int> links, ServeLimits limits) {
  return Server(host, links, limits).run();
}

void tell_failure(std::span<const int> links, std::string_view why) {
  std::string bytes;
  wire::write_frame(
      bytes,
      {.kind = WorkerFrameKind::failed, .type = "", .accept = "", .attributes = "", .body = why});
  for (const int link : links) [[maybe_unused]]
    const auto sent = ::send(link, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace weft::ml::worker

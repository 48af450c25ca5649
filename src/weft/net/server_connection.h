// One accepted connection: reads requests one after another, hands each to the handler and writes
// its answer. It is the Exchange of the request it is at. Owned by its shard; one loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <list>
#include <mutex>

#include "weft/net/buffer.h"
#include "weft/net/deadlines.h"
#include "weft/net/http_server.h"
#include "weft/net/stream.h"
#include "weft/net/tls.h"
#include "weft/net/wake.h"

namespace weft::net {

/// What all loops of a server read. Any thread.
struct ServerShared {
  ServerLimits limits;
  Handler handler;
  TlsContext tls;
  bool unix_socket = false;
  std::atomic<std::size_t> connections{0};
  std::mutex mutex;
  std::condition_variable none_left;
};

class ServerConnection;

/// A server's connections on one loop. That loop's thread only, but for the constructor.
class ServerShard : public std::enable_shared_from_this<ServerShard> {
 public:
  ServerShard(Loop& loop, std::shared_ptr<ServerShared> shared);
  /// Takes an accepted socket; with `crowded`, the oldest idle connection makes room or the new one
  /// is refused.
  void accept(int fd, std::string peer, bool crowded);
  /// Closes idle connections and every other after its answer.
  void drain();
  void cancel_all(const Error& why);
  void close_all();
  bool draining() const { return draining_.cancelled(); }
  CancelToken drain_token() const { return draining_.token(); }
  std::string_view date();
  ServerShared& shared() { return *shared_; }
  const ServerLimits& limits() const { return shared_->limits; }
  Executor executor() const { return executor_; }
  Poller& poller() { return poller_; }
  Deadlines& deadlines() { return deadlines_; }
  const std::shared_ptr<BufferPool>& buffers() const { return buffers_; }
  /// For putting an answer together; means nothing across a wait.
  std::string& scratch() { return scratch_; }

 private:
  void ended();
  bool close_oldest_idle();
  void refuse(int fd, std::string_view answer);

  Executor executor_;
  Poller& poller_;
  std::shared_ptr<ServerShared> shared_;
  Deadlines deadlines_;
  std::shared_ptr<BufferPool> buffers_;
  std::list<std::shared_ptr<ServerConnection>> connections_;
  CancelSource draining_;
  std::time_t date_second_ = 0;
  std::string date_;
  std::string scratch_;
};

class ServerConnection final : public Exchange,
                               private Stream::Listener,
                               private Deadlines::Node,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(std::shared_ptr<ServerShard> shard, int fd, std::string peer);

  /// The connection's life; the shard drops it when it ends.
  Awaitable<> serve();
  /// Between requests: since when; nothing while it is at one or was told to close.
  std::optional<SteadyTime> idle_since() const;
  void close_idle();
  void cancel(const Error& why);
  /// Closes the socket under whatever still runs.
  void abandon(const Error& why);

  // Exchange
  const wire::RequestHead& head() const override;
  std::string_view peer() const override { return peer_; }
  bool over_unix_socket() const override { return shard_->shared().unix_socket; }
  bool over_tls() const override { return stream_.tls(); }
  Executor executor() override { return shard_->executor(); }
  CancelToken gone() const override;
  CancelToken draining() const override { return shard_->drain_token(); }
  Awaitable<Result<std::string>> read_body(std::size_t bytes_max) override;
  std::optional<Result<std::string>> body_at_hand(std::size_t bytes_max) override;
  Awaitable<Result<std::string_view>> read_some() override;
  Result<void> respond(wire::ResponseHead head, std::string_view body) override;
  Awaitable<Result<void>> start(wire::ResponseHead head) override;
  Awaitable<Result<void>> write(std::string_view piece) override;
  Awaitable<Result<void>> finish() override;
  bool started() const override { return started_; }

 private:
  enum class Waiting : std::uint8_t { none, input, output, room };

  // Stream::Listener, Deadlines::Node
  void on_stream() override;
  void on_deadline() override;

  // Reading
  Awaitable<bool> handshake();
  Awaitable<bool> next_request();
  Awaitable<> let_others_run();
  Awaitable<bool> end_exchange();
  Awaitable<> refuse(int status, std::string text);
  Awaitable<> linger();
  void answer_failure();
  Awaitable<bool> skip_body();
  void begin_exchange();
  void read_ahead();
  Result<bool> take_body(std::string_view& piece);
  std::unexpected<Error> too_large(std::size_t bytes_max);
  /// Whether a body that is held whole may go on to so many bytes.
  bool memory_for(std::uint64_t bytes) const;
  std::unexpected<Error> no_memory();
  /// How long the next piece of the body may take: less and less while little comes.
  Milliseconds body_patience() const;

  // Writing
  void write_head(std::string& out, const wire::ResponseHead& head,
                  std::optional<std::uint64_t> length);
  void decide_close();
  /// Sends as much of out_ and of the body as the socket takes; nothing when the rest must wait.
  std::optional<Result<void>> send_now(std::string_view& body);
  Awaitable<Result<void>> send_rest(std::string_view body);
  Awaitable<Result<void>> send_all(std::string_view body);
  /// One piece: gathered when small, otherwise sent as far as it goes.
  void put(std::string_view slice);
  void flush();
  void schedule_flush();
  std::size_t pending() const { return out_.size() - out_sent_; }
  void sent(std::size_t bytes);

  void client_ended(std::string_view how);
  void arm(Milliseconds delay) { shard_->deadlines().set(*this, shard_->poller().now() + delay); }
  void lift() { shard_->deadlines().lift(*this); }

  std::shared_ptr<ServerShard> shard_;
  Stream stream_;
  wire::HttpReader reader_;
  Buffer in_;
  Wake wake_;
  std::string peer_;
  std::string out_;
  std::size_t out_sent_ = 0;
  mutable std::optional<CancelSource> gone_;
  std::optional<Error> gone_why_;
  SteadyTime idle_since_;
  std::optional<std::uint64_t> body_left_;  // of an answer with a length
  std::uint64_t body_bytes_ = 0;            // of the request's body, as they came
  std::chrono::steady_clock::duration body_waited_{};
  int in_a_row_ = 0;  // requests since this last waited for one
  Waiting waiting_ = Waiting::none;
  bool first_ = true;
  bool idle_ = false;
  bool expired_ = false;
  bool starved_ = false;  ///< an allocation of the handler failed
  bool closing_ = false;
  bool lost_ = false;
  bool body_done_ = true;
  bool body_began_ = false;
  bool body_held_ = false;  ///< whole, by read_body()
  bool started_ = false;
  bool finished_ = false;
  bool chunked_ = false;
  bool bodyless_ = false;
  bool close_after_ = false;
  bool flush_posted_ = false;
  bool blocked_ = false;
};

}  // namespace weft::net

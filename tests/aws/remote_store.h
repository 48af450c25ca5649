// A forwarded store that is asked from a loop of its own, and stores that do what a test says. Used
// by the tests of this adapter only.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <filesystem>
#include <format>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/adapters/sagemaker/remote/remote_objects.h"
#include "weft/base/timers.h"
#include "weft/net/testing.h"
#include "weft/store/testing/directory.h"

namespace weft::adapters::sagemaker::testing {

/// A loop that runs beside the test, and the store that is asked from it.
class Asking {
 public:
  Asking(const Clock& clock, RemoteStore store, RemoteWaits waits = {}) {
    WEFT_ASSERT(loops_.start());
    auto made = open_remote_objects({.loops = loops_,
                                     .clock = clock,
                                     .pool = pool_,
                                     .folder = directory_.path() / "forwarding",
                                     .store = std::move(store),
                                     .waits = waits});
    WEFT_ASSERT(made.has_value());
    remote_ = *std::move(made);
  }
  ~Asking() {
    loops_.stop();
    remote_.reset();
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  RemoteObjects& operator*() { return *remote_; }
  RemoteObjects* operator->() { return remote_.get(); }
  const std::filesystem::path& folder() const { return directory_.path(); }
  net::Loops& loops() { return loops_; }

  template <class T>
  T run(Awaitable<T> work) {
    return boost::asio::co_spawn(loops_.at(0).executor(), std::move(work), boost::asio::use_future)
        .get();
  }
  /// What belongs to the loop goes on it.
  template <class T>
  void drop(T what) {
    auto gone = [](T of) -> Awaitable<bool> {
      of.reset();
      co_return true;
    };
    run(gone(std::move(what)));
  }

  Result<store::ObjectInfo> put(std::string bucket, std::string key, std::string_view bytes,
                                store::ObjectMeta meta = {}) {
    return run(put_of(*remote_, std::move(bucket), std::move(key), bytes, std::move(meta)));
  }
  /// All of an object, in pieces of this size.
  Result<std::string> get(std::string bucket, std::string key, std::size_t step = 512 * 1024) {
    return run(get_of(*remote_, std::move(bucket), std::move(key), step));
  }

  static Awaitable<Result<store::ObjectInfo>> put_of(store::Objects& to, std::string bucket,
                                                     std::string key, std::string_view bytes,
                                                     store::ObjectMeta meta) {
    WEFT_CO_TRY(auto writer, co_await to.put(std::move(bucket), std::move(key)));
    WEFT_CO_CHECK(co_await write_all(*writer, bytes));
    co_return co_await writer->commit(std::move(meta));
  }
  static Awaitable<Result<void>> write_all(store::ObjectWriter& writer, std::string_view bytes) {
    while (!bytes.empty()) {
      std::string piece(bytes.substr(0, 100'000));
      bytes.remove_prefix(piece.size());
      WEFT_CO_CHECK(co_await writer.write(std::move(piece)));
    }
    co_return Result<void>();
  }
  static Awaitable<Result<std::string>> get_of(store::Objects& from, std::string bucket,
                                               std::string key, std::size_t step) {
    WEFT_CO_TRY(auto reader, co_await from.open(std::move(bucket), std::move(key)));
    if (!reader) co_return fail(Reason::task_not_found, "there is none");
    std::string out;
    while (true) {
      WEFT_CO_TRY(const std::string piece, co_await reader->read(out.size(), step));
      if (piece.empty()) co_return out;
      out += piece;
    }
  }

 private:
  store::testing::TemporaryDirectory directory_;
  net::Loops loops_{1};
  WorkPool pool_{2, 64};
  std::unique_ptr<RemoteObjects> remote_;
};

inline RemoteStore store_at(std::uint16_t port, std::string access_key, std::string secret) {
  RemoteStore out;
  out.endpoint = parse_url(std::format("http://127.0.0.1:{}", port)).value();
  out.access_key = std::move(access_key);
  out.secret = std::move(secret);
  out.origin = "weft.yaml:14";
  return out;
}

/// A store that does what the test says; keeps what it was asked.
class Store {
 public:
  using Act = std::function<Awaitable<>(net::Exchange&, int count)>;
  explicit Store(Act act, RemoteWaits waits = {})
      : act_(std::move(act)),
        harness_([this](net::Exchange& exchange) { return answer(exchange); }),
        asking(clock_, store_at(harness_.port(), "AKIDSTORE", "the-secret"), waits) {}

  int count() {
    const std::scoped_lock lock(mutex_);
    return static_cast<int>(asked_.size());
  }
  std::vector<std::string> asked() {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  std::size_t connections() {
    const std::scoped_lock lock(mutex_);
    return peers_.size();
  }

  static void say(net::Exchange& exchange, int status, std::string body, wire::Headers headers = {},
                  std::string_view type = "application/xml") {
    wire::ResponseHead head;
    head.status = status;
    head.headers = std::move(headers);
    head.headers.set("Content-Type", type);
    (void)exchange.respond(std::move(head), body);
  }
  static Awaitable<> take_body(net::Exchange& exchange) {
    while (true) {
      const auto piece = co_await exchange.read_some();
      if (!piece || piece->empty()) co_return;
    }
  }
  static std::string error(std::string_view code, std::string_view message = "its words") {
    return std::format("<Error><Code>{}</Code><Message>{}</Message></Error>", code, message);
  }

 private:
  Awaitable<> answer(net::Exchange& exchange) {
    int count = 0;
    {
      const std::scoped_lock lock(mutex_);
      const wire::RequestHead& head = exchange.head();
      asked_.push_back(
          std::format("{} {} {}", head.method, head.target, head.headers.get("Range")));
      peers_.insert(std::string(exchange.peer()));
      count = static_cast<int>(asked_.size());
      for (const auto& [name, value] : head.headers)
        EXPECT_FALSE(value.contains("the-secret")) << name;
    }
    co_await act_(exchange, count);
  }

  SystemClock clock_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::set<std::string> peers_;
  Act act_;
  net::testing::Harness harness_;

 public:
  Asking asking;
};

/// Answers HEAD and ranged GETs of one object; `cut` says how many bytes of an answer come.
inline Store::Act one_object(std::string bytes, std::function<std::size_t(int)> cut,
                             std::string etag, wire::Headers more = {}) {
  return [bytes = std::move(bytes), cut = std::move(cut), etag = std::move(etag),
          more = std::move(more)](net::Exchange& exchange, int count) -> Awaitable<> {
    std::size_t first = 0;
    std::size_t last = bytes.size() - 1;
    const std::string range(exchange.head().headers.get("Range"));
    if (!range.empty()) {
      const auto dash = range.find('-');
      first = std::stoul(range.substr(6, dash - 6));
      if (dash + 1 < range.size()) last = std::stoul(range.substr(dash + 1));
    }
    wire::ResponseHead head;
    head.status = range.empty() ? 200 : 206;
    head.headers = more;
    head.headers.set("ETag", etag);
    if (!range.empty())
      head.headers.set("Content-Range", std::format("bytes {}-{}/{}", first, last, bytes.size()));
    head.body_length = last - first + 1;
    if (exchange.head().method == "HEAD") {
      (void)exchange.respond(std::move(head), "");
      co_return;
    }
    (void)co_await exchange.start(std::move(head));
    const std::string_view piece =
        std::string_view(bytes).substr(first, std::min(last - first + 1, cut(count)));
    (void)co_await exchange.write(piece);
    if (piece.size() == last - first + 1) (void)co_await exchange.finish();
  };
}

/// An answer that goes on for ten seconds, a byte at a time.
inline Awaitable<> drip(net::Exchange& exchange, int status, std::string beginning) {
  constexpr std::size_t kDrips = 500;
  wire::ResponseHead head;
  head.status = status;
  head.headers.set("ETag", "\"e\"");
  head.body_length = beginning.size() + kDrips;
  (void)co_await exchange.start(std::move(head));
  (void)co_await exchange.write(beginning);
  for (std::size_t i = 0; i < kDrips; ++i) {
    const bool stays = co_await sleep_for(Milliseconds(20), exchange.gone());
    if (!stays) co_return;
    (void)co_await exchange.write(" ");
  }
  (void)co_await exchange.finish();
}

}  // namespace weft::adapters::sagemaker::testing

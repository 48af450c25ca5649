// A request whose body was read already, since its signature covers it: the handler behind it reads
// it again as if nobody had. Owned by the route for one request; its loop.
#pragma once

#include <algorithm>
#include <format>
#include <string>
#include <utility>

#include "weft/net/http_server.h"

namespace weft::adapters::sagemaker {

class HeldExchange final : public net::Exchange {
 public:
  HeldExchange(net::Exchange& inner, std::string body) : inner_(inner), body_(std::move(body)) {}

  const wire::RequestHead& head() const override { return inner_.head(); }
  std::string_view peer() const override { return inner_.peer(); }
  bool over_unix_socket() const override { return inner_.over_unix_socket(); }
  bool over_tls() const override { return inner_.over_tls(); }
  Executor executor() override { return inner_.executor(); }
  CancelToken gone() const override { return inner_.gone(); }
  CancelToken draining() const override { return inner_.draining(); }
  Awaitable<Result<std::string>> read_body(std::size_t bytes_max) override {
    co_return take(bytes_max);
  }
  std::optional<Result<std::string>> body_at_hand(std::size_t bytes_max) override {
    return take(bytes_max);
  }
  Awaitable<Result<std::string_view>> read_some() override {
    piece_ = std::exchange(body_, {});
    co_return std::string_view(piece_);
  }
  Result<void> respond(wire::ResponseHead head, std::string_view body) override {
    return inner_.respond(std::move(head), body);
  }
  Awaitable<Result<void>> start(wire::ResponseHead head) override {
    return inner_.start(std::move(head));
  }
  Awaitable<Result<void>> write(std::string_view piece) override { return inner_.write(piece); }
  Awaitable<Result<void>> finish() override { return inner_.finish(); }
  bool started() const override { return inner_.started(); }

 private:
  Result<std::string> take(std::size_t bytes_max) {
    if (body_.size() > bytes_max) {
      return fail(Reason::too_large,
                  std::format("the request body is longer than {} bytes", bytes_max));
    }
    return std::exchange(body_, {});
  }

  net::Exchange& inner_;
  std::string body_;
  std::string piece_;
};

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/aws/signed_route.h"

#include <format>
#include <utility>

#include "weft/adapters/sagemaker/aws/answer.h"
#include "weft/adapters/sagemaker/aws/held_exchange.h"
#include "weft/adapters/sagemaker/limits.h"
#include "weft/base/hex.h"

namespace weft::adapters::sagemaker {
namespace {

struct Read {
  std::string body;
  std::string digest;
};

std::string hex_of(std::string_view bytes) {
  return weft::hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::unexpected<Error> too_long() {
  return fail(Reason::too_large,
              std::format("the request body is longer than {} bytes", kInvocationBytesMax));
}

/// The digest is made of the pieces as they come: that of a long body at once would hold up the
/// loop.
Awaitable<Result<Read>> read_slowly(net::Exchange& exchange) {
  Read out;
  if (exchange.head().body_length.value_or(0) > kInvocationBytesMax) co_return too_long();
  wire::Digest digest(wire::DigestKind::sha256);
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await exchange.read_some());
    if (piece.empty()) break;
    if (out.body.size() + piece.size() > kInvocationBytesMax) co_return too_long();
    out.body.append(piece);
    digest.add(piece);
  }
  out.digest = hex_of(digest.finish());
  co_return out;
}

Awaitable<Result<Read>> read_whole(net::Exchange& exchange) {
  auto at_hand = exchange.body_at_hand(kInvocationBytesMax);
  if (!at_hand) co_return co_await read_slowly(exchange);
  if (!*at_hand) co_return fail(std::move(*at_hand).error());
  Read out{.body = **std::move(at_hand), .digest = {}};
  out.digest = wire::hex(wire::sha256(out.body));
  co_return out;
}

class SignedRoute {
 public:
  SignedRoute(Environment& environment, std::shared_ptr<AwsDoor> door, std::string service,
              RouteHandler handler)
      : environment_(environment),
        door_(std::move(door)),
        service_(std::move(service)),
        handler_(std::move(handler)) {}

  Awaitable<> handle(Request& request) const {
    auto entrance = door_->enter(request.exchange, service_);
    if (!entrance) return refuse(request.exchange, to_aws(entrance.error(), WireForm::rest));
    request.principal = entrance->principal;
    if (!entrance->signature) return handler_(request);
    return check(request, *std::move(entrance));
  }

 private:
  Awaitable<> check(Request& request, Entrance entrance) const {
    auto read = co_await read_whole(request.exchange);
    if (!read) {
      say(request.exchange, to_aws(read.error()));
      co_return;
    }
    const bool unsigned_body = entrance.signature->payload == wire::kUnsignedPayload;
    const auto fits =
        door_->fits(entrance, request.exchange,
                    unsigned_body ? wire::kUnsignedPayload : std::string_view(read->digest));
    if (!fits) {
      say(request.exchange, to_aws(fits.error(), WireForm::rest));
      co_return;
    }
    HeldExchange held(request.exchange, std::move(read->body));
    Request inner{.exchange = held,
                  .principal = std::move(entrance.principal),
                  .rest = std::move(request.rest)};
    co_await handler_(inner);
  }

  Awaitable<> refuse(net::Exchange& exchange, AwsError error) const {
    say(exchange, std::move(error));
    co_return;
  }

  void say(net::Exchange& exchange, AwsError error) const {
    Asked asked;
    asked.form = WireForm::rest;
    asked.request_id = make_aws_request_id(environment_.hub.random());
    answer(exchange, asked, std::unexpected(std::move(error)));
  }

  Environment& environment_;
  std::shared_ptr<AwsDoor> door_;
  std::string service_;
  RouteHandler handler_;
};

}  // namespace

RouteHandler behind_signature(Environment& environment, std::shared_ptr<AwsDoor> door,
                              std::string service, RouteHandler handler) {
  auto route = std::make_shared<const SignedRoute>(environment, std::move(door), std::move(service),
                                                   std::move(handler));
  return [route](Request& request) { return route->handle(request); };
}

}  // namespace weft::adapters::sagemaker

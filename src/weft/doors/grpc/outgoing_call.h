// One gRPC call that the bridge makes for the hub, awaited on the loop. Owned by doors/grpc; gRPC's
// threads end it, the loop goes on.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <format>
#include <memory>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/net/http_server.h"

namespace weft::doors {

inline constexpr std::string_view kServerHeader = "Weft-Server";
inline constexpr std::string_view kTimeoutHeader = "grpc-timeout";
inline constexpr int kUnimplemented = 501;

/// Where calls go, and whose they are.
struct Outgoing {
  net::Exchange& exchange;
  std::shared_ptr<grpc::Channel> channel;
};

/// The hub's headers as metadata, and its deadline. Errors: Reason::invalid_argument, naming a
/// header that gRPC cannot carry.
Result<void> prepare(grpc::ClientContext& context, const wire::Headers& headers);
/// What a server answered instead: Error::upstream_status is the HTTP status of its code.
Error error_of(const grpc::Status& status);

/// `method` is `/SERVICE/METHOD`. Errors: the server's own, with upstream_status set;
/// Reason::upstream_protocol for an answer that is no message.
template <class Response, class Request>
Awaitable<Result<Response>> call(Outgoing& to, const char* method, Request request) {
  struct Call {
    grpc::ClientContext context;
    Request request;
    /// As it came: gRPC takes one that cannot be read for one that is empty.
    grpc::ByteBuffer answer;
    grpc::Status status;
    boost::asio::any_completion_handler<void()> done;
  };
  // Also held by gRPC's threads.
  auto held = std::make_shared<Call>();
  held->request = std::move(request);
  WEFT_CO_CHECK(prepare(held->context, to.exchange.head().headers));
  const CancelRegistration stops =
      to.exchange.gone().on_cancel([held] { held->context.TryCancel(); });
  const Executor executor = to.exchange.executor();
  co_await boost::asio::async_initiate<decltype(kAwait), void()>(
      [&](auto handler) {
        held->done = std::move(handler);
        grpc::TemplatedGenericStub<Request, grpc::ByteBuffer> stub(to.channel);
        stub.UnaryCall(&held->context, method, {}, &held->request, &held->answer,
                       [held, executor](grpc::Status status) {
                         held->status = std::move(status);
                         boost::asio::post(executor,
                                           [held] { std::exchange(held->done, nullptr)(); });
                       });
        // It is on its way as bytes.
        held->request = Request();
      },
      kAwait);
  if (!held->status.ok()) co_return fail(error_of(held->status));
  Response response;
  const bool read = held->answer.Valid() &&
                    grpc::SerializationTraits<Response>::Deserialize(&held->answer, &response).ok();
  if (!read) {
    co_return fail(Reason::upstream_protocol,
                   std::format("the server's answer to {} is no message of the protocol", method));
  }
  co_return response;
}

}  // namespace weft::doors

#include "weft/net/http_client.h"

#include <format>

#include "weft/net/client_call.h"
#include "weft/net/redirect.h"

namespace weft::net {
namespace {

class Client final : public HttpClient {
 public:
  Client(Loop& loop, ClientLimits limits)
      : core_(std::make_shared<ClientCore>(loop, std::move(limits))) {}
  ~Client() override { core_->close(); }

  std::size_t idle_connections() const override { return core_->idle_connections(); }

  Awaitable<Result<std::unique_ptr<ClientResponse>>> send(ClientRequest request,
                                                          CancelToken cancel) override {
    auto call = begin(request, cancel);
    const auto launch = call->launch(request);
    // The common course, in one small frame: a connection was idle and took the whole request.
    if (launch == ClientCall::Launch::sent) {
      while (!call->settled()) co_await call->wake().wait();
      if (call->outcome() && !redirects(request, *call))
        co_return std::unique_ptr<ClientResponse>(std::move(call));
    }
    co_return co_await send_on(std::move(request), std::move(cancel), std::move(call), launch);
  }

  Awaitable<Result<std::unique_ptr<ClientResponse>>> send_streaming(ClientRequest request,
                                                                    BodySource next,
                                                                    CancelToken cancel) override {
    auto call = begin(request, cancel);
    auto sent = co_await call->exchange(request, &next, false);
    if (!sent && call->may_repeat(request, true))
      sent = co_await call->exchange(request, &next, true);
    if (!sent) co_return fail(std::move(sent).error());
    co_return std::unique_ptr<ClientResponse>(std::move(call));
  }

 private:
  static bool redirects(const ClientRequest& request, const ClientCall& call) {
    return request.redirects_max > 0 && is_redirect(call.head().status) &&
           call.head().headers.has("location");
  }

  /// Any course: a connection has to be made, the socket was full, the call failed, the answer
  /// points elsewhere.
  Awaitable<Result<std::unique_ptr<ClientResponse>>> send_on(ClientRequest request,
                                                             CancelToken cancel,
                                                             std::unique_ptr<ClientCall> call,
                                                             ClientCall::Launch launch) {
    Result<void> sent;
    switch (launch) {
      case ClientCall::Launch::sent: sent = call->outcome(); break;
      case ClientCall::Launch::partly: sent = co_await call->go_on(); break;
      case ClientCall::Launch::not_yet:
        sent = co_await call->exchange(request, nullptr, false);
        break;
    }
    const int hops_max = std::min(request.redirects_max, kRedirectsMax);
    for (int hop = 0;; ++hop) {
      if (!sent && call->may_repeat(request, false))
        sent = co_await call->exchange(request, nullptr, true);
      if (!sent) co_return fail(std::move(sent).error());
      if (!redirects(request, *call)) co_return std::unique_ptr<ClientResponse>(std::move(call));
      if (hop == hops_max) {
        co_return fail(Reason::upstream_protocol, std::format("{} redirects more than {} times",
                                                              request.origin.url.str(), hops_max));
      }
      WEFT_CO_CHECK(follow(request, call->head()));
      call = begin(request, cancel);
      sent = co_await call->exchange(request, nullptr, false);
    }
  }

  std::unique_ptr<ClientCall> begin(const ClientRequest& request, const CancelToken& cancel) {
    const SteadyTime deadline = request.deadline == SteadyTime{}
                                    ? std::chrono::steady_clock::now() + kDefaultDeadline
                                    : request.deadline;
    return std::make_unique<ClientCall>(core_, request.origin, cancel, deadline,
                                        request.idle_timeout);
  }

  std::shared_ptr<ClientCore> core_;
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::create(Loop& loop, ClientLimits limits) {
  return std::make_unique<Client>(loop, std::move(limits));
}

}  // namespace weft::net

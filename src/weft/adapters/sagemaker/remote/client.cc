#include "weft/adapters/sagemaker/remote/client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <format>

#include "weft/base/timers.h"
#include "weft/wire/aws_signature.h"

namespace weft::adapters::sagemaker::remote {
namespace {

net::ClientLimits limits() {
  net::ClientLimits out;
  out.connections_per_origin_max = kConnectionsMax;
  out.idle_per_origin_max = kIdleConnectionsMax;
  return out;
}

bool may_pass(int status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

Milliseconds pause_before(int attempt) {
  Milliseconds out = kPauseMin;
  for (int i = 2; i < attempt; ++i) out *= 4;
  return out;
}

Milliseconds time_for(std::uint64_t bytes) {
  return std::chrono::seconds(bytes / kBytesPerSecondMin);
}

/// At most kErrorBytesMax of an answer that is an error; what came, where it was cut off or drips.
Awaitable<std::string> beginning(net::ClientResponse& response, const Clock& clock,
                                 SteadyTime until) {
  std::string out;
  while (out.size() < kErrorBytesMax && clock.steady() < until) {
    const auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    out += piece->substr(0, kErrorBytesMax - out.size());
  }
  co_return out;
}

void end_on(Executor executor, std::shared_ptr<CancelSource> what) {
  boost::asio::post(executor, [what = std::move(what)] {
    what->cancel(make_error(Reason::cancelled, "weft ends"));
  });
}

}  // namespace

Refusal Answer::refusal() const {
  return {.status = status,
          .fault = fault,
          .content_type = std::string(headers.get("Content-Type")),
          .region = std::string(headers.get("x-amz-bucket-region"))};
}

/// What ends the reading and the writing of one loop; touched on it alone.
struct Client::OfLoop {
  explicit OfLoop(Executor of) : executor(of) {}
  Executor executor;
  std::shared_ptr<CancelSource> reading = std::make_shared<CancelSource>();
  std::shared_ptr<CancelSource> writing = std::make_shared<CancelSource>();
};

/// A body on its way: given up when the store takes none of it for too long.
struct Client::Sending {
  Sending(const RemoteParts& of, std::shared_ptr<const Body> what, Executor on,
          const CancelToken& end)
      : parts(of), body(std::move(what)), executor(on) {
    cancel.follow(end);
  }
  const RemoteParts& parts;
  std::shared_ptr<const Body> body;
  Executor executor;
  CancelSource cancel;
  Timer timer;
  std::uint64_t done = 0;
  std::string piece;

  void within(Milliseconds limit) {
    timer = run_after(executor, limit, [this] {
      cancel.cancel(make_error(Reason::deadline, done < body->size
                                                     ? "it takes no more of what is sent"
                                                     : "it did not answer in time"));
    });
  }

  Awaitable<Result<std::string_view>> next() {
    timer.cancel();
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(body->size - done, kPieceBytes));
    piece.clear();
    if (size > 0) {
      std::move_only_function<Result<std::string>()> work = [of = body, at = done, size] {
        return of->file->read(of->offset + at, size);
      };
      WEFT_CO_TRY(piece, co_await parts.pool.run<std::string>(std::move(work)));
      if (piece.empty()) co_return fail(Reason::internal, "a file became shorter");
      done += piece.size();
    }
    within(size > 0 ? parts.waits.piece : parts.waits.commit);
    co_return std::string_view(piece);
  }
};

Client::Client(RemoteParts parts) : parts_(std::move(parts)), clients_(parts_.loops, limits()) {
  loops_.reserve(parts_.loops.size());
  for (std::size_t i = 0; i < parts_.loops.size(); ++i)
    loops_.push_back(std::make_unique<OfLoop>(parts_.loops.at(i).executor()));
}

Client::~Client() = default;

void Client::end_reading() {
  for (const auto& each : loops_) end_on(each->executor, each->reading);
}

void Client::end_writing() {
  for (const auto& each : loops_) end_on(each->executor, each->writing);
}

CancelToken Client::end_of(const Ask& ask, Executor executor) const {
  const auto at =
      std::ranges::find(loops_, executor, [](const auto& each) { return each->executor; });
  WEFT_ASSERT(at != loops_.end());
  return (ask.reads ? (*at)->reading : (*at)->writing)->token();
}

net::ClientRequest Client::request(const Ask& ask) const {
  const RemoteStore& store = parts_.store;
  Place place = place_of(store, ask.bucket, ask.key, ask.parameters);
  net::ClientRequest out;
  out.origin = {.url = std::move(place.url), .unix_path = "", .egress = net::Egress::open};
  out.method = ask.method;
  out.target = std::move(place.target);
  out.headers = ask.headers;
  out.headers.set("Host", out.origin.url.authority());
  const std::string digest = ask.body ? ask.body->sha256 : wire::hex(wire::sha256(""));
  const wire::AwsCredentials credentials{
      .access_key = store.access_key, .secret = store.secret, .session_token = ""};
  wire::sign_aws(out.method, out.target, out.headers, digest, credentials, store.region, "s3",
                 parts_.clock.unix_ms() / 1'000);
  const std::uint64_t size = ask.body ? ask.body->size : 0;
  const Milliseconds wait = ask.commits || size > 0 ? parts_.waits.commit : parts_.waits.answer;
  out.deadline = parts_.clock.steady() + wait + time_for(size);
  // Whether one that was sent before has done it must be known (buckets.cc): it is counted here.
  out.repeats = ask.method != "DELETE" && !(ask.method == "PUT" && ask.key.empty());
  return out;
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> Client::send(const Ask& ask) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  net::HttpClient& client = clients_.at(executor);
  net::ClientRequest sent = request(ask);
  const CancelToken cancel = end_of(ask, executor);
  if (!ask.body || !ask.body->file) {
    if (ask.body) sent.body = ask.body->text;
    if (ask.streamed) sent.idle_timeout = parts_.waits.piece;
    co_return co_await client.send(std::move(sent), cancel);
  }
  sent.headers.set("Content-Length", std::format("{}", ask.body->size));
  Sending sending(parts_, ask.body, executor, cancel);
  sending.within(parts_.waits.piece);
  const CancelToken stalled = sending.cancel.token();
  net::HttpClient::BodySource next = [&sending] { return sending.next(); };
  auto response = co_await client.send_streaming(std::move(sent), std::move(next), stalled);
  sending.timer.cancel();
  co_return response;
}

Awaitable<Result<Opened>> Client::once(const Ask& ask) {
  auto response = co_await send(ask);
  if (!response) co_return fail(unreached(parts_.store, std::move(response).error()));
  Opened out;
  out.head.status = (*response)->head().status;
  out.head.headers = (*response)->head().headers;
  if (out.head.good()) {
    out.response = *std::move(response);
    co_return out;
  }
  const SteadyTime until = parts_.clock.steady() + parts_.waits.answer;
  out.head.body = co_await beginning(**response, parts_.clock, until);
  out.head.fault = read_fault(out.head.body);
  co_return out;
}

Awaitable<Result<Opened>> Client::open(Ask ask) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  for (int attempt = 1;; ++attempt) {
    auto opened = co_await once(ask);
    if (opened) opened->head.attempts = attempt;
    const bool again =
        opened ? may_pass(opened->head.status) : opened.error().reason == Reason::unavailable;
    if (!again || attempt == kAttemptsMax) co_return opened;
    const CancelToken cancel = end_of(ask, executor);
    const bool slept = co_await sleep_for(pause_before(attempt + 1), cancel);
    if (!slept) co_return fail(cancel.why());
  }
}

Awaitable<Result<Answer>> Client::call(Ask ask) {
  for (int attempt = 1;; ++attempt) {
    WEFT_CO_TRY(Opened opened, co_await open(ask));
    opened.head.attempts += attempt - 1;
    if (!opened.response) co_return std::move(opened.head);
    auto body = co_await opened.response->read_all(kXmlBytesMax);
    if (body) {
      opened.head.body = *std::move(body);
      co_return std::move(opened.head);
    }
    if (body.error().reason != Reason::unavailable || attempt == kAttemptsMax)
      co_return fail(unreached(parts_.store, std::move(body).error()));
  }
}

Awaitable<Result<std::string_view>> Client::next(net::ClientResponse& response) const {
  auto piece = co_await response.read_some();
  if (!piece) co_return fail(unreached(parts_.store, std::move(piece).error()));
  co_return piece;
}

std::unexpected<Error> Client::refused(const Answer& answer, std::string_view bucket) const {
  return fail(error_of(parts_.store, answer.refusal(), bucket));
}

std::unexpected<Error> Client::garbled(std::string_view what) const {
  return fail(remote::garbled(parts_.store, what));
}

}  // namespace weft::adapters::sagemaker::remote

#include "weft/app/admin_client.h"

#include <format>

#include "weft/model/codec.h"
#include "weft/wire/sse.h"

namespace weft::app {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;
constexpr Milliseconds kAnswerWait{60'000};
constexpr Milliseconds kStreamWait{24 * 3'600'000};

/// Why it does not answer, without saying once more where it is.
std::string why_unreachable(const net::Origin& origin, const std::string& message) {
  const std::string place =
      origin.unix_path.empty() ? std::format("{}://{}: ", origin.url.scheme, origin.url.authority())
                               : std::format("unix:{}: ", origin.unix_path);
  return message.starts_with(place) ? message.substr(place.size()) : message;
}

Error error_of(int status, const std::string& body) {
  const auto parsed = json::parse(body);
  if (parsed) {
    if (const auto* inner = json::find(*parsed, "error"); inner != nullptr && inner->is_object()) {
      return model::error_from_json(inner->get_object());
    }
  }
  return make_error(Reason::internal,
                    std::format("the hub answered HTTP {} without saying why", status));
}

}  // namespace

AdminClient::AdminClient(net::HttpClient& client, HubAddress address)
    : client_(client), address_(std::move(address)) {}

Result<net::Origin> AdminClient::origin() const {
  net::Origin origin;
  origin.egress = net::Egress::open;
  if (address_.text.starts_with("unix:")) {
    origin.unix_path = address_.text.substr(5);
    WEFT_TRY(origin.url, parse_url("http://localhost/"));
    return origin;
  }
  WEFT_TRY(origin.url, parse_url(address_.text));
  return origin;
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> AdminClient::open(std::string method,
                                                                          std::string path,
                                                                          json::value body,
                                                                          Milliseconds wait) {
  WEFT_CO_TRY(const net::Origin where, origin());
  net::ClientRequest request;
  request.origin = where;
  request.method = std::move(method);
  request.target = std::move(path);
  request.deadline = std::chrono::steady_clock::now() + wait;
  if (!address_.key.empty()) request.headers.add("Authorization", "Bearer " + address_.key);
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = json::write(body);
  }
  CancelToken never;
  auto response = co_await client_.send(std::move(request), std::move(never));
  if (!response) co_return fail(without_answer(where, address_.text, std::move(response).error()));
  co_return std::move(response);
}

Error AdminClient::without_answer(const net::Origin& origin, std::string_view text, Error error) {
  if (error.reason != Reason::unavailable) return error;
  Error out = make_error(Reason::unavailable, std::format("no hub answers at {}: {}", text,
                                                          why_unreachable(origin, error.message)));
  out.param = "hub";
  return out;
}

Awaitable<Result<json::value>> AdminClient::send(std::string method, std::string path,
                                                 json::value body) {
  WEFT_CO_TRY(auto response,
              co_await open(std::move(method), std::move(path), std::move(body), kAnswerWait));
  WEFT_CO_TRY(std::string text, co_await response->read_all(kAnswerBytesMax));
  if (response->head().status >= 300) co_return fail(error_of(response->head().status, text));
  co_return json::parse(text, kAnswerBytesMax);
}

Awaitable<Result<json::value>> AdminClient::get(std::string path) {
  json::value nothing;
  co_return co_await send("GET", std::move(path), std::move(nothing));
}

Awaitable<Result<void>> AdminClient::stream(std::string method, std::string path, json::value body,
                                            EachEvent each) {
  WEFT_CO_TRY(auto response,
              co_await open(std::move(method), std::move(path), std::move(body), kStreamWait));
  if (response->head().status >= 300) {
    WEFT_CO_TRY(std::string text, co_await response->read_all(kAnswerBytesMax));
    co_return fail(error_of(response->head().status, text));
  }
  wire::SseReader reader(kAnswerBytesMax);
  while (true) {
    WEFT_CO_TRY(std::string_view piece, co_await response->read_some());
    if (piece.empty()) co_return Result<void>();
    WEFT_CO_CHECK(reader.feed(piece));
    while (auto event = reader.next()) {
      WEFT_CO_TRY(json::value data, json::parse(event->data, kAnswerBytesMax));
      if (!each(event->event, data)) co_return Result<void>();
    }
  }
}

}  // namespace weft::app

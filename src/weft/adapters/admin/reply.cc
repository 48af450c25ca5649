#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {

Awaitable<> answer(net::Exchange& exchange, int status, json::value body) {
  wire::Headers headers;
  std::vector<model::Loss> none;
  (void)co_await respond_json(exchange, status, std::move(body), std::move(headers),
                              std::move(none));
}

Awaitable<> answer_error(net::Exchange& exchange, Error error) {
  wire::Headers headers;
  add_error_headers(headers, error);
  json::object body;
  body["error"] = model::to_json(error);
  json::value answer(std::move(body));
  std::vector<model::Loss> none;
  const int status = http_status(error);
  (void)co_await respond_json(exchange, status, std::move(answer), std::move(headers),
                              std::move(none));
}

Awaitable<Result<json::object>> read_object(net::Exchange& exchange) {
  WEFT_CO_TRY(std::string text, co_await exchange.read_body(kBodyBytesMax));
  if (text.empty()) co_return json::object{};
  co_return json::parse_object(text, "the request body");
}

Error wrong_method(const Request& request, std::string_view allowed) {
  return make_error(Reason::unsupported, std::format("{} is not possible on {}; it takes {}",
                                                     request.exchange.head().method,
                                                     request.exchange.head().path(), allowed));
}

}  // namespace weft::adapters::admin

#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {

void answer(net::Exchange& exchange, int status, json::value body) {
  wire::Headers headers;
  (void)respond_json(exchange, status, body, std::move(headers));
}

void answer_error(net::Exchange& exchange, Error error) {
  wire::Headers headers;
  add_error_headers(headers, error);
  json::object body;
  body["error"] = model::to_json(error);
  json::value answer(std::move(body));
  // What an argument names is not there: the path is wrong, not its form.
  const bool missing = error.code == Code::not_found && error.reason == Reason::invalid_argument;
  const int status = missing ? 404 : http_status(error);
  (void)respond_json(exchange, status, answer, std::move(headers));
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

#include "weft/adapters/oip/answers.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/wire/sse.h"

namespace weft::adapters::oip {

Result<wire::OipResponse> read_answer(std::string_view body,
                                      std::optional<std::size_t> json_bytes) {
  auto read = wire::read_oip_response(body, json_bytes);
  if (read) return read;
  return fail(Reason::upstream_protocol,
              std::format("the answer cannot be read: {}", read.error().message));
}

Result<std::optional<std::string>> GeneratedReader::read(std::string_view data) {
  auto parsed = json::parse(data, kStreamEventBytesMax);
  json::object* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) return fail(Reason::upstream_protocol, "an event of the stream is no object");
  if (const json::value* error = json::find(*o, "error"); error != nullptr && error->is_string())
    return fail(error_from_json(*o, 0));
  const json::value* text = json::find(*o, kTextOutput);
  if (text != nullptr && !text->is_string())
    return fail(Reason::upstream_protocol, "an event's `text_output` is no text");
  done_ = own_ && json::bool_at(*o, "final").value_or(false);
  if (done_) {
    losses_ = losses_from(json::find(*o, "losses"));
    json::object answer{{"outputs", json::array()}};
    if (const json::value* outputs = json::find(*o, "outputs")) answer["outputs"] = *outputs;
    if (const json::value* facts = json::find(*o, kParameters)) answer[kParameters] = *facts;
    WEFT_TRY(const wire::OipResponse response, read_answer(json::write(answer), std::nullopt));
    WEFT_TRY(output_, output_of_own(response, model::Shape::converse));
  }
  if (text == nullptr || text->get_string().empty()) return std::nullopt;
  std::string out(text->get_string());
  said_ += out;
  return out;
}

model::Output GeneratedReader::take(std::vector<model::Loss>& losses) {
  add_losses(losses, std::move(losses_));
  // What has turns of its own tells in them what was said before.
  if (!output_.turns.empty() && !said_.empty()) {
    auto& parts = output_.turns.front().parts;
    parts.insert(parts.begin(), model::Part::text(said_));
  }
  return std::move(output_);
}

Awaitable<Result<model::Output>> read_generated(net::ClientResponse& response, bool own,
                                                hub::Emitter& out) {
  wire::SseReader sse(kStreamEventBytesMax);
  GeneratedReader generated(own);
  while (!generated.done()) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) break;
    // What was whole before it broke the format is told, however the bytes came together.
    const auto fed = sse.feed(piece);
    while (auto event = sse.next()) {
      WEFT_CO_TRY(auto text, generated.read(event->data));
      if (text) {
        model::Event delta{model::Delta{.text = *std::move(text)}};
        WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
      }
      if (generated.done()) break;
    }
    if (!generated.done()) WEFT_CO_CHECK(fed);
  }
  if (!generated.whole(sse.unfinished()))
    co_return fail(Reason::upstream_protocol, "the answer's stream broke off before its end");
  std::vector<model::Loss> losses;
  model::Output output = generated.take(losses);
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  co_return output;
}

Awaitable<std::string> read_beginning(net::ClientResponse& response) {
  std::string body;
  while (body.size() < kErrorBodyBytesMax) {
    auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    body += piece->substr(0, kErrorBodyBytesMax - body.size());
  }
  co_return body;
}

}  // namespace weft::adapters::oip

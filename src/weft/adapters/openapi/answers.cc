#include "weft/adapters/openapi/answers.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_reader.h"
#include "weft/base/text.h"
#include "weft/base/timers.h"
#include "weft/wire/base64.h"
#include "weft/wire/media_type.h"
#include "weft/wire/sse.h"

namespace weft::adapters::openapi {
namespace {

bool is_type(const wire::ResponseHead& head, std::string_view type) {
  return wire::is_media_type(head.headers.get("Content-Type"), type);
}

bool is_lines(const wire::ResponseHead& head) {
  return is_type(head, "application/x-ndjson") || is_type(head, "application/ndjson") ||
         is_type(head, "application/jsonl") || is_type(head, "application/json-lines");
}

model::Event text_delta(std::string text) {
  return {model::Delta{.kind = model::Delta::Kind::text, .text = std::move(text)}};
}

Error broke_off() {
  return make_error(Reason::upstream_protocol, "the answer's stream broke off before its end");
}

/// Whether the stream ended before its time: in the middle of an event, unless that is the mark of
/// the end whose empty line is missing.
bool cut_off(wire::SseReader& sse) {
  if (!sse.unfinished()) return false;
  if (!sse.feed("\n\n")) return true;
  const auto last = sse.next();
  return !last || last->data != "[DONE]";
}

Awaitable<Result<model::Output>> read_events(net::ClientResponse& response, hub::Emitter& out) {
  wire::SseReader sse(kStreamEventBytesMax);
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) break;
    // What was whole before it broke the format is told, however the bytes came together.
    const auto fed = sse.feed(piece);
    while (auto event = sse.next()) {
      if (event->event == "error") {
        co_return fail(Reason::solution_failed, std::format("the stream ended with an error: {}",
                                                            beginning_of(event->data, 300)));
      }
      if (event->data == "[DONE]" || event->data.empty()) continue;
      model::Event delta = text_delta(stream_text(event->data));
      WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
    }
    WEFT_CO_CHECK(fed);
  }
  if (cut_off(sse)) co_return fail(broke_off());
  co_return model::Output{};
}

/// The stream of another weft: its events as they are.
Awaitable<Result<model::Output>> read_own_events(net::ClientResponse& response, hub::Emitter& out) {
  // Its last event is the whole answer, in which words may stand twice.
  wire::SseReader sse(2 * kAnswerBytesMax);
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) break;
    const auto fed = sse.feed(piece);
    while (auto told = sse.next()) {
      WEFT_CO_TRY(const json::object data, json::parse_object(told->data, "an event's data"));
      WEFT_CO_TRY(auto event, read_event(told->event, data));
      if (!event) continue;
      if (auto* end = std::get_if<model::End>(&event->body)) {
        for (model::Loss& loss : end->losses) out.lose(std::move(loss));
        co_return std::move(end->outcome);
      }
      WEFT_CO_CHECK(co_await out.emit(*std::move(event)));
    }
    WEFT_CO_CHECK(fed);
  }
  co_return fail(broke_off());
}

Awaitable<Result<model::Output>> read_lines(net::ClientResponse& response, hub::Emitter& out) {
  std::string held;
  bool more = true;
  while (more) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    more = !piece.empty();
    held += piece;
    if (!more && held.find_first_not_of(" \r\t") != std::string::npos) {
      // The last line needs no end; but a cut one is no JSON.
      if (!json::parse(held, kStreamEventBytesMax)) co_return fail(broke_off());
      held += '\n';
    }
    std::size_t at = 0;
    for (auto end = held.find('\n'); end != std::string::npos; end = held.find('\n', at)) {
      const std::string line = held.substr(at, end - at);
      at = end + 1;
      if (line.find_first_not_of(" \r\t") == std::string::npos) continue;
      if (!wire::is_utf8(line))
        co_return fail(Reason::upstream_protocol, "a line of the stream is not UTF-8");
      model::Event delta = text_delta(stream_text(line));
      WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
    }
    held.erase(0, at);
    if (held.size() > kStreamEventBytesMax) {
      co_return fail(
          Reason::upstream_protocol,
          std::format("a line of the stream is longer than {} bytes", kStreamEventBytesMax));
    }
  }
  co_return model::Output{};
}

Awaitable<std::string> read_piece(net::ClientResponse& response) {
  std::string body;
  while (body.size() < kErrorBodyBytesMax) {
    auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    body += piece->substr(0, kErrorBodyBytesMax - body.size());
  }
  co_return body;
}

/// What another weft tells in headers, since the form of its answer may have no place for it.
struct Beside {
  std::vector<model::Loss> losses;
  std::optional<model::Usage> usage;
};

Beside beside_of(const wire::Headers& headers) {
  return {read_losses(headers.get(kLossHeader)), read_usage(headers.get(kUsageHeader))};
}

Result<model::Output> read_own(std::string_view form, int status, std::string_view type,
                               std::string_view body) {
  if (form != "parts") return decode_answer(status, type, body);
  WEFT_TRY(const json::value document, json::parse(body, kAnswerBytesMax));
  return read_output(document, form);
}

std::string state_word(const json::object& o) {
  for (const std::string_view key : {"status", "state"}) {
    const auto word = json::string_at(o, key);
    if (word.empty()) continue;
    std::string lower(word);
    for (char& c : lower) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
  }
  return {};
}

/// The job's own progress, where it tells one.
model::State state_of(std::string_view body) {
  model::State state;
  const auto parsed = json::parse(body);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  const auto done = o ? json::number_at(*o, "progress") : std::nullopt;
  if (done)
    state.progress = model::Progress{.done = *done, .total = *done > 1 ? 100.0 : 1.0, .text = {}};
  return state;
}

}  // namespace

std::string stream_text(std::string_view data) {
  const auto parsed = json::parse(data, kStreamEventBytesMax);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  for (const std::string_view key : {"delta", "text", "content"}) {
    const auto* text = o ? json::find(*o, key) : nullptr;
    if (text && text->is_string()) return std::string(text->get_string());
  }
  return std::string(data) + "\n";
}

bool is_job(const wire::ResponseHead& head) {
  return head.status == 202 && head.headers.has("Location");
}

Milliseconds wait_of(const wire::ResponseHead& head, Milliseconds otherwise) {
  const auto asked = retry_after_of(head.headers);
  return asked ? std::min<Milliseconds>(*asked, kPollWaitMax) : otherwise;
}

JobState job_state(int status, std::string_view body) {
  static constexpr std::array<std::string_view, 13> kRunning{
      "queued",  "pending",  "running",   "in_progress", "in-progress", "inprogress", "processing",
      "started", "accepted", "submitted", "working",     "scheduled",   "waiting"};
  static constexpr std::array<std::string_view, 6> kFailed{"failed",    "error",    "failure",
                                                           "cancelled", "canceled", "rejected"};
  if (status == 202) return JobState::running;
  const auto parsed = json::parse(body);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (!o) return JobState::done;
  const std::string word = state_word(*o);
  if (std::ranges::find(kRunning, word) != kRunning.end()) return JobState::running;
  return std::ranges::find(kFailed, word) != kFailed.end() ? JobState::failed : JobState::done;
}

Awaitable<Result<model::Output>> read_answer(net::ClientResponse& response, hub::Emitter& out) {
  const auto& head = response.head();
  if (head.status / 100 != 2) {
    const std::string body = co_await read_piece(response);
    co_return fail(decode_failure(head.status, head.headers, body));
  }
  const std::string form(head.headers.get(kFormHeader));
  if (is_type(head, "text/event-stream")) {
    if (form == "events") co_return co_await read_own_events(response, out);
    co_return co_await read_events(response, out);
  }
  if (is_lines(head)) co_return co_await read_lines(response, out);
  const int status = head.status;
  const std::string type(head.headers.get("Content-Type"));
  const Beside beside = form.empty() ? Beside() : beside_of(head.headers);
  std::string held;
  std::string_view body;
  if (const auto at_hand = response.body_at_hand()) {
    body = *at_hand;
  } else {
    WEFT_CO_TRY(held, co_await response.read_all(kAnswerBytesMax));
    body = held;
  }
  if (form.empty()) co_return decode_answer(status, type, body);
  WEFT_CO_TRY(model::Output output, read_own(form, status, type, body));
  if (!output.usage) output.usage = beside.usage;
  for (const model::Loss& loss : beside.losses) out.lose(loss);
  co_return output;
}

Awaitable<Result<model::Output>> poll_job(Url location, Milliseconds first, hub::Emitter& out,
                                          Get get) {
  Milliseconds wait = first;
  Milliseconds pace = kPollFirst;
  for (int i = 0; i < kPollsMax; ++i) {
    const bool slept = co_await sleep_for(wait, out.cancelled());
    if (!slept) co_return fail(out.cancelled().why());
    WEFT_CO_TRY(auto response, co_await get(location));
    const auto& head = response->head();
    if (head.status / 100 != 2) co_return co_await read_answer(*response, out);
    pace = std::min(pace * 3 / 2, kPollLongest);
    wait = wait_of(head, pace);
    const int status = head.status;
    const std::string type(head.headers.get("Content-Type"));
    WEFT_CO_TRY(const std::string body, co_await response->read_all(kAnswerBytesMax));
    const JobState state = job_state(status, body);
    if (state == JobState::done) co_return decode_answer(status, type, body);
    if (state == JobState::failed) {
      wire::Headers none;
      Error error = decode_failure(500, none, body);
      error.message = "the job failed: " + error.message;
      co_return fail(std::move(error));
    }
    model::Event news{state_of(body)};
    WEFT_CO_CHECK(co_await out.emit(std::move(news)));
  }
  co_return fail(Reason::deadline, std::format("the job was not over after {} looks", kPollsMax));
}

}  // namespace weft::adapters::openapi

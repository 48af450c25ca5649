// A solution's answer of any bytes and any kind: it tells the same however it is cut, and what it
// tells can be told on. The first bytes choose the status, the kind, the form and the cut.
#include "weft/adapters/openapi/answers.h"

#include <algorithm>
#include <array>

#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_reader.h"
#include "weft/base/testing/run.h"
#include "weft/model/fold.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openapi {
namespace {

constexpr std::array kStatuses{200, 202, 204, 400, 401, 403, 404, 413, 429, 500, 503};
constexpr std::array<std::string_view, 7> kTypes{"application/json",
                                                 "text/plain; charset=utf-8",
                                                 "application/problem+json",
                                                 "image/png",
                                                 "application/x-ndjson",
                                                 "text/event-stream",
                                                 ""};
constexpr std::array<std::string_view, 4> kForms{"", "data", "parts", "events"};

template <std::size_t N, class T>
const T& chosen(const std::array<T, N>& from, char by) {
  return from[static_cast<unsigned char>(by) % N];
}

/// A response that comes in pieces.
class Pieces final : public net::ClientResponse {
 public:
  Pieces(wire::ResponseHead head, std::string_view body, std::size_t piece)
      : head_(std::move(head)), body_(body), piece_(piece) {}

  const wire::ResponseHead& head() const override { return head_; }
  Awaitable<Result<std::string_view>> read_some() override {
    const std::string_view piece = body_.substr(0, piece_);
    body_.remove_prefix(piece.size());
    co_return piece;
  }
  Awaitable<Result<std::string>> read_all(std::size_t bytes_max) override {
    if (body_.size() > bytes_max) co_return fail(Reason::too_large, "the body is too long");
    co_return std::string(std::exchange(body_, {}));
  }

 private:
  wire::ResponseHead head_;
  std::string_view body_;
  std::size_t piece_;
};

/// Keeps what is emitted.
class Kept final : public hub::Emitter {
 public:
  Awaitable<Result<void>> emit(model::Event event) override {
    events.push_back(std::move(event));
    co_return Result<void>();
  }
  Awaitable<Result<model::Answers>> ask(model::Ask) override {
    co_return fail(Reason::unsupported, "nobody is there to answer");
  }
  CancelToken cancelled() const override { return {}; }
  SteadyTime deadline() const override { return SteadyTime::max(); }
  Executor executor() const override { return loop_.get_executor(); }
  void lose(model::Loss) override {}

  std::vector<model::Event> events;

 private:
  mutable boost::asio::io_context loop_;
};

/// What a response told: its events, the last of them an End.
std::vector<model::Event> told(const wire::ResponseHead& head, std::string_view body,
                               std::size_t piece) {
  Pieces response(head, body, piece);
  Kept kept;
  auto outcome = weft::testing::run(read_answer(response, kept));
  for (const model::Event& event : kept.events) WEFT_ASSERT(!event.is_end());
  kept.events.push_back({model::End{std::move(outcome), {}}});
  return std::move(kept.events);
}

/// The door writes it as JSON, which is UTF-8.
void require_tellable(const RestEvent& event) {
  WEFT_ASSERT(wire::is_utf8(json::write(event.data)));
}

void fuzz_told(const std::vector<model::Event>& events) {
  for (const model::Shape shape : {model::Shape::converse, model::Shape::invoke}) {
    model::Fold fold(kAnswerBytesMax);
    for (const model::Event& event : events) {
      require_tellable(encode_event(event, shape, TaskId()));
      if (!fold.add(event)) return;
    }
    WEFT_ASSERT(fold.ended());
    require_tellable(encode_end(fold.take(), model::Output(), shape));
  }
}

void fuzz_failure(const wire::ResponseHead& head, std::string_view body) {
  const Error error = decode_failure(head.status, head.headers, body);
  WEFT_ASSERT(error.upstream_status == head.status && wire::is_utf8(error.message));
  WEFT_ASSERT(error.reason != Reason::none && error.code == code_of(error.reason));
  // A complaint about weft's own credentials is none about the caller's.
  const auto problem = json::parse(body);
  const bool asks = problem && problem->is_object() && read_question(problem->get_object());
  if ((head.status == 401 || head.status == 403) && !asks)
    WEFT_ASSERT(error.reason == Reason::unavailable || error.reason == Reason::refused);
}

void fuzz_job(const wire::ResponseHead& head, std::string_view body) {
  WEFT_ASSERT(head.status != 202 || job_state(head.status, body) == JobState::running);
  (void)job_state(200, body);
  const Milliseconds otherwise(17);
  const Milliseconds wait = wait_of(head, otherwise);
  WEFT_ASSERT(wait == otherwise || (wait.count() >= 0 && wait.count() <= 3'600'000));
  WEFT_ASSERT(is_job(head) == (head.status == 202));
  if (!wire::is_utf8(body)) return;
  const std::string text = stream_text(body);
  WEFT_ASSERT(wire::is_utf8(text) && text.size() <= body.size() + 1);
}

void fuzz(std::string_view bytes) {
  if (bytes.size() < 4) return;
  const std::string_view line = bytes.substr(4, bytes.substr(4).find('\n'));
  const std::string_view body = bytes.substr(std::min(5 + line.size(), bytes.size()));
  if (!wire::valid_header_value(line)) return;
  wire::ResponseHead head;
  head.status = chosen(kStatuses, bytes[0]);
  const std::string_view type = chosen(kTypes, bytes[1]);
  head.headers.set("Content-Type", type.empty() ? line : type);
  head.headers.set("Retry-After", line);
  head.headers.set("Location", line);
  const std::string_view form = chosen(kForms, bytes[2]);
  if (!form.empty()) head.headers.set(kFormHeader, form);
  head.headers.set(kLossHeader, line);
  head.headers.set(kUsageHeader, line);
  const auto whole = told(head, body, body.size() + 1);
  WEFT_ASSERT(told(head, body, 1 + static_cast<unsigned char>(bytes[3]) % 16) == whole);
  fuzz_told(whole);
  fuzz_failure(head, body);
  fuzz_job(head, body);
}

}  // namespace
}  // namespace weft::adapters::openapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::openapi::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

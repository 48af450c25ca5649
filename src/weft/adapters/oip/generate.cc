// POST …/generate and …/generate_stream: a text in, a text out (Triton's "Generate Extension").
#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/server.h"
#include "weft/hub/producer.h"
#include "weft/model/fold.h"

namespace weft::adapters::oip {
namespace {

struct Generating {
  Asked asked;
  std::shared_ptr<model::Call> call;
  std::vector<model::Loss> losses;
};

json::object answer_json(const Generating& generating, std::string_view text) {
  return {{"model_name", generating.asked.name},
          {"model_version", version_of(*generating.asked.ref.entry->solution)},
          {"text_output", text}};
}

/// What stands beside the words: `outputs` as an answer of infer has them, and its parameters.
void add_beside(json::object& to, const model::Output& output, std::vector<model::Loss>& losses) {
  const wire::OipResponse beside = beside_words(output, losses);
  if (!beside.parameters.empty()) to["parameters"] = beside.parameters;
  if (beside.outputs.empty()) return;
  const wire::OipRequest nothing;
  auto written = json::parse(wire::write_oip(beside, nothing).body);
  if (written) to["outputs"] = written->as_object()["outputs"];
}

/// What ends a request instead of an answer.
struct Told {
  json::object body;
  int status = 0;
};

Told told(const Error& error) { return {.body = error_json(error), .status = oip_status(error)}; }

Awaitable<Told> park(Generating& generating, std::unique_ptr<hub::EventStream> stream,
                     model::Ask ask) {
  json::object meta{{"door", "oip"}};
  const model::Ask question = ask;
  auto view = co_await generating.asked.environment.hub.tasks().park(
      generating.call, std::move(stream), std::move(ask), std::move(meta));
  if (!view) co_return told(view.error());
  co_return Told{.body = question_json(question, view->id.str()), .status = kQuestionStatus};
}

void respond(const Generating& generating, Told told) {
  const json::value body(std::move(told.body));
  (void)respond_json(generating.asked.request.exchange, told.status, body, {});
}

Awaitable<> respond_unary(Generating generating, std::unique_ptr<hub::EventStream> stream) {
  net::Exchange& exchange = generating.asked.request.exchange;
  auto folded =
      co_await hub::fold_stream(*stream, kOutputBytesMax, generating.call->solution.str());
  if (folded.ask) {
    Told question = co_await park(generating, std::move(stream), *std::move(folded.ask));
    respond(generating, std::move(question));
    co_return;
  }
  if (!folded.end.outcome) co_return respond_error(exchange, folded.end.outcome.error());
  json::object body = answer_json(generating, words_of(*folded.end.outcome));
  std::vector<model::Loss> losses = std::move(generating.losses);
  add_losses(losses, std::move(folded.end.losses));
  std::vector<model::Loss> own;
  add_beside(body, *folded.end.outcome, own);
  add_losses(losses, std::move(own));
  const json::value answer(std::move(body));
  (void)respond_json(exchange, 200, answer, {}, losses);
}

/// A streamed answer. Its head goes out with the first event, so that what fails at once fails with
/// a status.
class Streaming {
 public:
  Streaming(Generating generating, std::unique_ptr<hub::EventStream> stream)
      : generating_(std::move(generating)),
        stream_(std::move(stream)),
        fold_(kOutputBytesMax, generating_.call->solution.str()) {}

  Awaitable<> run() {
    while (!fold_.ended()) {
      model::Event event = co_await stream_->next();
      if (auto* ask = std::get_if<model::Ask>(&event.body)) {
        Told question = co_await park(generating_, std::move(stream_), std::move(*ask));
        co_await fail(std::move(question));
        co_return;
      }
      const auto* delta = std::get_if<model::Delta>(&event.body);
      const std::string text = delta != nullptr ? words_.add(*delta) : std::string();
      auto added = fold_.add(std::move(event));
      if (!added) {
        stream_->cancel(added.error());
        co_await fail(told(added.error()));
        co_return;
      }
      if (text.empty()) continue;
      json::object piece = answer_json(generating_, text);
      auto sent = co_await send(std::move(piece));
      if (!sent) co_return;
    }
    co_await finish(fold_.take());
  }

 private:
  Awaitable<Result<void>> send(json::object object) {
    if (!sse_) {
      wire::Headers headers;
      if (!generating_.losses.empty()) headers.set("Weft-Loss", model::summary(generating_.losses));
      WEFT_CO_CHECK(co_await start_sse(generating_.asked.request.exchange, std::move(headers)));
      sse_.emplace(generating_.asked.request.exchange, kStreamKeepAlive);
    }
    const std::string data = json::write(object);
    co_return co_await sse_->event("", data, "");
  }

  Awaitable<> finish(model::End end) {
    if (!end.outcome) {
      if (!sse_) co_return respond_error(generating_.asked.request.exchange, end.outcome.error());
      co_await fail(told(end.outcome.error()));
      co_return;
    }
    json::object last = answer_json(generating_, words_.left(*end.outcome));
    std::vector<model::Loss> losses = std::move(end.losses);
    std::vector<model::Loss> own;
    add_beside(last, *end.outcome, own);
    add_losses(losses, std::move(own));
    if (!losses.empty()) last["losses"] = model::to_json(losses);
    last["final"] = true;
    auto sent = co_await send(std::move(last));
    if (sent) (void)co_await sse_->finish();
  }

  Awaitable<> fail(Told what) {
    if (!sse_) co_return respond(generating_, std::move(what));
    auto sent = co_await send(std::move(what.body));
    if (sent) (void)co_await sse_->finish();
  }

  Generating generating_;
  std::unique_ptr<hub::EventStream> stream_;
  model::Fold fold_;
  std::optional<SseWriter> sse_;
  WordStream words_;
};

/// `text_input` and what else the body says: settings, `system`, `messages`.
Result<Generating> read(Asked asked, std::string_view body) {
  WEFT_TRY(json::object o, json::parse_object(body, "the body"));
  const json::value* text = json::find(o, kTextInput);
  if ((text == nullptr || !text->is_string()) && !o.contains(kMessages))
    return fail(Reason::invalid_argument, "`text_input` must be a text");
  Generating out{.asked = std::move(asked), .call = nullptr, .losses = {}};
  out.call =
      std::make_shared<model::Call>(begin_call(out.asked.environment.hub, out.asked.request));
  model::Call& call = *out.call;
  call.solution = out.asked.ref.entry->solution->id;
  call.skill = out.asked.ref.skill->id;
  json::object settings;
  if (const json::object* given = json::object_at(o, kParameters)) settings = *given;
  json::object args;
  if (text != nullptr) args["message"] = *text;
  for (const auto& [key, value] : o) {
    const std::string_view name = key;
    if (name == kSystem || name == kMessages) {
      args[name] = value;
    } else if (name != kTextInput && name != kParameters) {
      settings.emplace(name, value);
    }
  }
  if (const json::value* model = json::find(settings, "model")) args["model"] = *model;
  settings.erase("model");
  read_settings(settings, call.gen, out.losses);
  if (out.asked.ref.skill->shape == model::Shape::converse) {
    call.args = std::move(args);
    return out;
  }
  // Arguments are found in the text, as a chat's are.
  model::Turn turn;
  turn.role = model::Role::user;
  if (text != nullptr) turn.parts.push_back(model::Part::text(std::string(text->get_string())));
  call.turns.push_back(std::move(turn));
  return out;
}

}  // namespace

Awaitable<> serve_generate(Asked asked, bool stream) {
  net::Exchange& exchange = asked.request.exchange;
  if (asked.deployed != nullptr || asked.ref.skill->shape == model::Shape::predict) {
    co_return respond_error(
        exchange,
        make_error(
            Reason::unsupported,
            std::format("`{}` is a model of tensors, not of texts: POST its /infer", asked.name)));
  }
  const auto body = co_await read_request_body(exchange);
  if (!body) co_return respond_error(exchange, body.error());
  auto generating = read(std::move(asked), *body);
  if (!generating) co_return respond_error(exchange, generating.error());
  hub::Hub& hub = generating->asked.environment.hub;
  generating->call->reply = stream ? model::Reply::stream : model::Reply::unary;
  const auto context = hub.context(exchange.executor(), exchange.gone(), *generating->call);
  auto events = hub.call(generating->call, context);
  if (stream) {
    Streaming streaming(*std::move(generating), std::move(events));
    co_await streaming.run();
  } else {
    co_await respond_unary(*std::move(generating), std::move(events));
  }
}

}  // namespace weft::adapters::oip

// POST …/infer of solutions that are no models of tensors: through the model and back.
#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/server.h"
#include "weft/base/task_group.h"
#include "weft/hub/producer.h"

namespace weft::adapters::oip {
namespace {

/// One request on its way.
struct Translation {
  Asked asked;
  wire::OipRequest request;
  ModelView view;
  AskedCalls calls;
};

std::shared_ptr<model::Call> call_of(const Translation& translation, std::size_t index) {
  const Asked& asked = translation.asked;
  auto out = std::make_shared<model::Call>(begin_call(asked.environment.hub, asked.request));
  out->solution = asked.ref.entry->solution->id;
  out->skill = asked.ref.skill->id;
  out->args = translation.calls.args[index];
  out->gen = translation.calls.gen;
  return out;
}

/// Ends the request with the words of a question, and keeps its call for whoever answers it.
Awaitable<> respond_question(const Asked& asked, std::shared_ptr<const model::Call> call,
                             std::unique_ptr<hub::EventStream> stream, model::Ask ask) {
  json::object meta{{"door", "oip"}};
  const model::Ask question = ask;
  auto view = co_await asked.environment.hub.tasks().park(std::move(call), std::move(stream),
                                                          std::move(ask), std::move(meta));
  if (!view) co_return respond_error(asked.request.exchange, view.error());
  const json::value body(question_json(question, view->id.str()));
  (void)respond_json(asked.request.exchange, kQuestionStatus, body, {});
}

/// Drops what was not asked for; an output that there is none of is an error.
Result<void> select(const wire::OipRequest& request, wire::OipResponse& response) {
  if (request.outputs.empty()) return {};
  std::vector<wire::OipTensor> wanted;
  for (const wire::OipOutput& output : request.outputs) {
    const auto at = std::ranges::find(response.outputs, output.name, &wire::OipTensor::name);
    if (at == response.outputs.end()) {
      return fail(Reason::invalid_argument,
                  std::format("the answer has no output `{}`", output.name));
    }
    wanted.push_back(*at);
  }
  response.outputs = std::move(wanted);
  return {};
}

void respond_outputs(const Translation& translation, const std::vector<model::Output>& outputs,
                     std::vector<model::Loss> losses) {
  const Asked& asked = translation.asked;
  auto response = response_of(translation.view, translation.calls, outputs, losses);
  if (response) {
    if (auto fits = select(translation.request, *response); !fits)
      response = fail(std::move(fits).error());
  }
  if (!response) return respond_error(asked.request.exchange, response.error());
  response->model = asked.name;
  response->version = version_of(*asked.ref.entry->solution);
  response->id = translation.request.id;
  respond_body(asked.request.exchange, wire::write_oip(*response, translation.request), losses);
}

Awaitable<> serve_one(Translation translation) {
  const Asked& asked = translation.asked;
  net::Exchange& exchange = asked.request.exchange;
  const auto call = call_of(translation, 0);
  const auto context = asked.environment.hub.context(exchange.executor(), exchange.gone(), *call);
  auto stream = asked.environment.hub.call(call, context);
  auto folded = co_await hub::fold_stream(*stream, kOutputBytesMax, call->solution.str());
  if (folded.ask) {
    co_await respond_question(asked, call, std::move(stream), *std::move(folded.ask));
    co_return;
  }
  if (!folded.end.outcome) co_return respond_error(exchange, folded.end.outcome.error());
  std::vector<model::Output> outputs;
  outputs.push_back(*std::move(folded.end.outcome));
  std::vector<model::Loss> losses = translation.calls.losses;
  add_losses(losses, std::move(folded.end.losses));
  respond_outputs(translation, outputs, std::move(losses));
}

/// The calls of a batch, some at a time.
struct Batch {
  Translation translation;
  std::size_t next = 0;
  std::vector<model::Output> outputs;
  std::vector<model::Loss> losses;
  std::optional<Error> failed;
};

Awaitable<> run_some(Batch& batch) {
  const Asked& asked = batch.translation.asked;
  net::Exchange& exchange = asked.request.exchange;
  while (batch.next < batch.outputs.size() && !batch.failed) {
    const std::size_t index = batch.next++;
    const auto call = call_of(batch.translation, index);
    const auto context = asked.environment.hub.context(exchange.executor(), exchange.gone(), *call);
    auto stream = asked.environment.hub.call(call, context);
    auto folded = co_await hub::fold_stream(*stream, kOutputBytesMax / batch.outputs.size(),
                                            call->solution.str());
    if (folded.ask) {
      batch.failed = make_error(
          Reason::unsupported,
          std::format("text {} of the batch makes the model ask back: send it alone", index));
    } else if (!folded.end.outcome) {
      batch.failed = folded.end.outcome.error();
    } else {
      batch.outputs[index] = *std::move(folded.end.outcome);
      add_losses(batch.losses, std::move(folded.end.losses));
    }
  }
}

Awaitable<> serve_batch(Translation translation) {
  Batch batch{.translation = std::move(translation)};
  batch.outputs.resize(batch.translation.calls.args.size());
  batch.losses = batch.translation.calls.losses;
  net::Exchange& exchange = batch.translation.asked.request.exchange;
  TaskGroup group(exchange.executor());
  const std::size_t beside = std::min(kBatchAtOnce, batch.outputs.size());
  for (std::size_t i = 0; i < beside; ++i) group.spawn(run_some(batch));
  co_await group.join();
  if (batch.failed) co_return respond_error(exchange, *batch.failed);
  respond_outputs(batch.translation, batch.outputs, std::move(batch.losses));
}

// ---- answering the question of an earlier request

/// The one text of the request's first tensor, else its arguments.
model::Answers answers_of(const model::Ask& ask, const wire::OipRequest& request) {
  std::string text;
  if (!request.inputs.empty() && request.inputs[0].type == wire::TensorType::bytes) {
    const auto texts = wire::texts_of(request.inputs[0]);
    if (texts.size() == 1) text = texts[0];
  }
  const auto parsed = json::parse(text);
  model::Answers out;
  for (const auto& [key, item] : ask.items) {
    model::Answer answer;
    answer.text = text;
    if (parsed) answer.data = *parsed;
    const json::object* o = parsed ? parsed->if_object() : nullptr;
    if (const json::value* own =
            o != nullptr && ask.items.size() > 1 ? json::find(*o, key) : nullptr)
      answer.data = *own;
    if (item.kind == model::Ask::Kind::approve) {
      const bool yes = text == "accept" || text == "yes" ||
                       (o != nullptr && json::string_at(*o, "action") == "accept");
      answer.action = yes ? model::AnswerAction::accept : model::AnswerAction::decline;
    }
    out.emplace(key, std::move(answer));
  }
  return out;
}

Awaitable<> serve_answer(Translation translation, std::string task) {
  const Asked& asked = translation.asked;
  net::Exchange& exchange = asked.request.exchange;
  hub::Tasks& tasks = asked.environment.hub.tasks();
  const model::Principal principal = asked.request.principal;
  auto view = co_await tasks.get(TaskId(task), principal);
  if (view && !view->ask) {
    view = fail(Reason::not_cancelable, std::format("the task {} asks nothing", task));
  }
  if (!view) co_return respond_error(exchange, view.error());
  auto answers = answers_of(*view->ask, translation.request);
  model::Turn said;
  said.parts.push_back(model::Part::text(answers.begin()->second.text));
  auto taken = co_await tasks.answer(TaskId(task), std::move(answers), std::move(said), principal);
  if (!taken) co_return respond_error(exchange, taken.error());
  auto settled = co_await tasks.settle(TaskId(task), principal, exchange.gone());
  if (!settled) co_return respond_error(exchange, settled.error());
  if (settled->ask) {
    const json::value body(question_json(*settled->ask, task));
    (void)respond_json(exchange, kQuestionStatus, body, {});
    co_return;
  }
  if (!settled->end || !settled->end->outcome) {
    const Error none = make_error(Reason::internal, "the call ended without an answer");
    co_return respond_error(exchange, settled->end ? settled->end->outcome.error() : none);
  }
  std::vector<model::Output> outputs;
  outputs.push_back(*settled->end->outcome);
  translation.calls.shape = {1};
  respond_outputs(translation, outputs, settled->end->losses);
}

Result<Translation> read(Asked asked, std::string_view body) {
  WEFT_TRY(const auto length, json_length_of(asked.request.exchange.head().headers));
  WEFT_TRY(wire::OipRequest request, wire::read_oip_request(body, length));
  ModelView view = view_of(asked);
  Translation out{.asked = std::move(asked),
                  .request = std::move(request),
                  .view = std::move(view),
                  .calls = {}};
  if (!json::string_at(out.request.parameters, "task_id").empty()) return out;
  WEFT_TRY(out.calls, calls_of(out.view, *out.asked.ref.skill, out.request));
  return out;
}

}  // namespace

Awaitable<> serve_translated(Asked asked) {
  net::Exchange& exchange = asked.request.exchange;
  const auto body = co_await read_request_body(exchange);
  if (!body) co_return respond_error(exchange, body.error());
  auto translation = read(std::move(asked), *body);
  if (!translation) co_return respond_error(exchange, translation.error());
  std::string task(json::string_at(translation->request.parameters, "task_id"));
  if (!task.empty()) {
    co_await serve_answer(*std::move(translation), std::move(task));
  } else if (translation->calls.args.size() > 1) {
    co_await serve_batch(*std::move(translation));
  } else {
    co_await serve_one(*std::move(translation));
  }
}

}  // namespace weft::adapters::oip

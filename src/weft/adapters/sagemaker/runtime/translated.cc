#include "weft/adapters/sagemaker/runtime/translated.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/sagemaker/limits.h"
#include "weft/adapters/sagemaker/runtime/bodies.h"
#include "weft/adapters/sagemaker/runtime/limits.h"
#include "weft/adapters/sagemaker/runtime/lines.h"
#include "weft/adapters/sagemaker/runtime/part_stream.h"
#include "weft/hub/names.h"
#include "weft/hub/producer.h"
#include "weft/model/fold.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

constexpr std::string_view kNewSession = "NEW_SESSION";

/// One call on its way.
struct Calling {
  Invoked invoked;
  std::shared_ptr<model::Call> call;
  BodyForm form = BodyForm::arguments;
  std::string new_session;
  std::vector<model::Loss> losses;
};

void respond(const Invoked& invoked, const Error& error) {
  respond_error(invoked.request.exchange, error_of(error, invoked.place, false), invoked.place,
                invoked.request_id);
}

/// The skill: InferenceComponentName or TargetModel, else the only one.
Result<hub::SkillRef> find_skill(const Invoked& invoked) {
  const InvocationHead& head = invoked.head;
  const std::string_view named = head.component.empty() ? head.model : head.component;
  const auto snapshot = invoked.environment.hub.registry().snapshot();
  const hub::Audience audience{invoked.environment.hub.keys(), invoked.request.principal};
  const std::string& solution = invoked.entry->solution->id.str();
  WEFT_TRY(auto found, hub::find_skill(*snapshot, solution, named, &audience));
  // What is wrong with the body would tell of the skill.
  if (!audience.may_know(solution))
    return fail(hub::may_not_call(invoked.request.principal, solution));
  return found;
}

wire::Headers headers_of(const Calling& calling) {
  wire::Headers out;
  out.add("x-amzn-RequestId", calling.invoked.request_id);
  out.add("x-Amzn-Invoked-Production-Variant",
          calling.call->skill.str().size() <= kNameCharsMax &&
                  wire::valid_header_value(calling.call->skill.str())
              ? calling.call->skill.str()
              : "primary");
  if (!calling.new_session.empty()) out.add("X-Amzn-SageMaker-New-Session-Id", calling.new_session);
  return out;
}

std::string usage_text(const model::Usage& usage) {
  return std::format("input={}, output={}", usage.input, usage.output);
}

/// A question ends the request; its call waits for a request with the session that the error names.
Error question_error(const model::Ask& ask, const std::string& session) {
  std::string message;
  for (const auto& [key, item] : ask.items) {
    if (!message.empty()) message += '\n';
    message += item.message;
  }
  Error out = make_error(
      Reason::refused,
      std::format("{} (answer it in the body of a request with SessionId `{}`)", message, session));
  out.upstream_status = 409;
  return out;
}

Awaitable<Error> park(Calling& calling, std::unique_ptr<hub::EventStream> stream, model::Ask ask) {
  json::object meta{{"door", "sagemaker"}};
  const model::Ask asked = ask;
  auto view = co_await calling.invoked.environment.hub.tasks().park(
      calling.call, std::move(stream), std::move(ask), std::move(meta));
  if (!view) co_return view.error();
  co_return question_error(asked, view->id.str());
}

void respond_output(Calling& calling, const model::End& end) {
  if (!end.outcome) return respond(calling.invoked, end.outcome.error());
  const model::Output& output = *end.outcome;
  auto body = write_body(output, calling.form, calling.invoked.head.accept);
  if (!body) return respond(calling.invoked, body.error());
  std::vector<model::Loss> losses = std::move(calling.losses);
  add_losses(losses, end.losses);
  add_losses(losses, std::move(body->losses));
  wire::ResponseHead head;
  head.headers = headers_of(calling);
  const bool fits = wire::valid_header_value(body->type);
  head.headers.add("Content-Type",
                   fits ? std::string_view(body->type) : "application/octet-stream");
  if (output.usage)
    head.headers.add("X-Amzn-SageMaker-Custom-Attributes", usage_text(*output.usage));
  if (!losses.empty()) head.headers.set("Weft-Loss", model::summary(losses));
  (void)calling.invoked.request.exchange.respond(std::move(head), body->body);
}

Awaitable<> respond_unary(Calling calling, std::unique_ptr<hub::EventStream> stream) {
  auto folded = co_await hub::fold_stream(*stream, kAnswerBytesMax, calling.call->solution.str());
  if (folded.ask) {
    const Error error = co_await park(calling, std::move(stream), *std::move(folded.ask));
    respond(calling.invoked, error);
    co_return;
  }
  respond_output(calling, folded.end);
}

/// Says in the stream, or in place of it, that it failed.
Awaitable<> fail_stream(const Calling& calling, PartStream& parts, Error error) {
  if (!parts.started()) {
    respond(calling.invoked, error);
    co_return;
  }
  const RuntimeError told = error_of(error, calling.invoked.place, false);
  co_await parts.fail(told);
}

Awaitable<> respond_stream(Calling calling, std::unique_ptr<hub::EventStream> stream) {
  LineWriter lines(calling.form, calling.invoked.head.accept);
  wire::Headers headers = headers_of(calling);
  headers.add("X-Amzn-SageMaker-Content-Type", lines.type());
  if (!calling.losses.empty()) headers.set("Weft-Loss", model::summary(calling.losses));
  PartStream parts(calling.invoked.request.exchange, std::move(headers));
  model::Fold fold(kAnswerBytesMax, calling.call->solution.str());
  while (!fold.ended()) {
    model::Event event = co_await stream->next();
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      Error error = co_await park(calling, std::move(stream), std::move(*ask));
      co_await fail_stream(calling, parts, std::move(error));
      co_return;
    }
    std::string text;
    lines.add(text, event);
    auto added = fold.add(std::move(event));
    if (!added) {
      stream->cancel(added.error());
      co_await fail_stream(calling, parts, std::move(added).error());
      co_return;
    }
    auto sent = co_await parts.send(std::move(text));
    if (!sent) co_return;
  }
  model::End end = fold.take();
  if (!end.outcome) {
    co_await fail_stream(calling, parts, end.outcome.error());
    co_return;
  }
  std::string text;
  lines.end(text, *end.outcome, std::move(end.losses));
  auto sent = co_await parts.send(std::move(text));
  if (sent) (void)co_await parts.finish();
}

Result<Calling> make_call(Invoked invoked, const hub::SkillRef& ref, std::string_view body) {
  WEFT_TRY(AskedBody asked, read_body(*ref.skill, invoked.head.type, body));
  Calling out{.invoked = std::move(invoked)};
  out.form = asked.form;
  out.losses = std::move(asked.losses);
  out.call =
      std::make_shared<model::Call>(begin_call(out.invoked.environment.hub, out.invoked.request));
  model::Call& call = *out.call;
  call.solution = ref.entry->solution->id;
  call.skill = ref.skill->id;
  call.args = std::move(asked.args);
  call.turns = std::move(asked.turns);
  call.gen = std::move(asked.gen);
  call.reply = out.invoked.stream ? model::Reply::stream : model::Reply::unary;
  const std::string_view session = out.invoked.head.session;
  if (session == kNewSession) {
    out.new_session = make_ulid(out.invoked.environment.hub.clock().unix_ms(),
                                out.invoked.environment.hub.random());
    call.context = ContextId(out.new_session);
  } else {
    call.context = ContextId(std::string(session));
  }
  return out;
}

// ---- answering the question of an earlier request

/// The body as the answer to all questions, or to the one of its key.
model::Answers answers_of(const model::Ask& ask, std::string_view body) {
  const auto parsed = json::parse(body);
  model::Answers out;
  for (const auto& [key, item] : ask.items) {
    model::Answer answer;
    const json::object* o = parsed ? parsed->if_object() : nullptr;
    const json::value* own = o != nullptr && ask.items.size() > 1 ? json::find(*o, key) : nullptr;
    if (own != nullptr) {
      answer.data = *own;
    } else if (parsed) {
      answer.data = *parsed;
    }
    const bool words = parsed && parsed->is_string();
    answer.text = words ? std::string(parsed->get_string()) : std::string(body);
    if (item.kind == model::Ask::Kind::approve) {
      const bool yes = answer.text == "accept" || answer.text == "yes" ||
                       (o != nullptr && json::string_at(*o, "action") == "accept");
      answer.action = yes ? model::AnswerAction::accept : model::AnswerAction::decline;
    }
    out.emplace(key, std::move(answer));
  }
  return out;
}

Awaitable<> answer_question(Invoked invoked, hub::TaskView view, std::string body) {
  hub::Tasks& tasks = invoked.environment.hub.tasks();
  const model::Principal principal = invoked.request.principal;
  model::Turn said;
  said.parts.push_back(model::Part::text(body));
  auto answers = answers_of(*view.ask, body);
  auto taken = co_await tasks.answer(view.id, std::move(answers), std::move(said), principal);
  if (!taken) {
    respond(invoked, taken.error());
    co_return;
  }
  auto settled = co_await tasks.settle(view.id, principal, invoked.request.exchange.gone());
  if (!settled) {
    respond(invoked, settled.error());
  } else if (settled->ask) {
    respond(invoked, question_error(*settled->ask, view.id.str()));
  } else {
    Calling calling{.invoked = std::move(invoked)};
    calling.call = std::make_shared<model::Call>();
    calling.call->skill = view.skill;
    const model::End none{fail(Reason::internal, "the call ended without an answer"), {}};
    respond_output(calling, settled->end ? *settled->end : none);
  }
}

/// The call that waits for this session's answer, when there is one.
Awaitable<std::optional<hub::TaskView>> waiting_call(const Invoked& invoked) {
  const std::string session(invoked.head.session);
  if (session.empty() || session == kNewSession) co_return std::nullopt;
  auto view =
      co_await invoked.environment.hub.tasks().get(TaskId(session), invoked.request.principal);
  const bool waits = view && view->ask && view->solution == invoked.entry->solution->id;
  if (!waits) co_return std::nullopt;
  co_return *std::move(view);
}

}  // namespace

Awaitable<> invoke_solution(Invoked invoked) {
  auto ref = find_skill(invoked);
  if (!ref) {
    respond(invoked, ref.error());
    co_return;
  }
  net::Exchange& exchange = invoked.request.exchange;
  auto body = co_await exchange.read_body(kInvocationBytesMax);
  if (!body) {
    respond_error(exchange, error_of_request(body.error(), invoked.place), invoked.place,
                  invoked.request_id);
    co_return;
  }
  auto waiting = co_await waiting_call(invoked);
  if (waiting) {
    co_await answer_question(std::move(invoked), *std::move(waiting), *std::move(body));
    co_return;
  }
  const Invoked for_errors = invoked;
  auto calling = make_call(std::move(invoked), *ref, *body);
  if (!calling) {
    respond(for_errors, calling.error());
    co_return;
  }
  hub::Hub& hub = for_errors.environment.hub;
  const auto context = hub.context(exchange.executor(), exchange.gone(), *calling->call);
  auto stream = hub.call(calling->call, context);
  if (calling->invoked.stream) {
    co_await respond_stream(*std::move(calling), std::move(stream));
  } else {
    co_await respond_unary(*std::move(calling), std::move(stream));
  }
}

}  // namespace weft::adapters::sagemaker::runtime

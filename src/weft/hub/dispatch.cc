#include "weft/hub/dispatch.h"

#include <format>

#include "weft/hub/limits.h"
#include "weft/hub/shaping.h"

namespace weft::hub {
namespace {

using model::Shape;

constexpr const char* kEmptyQuestion = "it asked a question without content";

bool is_nothing(const std::optional<json::value>& args) { return !args || args->is_null(); }

std::string last_text(const model::Call& call) {
  return call.turns.empty() ? std::string() : model::joined_text(call.turns.back().parts, false);
}

/// Arguments become a conversation; a conversation stays what it is.
Result<void> shape_converse(Dispatch& dispatch) {
  if (!dispatch.call->turns.empty()) return {};
  model::Call& call = dispatch.own_call();
  if (is_nothing(call.args))
    return fail(make_argument_error("/message", "/message: required: what to say"));
  auto turns = turns_from_args(*call.args);
  if (turns) {
    call.turns = *std::move(turns);
  } else if (dispatch.skill->input_schema) {
    // A form of the skill's own: said as it is.
    call.turns.push_back(model::Turn{"", model::Role::user, "", {model::Part::data(*call.args)}});
  } else {
    return fail(std::move(turns).error());
  }
  // A form of the skill's own may mean other things by these names.
  if (!dispatch.skill->input_schema) WEFT_CHECK(steer_from_args(call));
  if (call.context.empty() && call.args->is_object()) {
    call.context = ContextId(std::string(json::string_at(call.args->get_object(), "context_id")));
  }
  return {};
}

void shape_embed(Dispatch& dispatch) {
  const model::Call& call = *dispatch.call;
  if (!is_nothing(call.args) || call.turns.empty()) return;
  json::object args;
  args["input"] = last_text(call);
  dispatch.own_call().args = std::move(args);
}

/// The answer to a form becomes the arguments.
Awaitable<Result<void>> ask_arguments(std::shared_ptr<Dispatch> dispatch, model::Ask ask,
                                      Emitter& out) {
  WEFT_CO_TRY(auto answers, co_await out.ask(std::move(ask)));
  model::Answer& answer = answers.begin()->second;
  if (answer.action != model::AnswerAction::accept) {
    co_return fail(Reason::refused,
                   std::format("the fields that `{}/{}` needs were not given",
                               dispatch->entry->solution->id.str(), dispatch->skill->id.str()));
  }
  dispatch->own_call().args = std::move(answer.data);
  co_return Result<void>();
}

Awaitable<Result<void>> shape_invoke(std::shared_ptr<Dispatch> dispatch, const Schema* schema,
                                     Emitter& out) {
  if (!is_nothing(dispatch->call->args) || !dispatch->call->tensors.empty())
    co_return Result<void>();
  model::Call& call = dispatch->own_call();
  if (call.turns.empty()) {
    call.args = json::object();
    co_return Result<void>();
  }
  auto shaped = args_from_turns(*dispatch->skill, schema, call);
  if (call.turns.size() > 1) {
    out.lose({"/turns", "conversation", "arguments", model::LossKind::approximated,
              "the last turn alone was read"});
  }
  if (shaped.ask) {
    auto asked = co_await ask_arguments(dispatch, *std::move(shaped.ask), out);
    co_return asked;
  }
  call.args = std::move(shaped.args);
  co_return Result<void>();
}

Awaitable<Result<void>> shape(std::shared_ptr<Dispatch> dispatch, Emitter& out) {
  WEFT_CO_TRY(const Schema* schema, dispatch->entry->input_schema(*dispatch->skill));
  switch (dispatch->skill->shape) {
    case Shape::converse: {
      WEFT_CO_CHECK(shape_converse(*dispatch));
      break;
    }
    case Shape::embed: shape_embed(*dispatch); break;
    default: {
      auto shaped = co_await shape_invoke(dispatch, schema, out);
      if (!shaped) co_return shaped;
    }
  }
  co_return check_arguments(*dispatch);
}

/// Hands on what a service's body says, and notes how far its call has come.
class DispatchEmitter final : public Emitter {
 public:
  DispatchEmitter(Dispatch& dispatch, Emitter& out) : dispatch_(dispatch), out_(out) {}

  Awaitable<Result<void>> emit(model::Event event) override {
    if (const auto* accepted = std::get_if<model::Accepted>(&event.body))
      dispatch_.accepted = *accepted;
    return out_.emit(std::move(event));
  }
  Awaitable<Result<model::Answers>> ask(model::Ask ask) override {
    if (ask.items.empty()) return refuse_empty();
    return out_.ask(std::move(ask));
  }
  CancelToken cancelled() const override { return out_.cancelled(); }
  SteadyTime deadline() const override { return out_.deadline(); }
  Executor executor() const override { return out_.executor(); }
  void lose(model::Loss loss) override { out_.lose(std::move(loss)); }

 private:
  static Awaitable<Result<model::Answers>> refuse_empty() {
    co_return fail(Reason::upstream_protocol, kEmptyQuestion);
  }

  Dispatch& dispatch_;
  Emitter& out_;
};

/// The question of a solution, asked until the solution takes the answer.
Awaitable<Result<void>> relay_ask(std::shared_ptr<EventStream> stream, model::Ask ask,
                                  Emitter& out) {
  for (int round = 0; round < kAskAgainMax; ++round) {
    auto question = ask;
    WEFT_CO_TRY(auto answers, co_await out.ask(std::move(question)));
    const auto taken = stream->answer(std::move(answers));
    if (taken) co_return Result<void>();
    auto& first = ask.items.begin()->second;
    first.message = std::format("{}\n{}", taken.error().message, first.message);
  }
  co_return fail(Reason::refused, "the question was answered wrongly too often");
}

}  // namespace

Result<void> check_arguments(const Dispatch& dispatch) {
  WEFT_TRY(const Schema* schema, dispatch.entry->input_schema(*dispatch.skill));
  if (!schema || !dispatch.call->args) return {};
  const auto fault = schema->check(*dispatch.call->args);
  if (!fault) return {};
  const std::string where = fault->path.empty() ? "the arguments" : fault->path;
  return fail(make_argument_error(fault->path, std::format("{}: {}", where, fault->message)));
}

Awaitable<Result<model::Output>> relay(std::shared_ptr<EventStream> stream,
                                       std::shared_ptr<Dispatch> dispatch, Emitter& out) {
  const auto registration =
      out.cancelled().on_cancel([stream, token = out.cancelled()] { stream->cancel(token.why()); });
  // One that goes on after it was told to stop is left.
  for (int ignored = 0; ignored < kEventsAfterCancelMax;) {
    model::Event event = co_await stream->next();
    if (auto* end = std::get_if<model::End>(&event.body)) {
      for (auto& loss : end->losses) out.lose(std::move(loss));
      co_return std::move(end->outcome);
    }
    if (out.cancelled().cancelled()) {
      ++ignored;
      continue;
    }
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      if (ask->items.empty()) {
        co_return fail(Reason::upstream_protocol, kEmptyQuestion);
      }
      WEFT_CO_CHECK(co_await relay_ask(stream, std::move(*ask), out));
      continue;
    }
    if (const auto* accepted = std::get_if<model::Accepted>(&event.body))
      dispatch->accepted = *accepted;
    // What fails here was cancelled; the solution's End is still waited for, so that it is let go
    // of.
    (void)co_await out.emit(std::move(event));
  }
  co_return fail(out.cancelled().why());
}

namespace {

/// While the body of a dispatch runs, however it ends.
class Running {
 public:
  explicit Running(std::shared_ptr<Dispatch> dispatch) : dispatch_(std::move(dispatch)) {
    dispatch_->running = true;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    dispatch_->running = false;
    dispatch_->count_out();
  }

 private:
  std::shared_ptr<Dispatch> dispatch_;
};

}  // namespace

Awaitable<Result<model::Output>> run_dispatch(std::shared_ptr<Dispatch> dispatch, Emitter& out) {
  const Running running(dispatch);
  std::shared_ptr<EventStream> stream = std::move(dispatch->reattached);
  if (!stream) {
    WEFT_CO_CHECK(co_await shape(dispatch, out));
    WEFT_CO_CHECK(co_await allow(dispatch, out));
    WEFT_CO_CHECK(co_await give_key(dispatch));
    if (dispatch->before_start) WEFT_CO_CHECK(co_await dispatch->before_start());
    WEFT_CO_CHECK(still_allowed(*dispatch));
    if (out.cancelled().cancelled()) co_return fail(out.cancelled().why());
    dispatch->started = true;
    auto call = std::move(dispatch->call);
    DispatchEmitter emitter(*dispatch, out);
    auto body = dispatch->entry->service->produce(call, emitter);
    if (body) co_return co_await *std::move(body);
    CallContext context{out.executor(), out.deadline(), out.cancelled(), true};
    stream = dispatch->entry->service->start(std::move(call), std::move(context));
    if (!stream) co_return fail(Reason::internal, "the service gave no stream");
  }
  auto outcome = co_await relay(stream, dispatch, out);
  co_return outcome;
}

}  // namespace weft::hub

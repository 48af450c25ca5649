#include "weft/adapters/a2a/session.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/questions.h"
#include "weft/base/log.h"

namespace weft::adapters::a2a {
namespace {

bool is_delta(const model::Event& event) {
  return std::holds_alternative<model::Delta>(event.body);
}

Manner manner_of(const model::Call& call) {
  return json::object_at(call.meta, kMetaKey) != nullptr ? Manner::faithful : Manner::plain;
}

}  // namespace

Session::Session(Parts parts, hub::Emitter& out)
    : parts_(std::move(parts)),
      out_(out),
      manner_(manner_of(*parts_.call)),
      intake_(manner_),
      conversation_(conversation_of(*parts_.call)) {
  cancelled_ = out_.cancelled().on_cancel([this] { on_cancelled(); });
}

hub::CallContext Session::context() const {
  return {out_.executor(), out_.deadline(), requests_.token()};
}

void Session::on_cancelled() {
  const Error why = out_.cancelled().why();
  if (!intake_.task_id().empty() || !parts_.peer.agent().card.streaming)
    return requests_.cancel(why);
  learn_timer_ = run_after(out_.executor(), Milliseconds(kLearnTaskMs),
                           [this, why] { requests_.cancel(why); });
}

Awaitable<Result<model::Output>> Session::run() {
  const std::string& who = parts_.call->principal.name;
  const std::string theirs = parts_.memory->contexts.find(who, conversation_);
  Outgoing outgoing = write_call(*parts_.call, *parts_.skill, !theirs.empty());
  outgoing.request.message.context_id = theirs;
  // Only the caller's own tasks can be gone on with; what is someone else's does not exist.
  if (!outgoing.task.empty()) {
    if (parts_.memory->tasks.find(who, outgoing.task).empty()) {
      co_return fail(Reason::task_not_found,
                     std::format("there is no task `{}` of yours at the agent", outgoing.task));
    }
    outgoing.request.message.task_id = outgoing.task;
  }
  for (model::Loss& loss : outgoing.losses) out_.lose(std::move(loss));
  const bool streams = parts_.peer.agent().card.streaming;
  // Without a stream the agent's task id comes only with the answer; a durable task needs it at
  // once.
  outgoing.request.return_immediately = !streams && parts_.call->reply == model::Reply::task;
  // What an answer to a question repeats: all but the parts, which it has of its own.
  std::vector<model::Part> parts = std::exchange(outgoing.request.message.parts, {});
  last_ = outgoing.request;
  outgoing.request.message.parts = std::move(parts);
  SendRequest first = std::move(outgoing.request);
  co_return co_await converse(std::move(first));
}

Awaitable<Result<model::Output>> Session::take_up(model::Accepted accepted) {
  std::string task = accepted.upstream_task;
  const hub::CallContext now = context();
  if (parts_.peer.agent().card.streaming) {
    auto answer = co_await parts_.peer.subscribe(task, now);
    if (answer) {
      auto followed = co_await follow(*std::move(answer));
      if (!followed) co_return fail(followed.error());
      co_return co_await converse_on();
    }
    log::debug("a2a: the task {} cannot be subscribed to ({}), asking for it instead", task,
               answer.error().message);
  }
  WEFT_CO_TRY(auto snapshot, co_await parts_.peer.get(task, now));
  StreamItem item(std::move(snapshot));
  WEFT_CO_CHECK(co_await take(std::move(item)));
  if (!intake_.settled()) WEFT_CO_CHECK(co_await poll());
  co_return co_await converse_on();
}

Awaitable<Result<model::Output>> Session::converse(SendRequest request) {
  const hub::CallContext now = context();
  const bool streams = parts_.peer.agent().card.streaming;
  auto answer = co_await parts_.peer.send(std::move(request), streams, now);
  if (!answer) {
    co_await let_go();
    co_return fail(answer.error());
  }
  auto followed = co_await follow(*std::move(answer));
  if (!followed) {
    co_await let_go();
    co_return fail(followed.error());
  }
  co_return co_await converse_on();
}

Awaitable<Result<model::Output>> Session::converse_on() {
  for (int round = 0; intake_.asks(); ++round) {
    if (round >= kAsksMax) {
      co_await let_go();
      co_return fail(Reason::upstream_protocol,
                     std::format("the agent asked more than {} times", kAsksMax));
    }
    auto reply = co_await ask();
    if (!reply) {
      co_await let_go();
      co_return fail(reply.error());
    }
    const hub::CallContext now = context();
    const bool streams = parts_.peer.agent().card.streaming;
    auto answer = co_await parts_.peer.send(*std::move(reply), streams, now);
    if (!answer) {
      co_await let_go();
      co_return fail(answer.error());
    }
    auto followed = co_await follow(*std::move(answer));
    if (!followed) {
      co_await let_go();
      co_return fail(followed.error());
    }
  }
  std::vector<model::Event> events;
  auto output = intake_.finish(events);
  std::vector<model::Loss> losses = intake_.take_losses();
  for (model::Loss& loss : losses) out_.lose(std::move(loss));
  // Whoever does not read along has the words in the output.
  if (!parts_.call->wants_stream()) std::erase_if(events, is_delta);
  WEFT_CO_CHECK(co_await emit_all(std::move(events)));
  co_return output;
}

Awaitable<Result<SendRequest>> Session::ask() {
  const model::Ask question = intake_.take_ask();
  model::Ask copy = question;
  WEFT_CO_TRY(const auto answers, co_await out_.ask(std::move(copy)));
  const bool cancelled = std::ranges::any_of(answers, [](const auto& entry) {
    return entry.second.action == model::AnswerAction::cancel;
  });
  if (cancelled) co_return fail(Reason::cancelled, "the question was answered with `cancel`");
  Reply reply = write_answers(question, answers);
  SendRequest request = last_;
  // An agent may take a second message of the same id for the first one, sent again.
  request.message.id =
      std::format("{}-{}-{}", parts_.call->id.str(), intake_.task_id(), ++answered_);
  request.message.parts = std::move(reply.parts);
  request.message.metadata = std::move(reply.metadata);
  request.message.task_id = intake_.task_id();
  request.message.context_id = intake_.context_id();
  request.message.role = Speaker::user;
  co_return request;
}

Awaitable<Result<void>> Session::follow(std::unique_ptr<Answer> answer) {
  intake_.expect_reply(answer->streamed());
  intake_.note_activated(answer->activated());
  while (true) {
    auto item = co_await answer->next();
    if (!item) {
      // A broken stream of a task that the agent knows is no loss: the task can be asked for.
      const bool broken =
          item.error().reason == Reason::unavailable || item.error().reason == Reason::deadline;
      if (!broken || !answer->streamed() || !intake_.open() || out_.cancelled().cancelled()) {
        co_return fail(item.error());
      }
      break;
    }
    if (!item->has_value()) break;
    StreamItem taken = std::move(**item);
    WEFT_CO_CHECK(co_await take(std::move(taken)));
    // Some agents hold the stream open after the last event.
    if (intake_.settled()) co_return Result<void>();
  }
  if (intake_.settled()) co_return Result<void>();
  if (intake_.task_id().empty()) {
    co_return fail(Reason::upstream_protocol,
                   "the agent ended its answer without a message or a task");
  }
  answer.reset();
  co_return co_await poll();
}

Awaitable<Result<void>> Session::poll() {
  std::int64_t wait_ms = kPollFirstMs;
  while (!intake_.settled()) {
    const hub::CallContext now = context();
    const bool slept = co_await sleep_for(Milliseconds(wait_ms), now.cancel);
    if (!slept) co_return fail(now.cancel.why());
    wait_ms = std::min(wait_ms * 2, kPollMostMs);
    WEFT_CO_TRY(auto task, co_await parts_.peer.get(intake_.task_id(), now));
    StreamItem item(std::move(task));
    WEFT_CO_CHECK(co_await take(std::move(item)));
  }
  co_return Result<void>();
}

Awaitable<Result<void>> Session::take(StreamItem item) {
  std::vector<model::Event> events;
  WEFT_CO_CHECK(intake_.take(std::move(item), events));
  remember();
  co_return co_await emit_all(std::move(events));
}

void Session::remember() {
  const std::string& who = parts_.call->principal.name;
  parts_.memory->contexts.remember(who, conversation_, intake_.context_id());
  parts_.memory->tasks.remember(who, intake_.task_id(), intake_.task_id());
}

Awaitable<Result<void>> Session::emit_all(std::vector<model::Event> events) {
  for (model::Event& event : events) {
    model::Event one = std::move(event);
    WEFT_CO_CHECK(co_await out_.emit(std::move(one)));
  }
  co_return Result<void>();
}

Awaitable<> Session::let_go() {
  if (!intake_.open()) co_return;
  const CancelToken token = out_.cancelled();
  // When the hub itself stops, the agent works on: the task is taken up again after the restart.
  const Reason why = token.cancelled() ? token.why().reason : Reason::cancelled;
  if (why != Reason::cancelled && why != Reason::deadline) co_return;
  const SteadyTime until = std::chrono::steady_clock::now() + Milliseconds(kCancelMs);
  hub::CallContext bounded{out_.executor(), until, CancelToken()};
  const std::string task = intake_.task_id();
  const auto told = co_await parts_.peer.cancel(task, bounded);
  if (!told)
    log::debug("a2a: the agent did not cancel the task {}: {}", task, told.error().message);
}

}  // namespace weft::adapters::a2a

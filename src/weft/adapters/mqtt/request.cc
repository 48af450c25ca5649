// A request and its replies.
#include <algorithm>
#include <chrono>
#include <format>
#include <limits>

#include "weft/adapters/mqtt/client.h"
#include "weft/adapters/mqtt/codec.h"
#include "weft/adapters/mqtt/limits.h"

namespace weft::adapters::mqtt {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

std::string seconds(Milliseconds time) {
  return time.count() % 1000 == 0 ? std::format("{} s", time.count() / 1000)
                                  : std::format("{} ms", time.count());
}

/// One call of a skill that is asked over a topic. Lives in run_request's frame.
class Session {
 public:
  Session(std::shared_ptr<Shared> shared, const SkillConfig& skill,
          std::shared_ptr<const model::Call> call, hub::Emitter& out)
      : shared_(std::move(shared)),
        skill_(skill),
        call_(std::move(call)),
        out_(out),
        mailbox_(std::make_shared<Mailbox>(out.executor())) {}
  ~Session() { shared_->replies->forget(correlation_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Awaitable<Result<model::Output>> run();

 private:
  Awaitable<Result<model::Output>> follow();
  /// The output of the last reply; nothing while there is more to come.
  Awaitable<Result<std::optional<model::Output>>> take(wire::MqttPublish message);
  Awaitable<Result<void>> ask(const Reply& reply, const wire::MqttPublish& question);
  Result<void> published(const net::MqttPublished& told);
  Result<model::Output> sent_only() const;
  Error silence() const;
  Error deafness(const Error& why) const;
  Envelope envelope(std::string topic) const;
  void publish(wire::MqttPublish message);
  void wait_from_now(Milliseconds time) { until_ = now() + time; }

  std::shared_ptr<Shared> shared_;
  const SkillConfig& skill_;
  std::shared_ptr<const model::Call> call_;
  hub::Emitter& out_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string topic_;
  std::string correlation_;
  SteadyTime until_;
  /// Whether the solution may be at it.
  bool open_ = false;
  bool replied_ = false;
  int asked_ = 0;
  /// Set when the broker was lost before it said that it has the request.
  std::optional<Error> doubt_;
};

/// What is no longer waited for is not to be done any more: the broker forgets it by then.
Envelope Session::envelope(std::string topic) const {
  const auto left = std::min<SteadyTime::duration>(out_.deadline() - now(), skill_.first_reply);
  const auto whole = std::chrono::ceil<std::chrono::seconds>(left).count();
  const auto expiry_s = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(whole, 1, std::numeric_limits<std::uint32_t>::max()));
  return {std::move(topic), correlation_, expiry_s};
}

void Session::publish(wire::MqttPublish message) {
  shared_->client->publish(std::move(message), [mailbox = mailbox_](net::MqttPublished told) {
    mailbox->push(Note(std::move(told)));
  });
}

Awaitable<Result<model::Output>> Session::run() {
  const json::value arguments = arguments_of(*call_);
  WEFT_CO_TRY(topic_, skill_.topic.fill(arguments));
  std::string cancel_topic;
  if (skill_.cancel) {
    // Before anything is sent: later it could not be told.
    WEFT_CO_TRY(cancel_topic, skill_.cancel->fill(arguments));
  }
  if (skill_.way == Way::exchange) {
    correlation_ = shared_->replies->expect(skill_.reply, mailbox_);
    if (auto deaf = shared_->replies->deaf(skill_.reply)) co_return fail(*std::move(deaf));
  }
  publish(request_of(skill_, *call_, envelope(topic_)));
  open_ = true;
  wait_from_now(skill_.first_reply);
  auto outcome = co_await follow();
  if (outcome || !open_ || cancel_topic.empty()) co_return outcome;
  shared_->client->publish(
      cancel_of(skill_, *call_, envelope(std::move(cancel_topic)), outcome.error().reason),
      [](const net::MqttPublished&) {});
  co_return outcome;
}

Awaitable<Result<model::Output>> Session::follow() {
  while (true) {
    CancelToken cancel = out_.cancelled();
    auto mailbox = mailbox_;
    auto note = co_await Mailbox::next(std::move(mailbox), until_, std::move(cancel));
    if (!note) {
      const CancelToken stopped = out_.cancelled();
      co_return fail(stopped.cancelled() ? stopped.why() : silence());
    }
    if (const std::size_t lost = mailbox_->take_lost(); lost > 0) {
      out_.lose({"/replies", "mqtt", "", model::LossKind::dropped,
                 std::format("{} replies came faster than they were read", lost)});
    }
    if (const auto* heard = std::get_if<Result<void>>(&*note)) {
      // It may have been given back meanwhile.
      const bool deaf = shared_->replies->deaf(skill_.reply).has_value();
      if (!*heard && deaf) co_return fail(deafness(heard->error()));
    } else if (const auto* told = std::get_if<net::MqttPublished>(&*note)) {
      WEFT_CO_CHECK(published(*told));
      if (skill_.way == Way::send) co_return sent_only();
    } else if (auto* message = std::get_if<wire::MqttPublish>(&*note)) {
      WEFT_CO_TRY(auto last, co_await take(std::move(*message)));
      if (last) co_return *std::move(last);
    }
  }
}

Result<void> Session::published(const net::MqttPublished& told) {
  switch (told.fate) {
    case net::MqttFate::taken: return {};
    case net::MqttFate::unsent:
      // Of an answer to a question: the request itself is there.
      open_ = replied_;
      return fail(told.why);
    case net::MqttFate::nobody:
      // A reply may have come before the broker's word, from one who left at once.
      if (replied_) return {};
      open_ = false;
      return fail(
          Reason::unavailable,
          std::format("nobody listens to `{}` at the broker: is the solution running?", topic_));
    case net::MqttFate::unknown: break;
  }
  if (skill_.way == Way::send) {
    Error error =
        make_error(Reason::deadline,
                   std::format("{}; it had not said yet that it has the request: whether it was "
                               "carried out is not known",
                               told.why.message));
    // Whoever does it again may do it twice.
    error.retryable = skill_.skill.effects.safe_to_repeat();
    return fail(std::move(error));
  }
  doubt_ = told.why;
  return {};
}

Result<model::Output> Session::sent_only() const {
  model::Output output;
  model::Turn turn{.role = model::Role::assistant};
  turn.parts.push_back(model::Part::text(skill_.qos > 0 ? "accepted" : "sent"));
  output.turns.push_back(std::move(turn));
  return output;
}

/// Why it is not waited for any longer.
Error Session::silence() const {
  std::string message = replied_
                            ? std::format("no further reply came within {}", seconds(skill_.idle))
                            : std::format("no reply came within {} to the request on `{}`",
                                          seconds(skill_.first_reply), topic_);
  if (doubt_) {
    message += std::format(
        "; the broker was lost meanwhile ({}): whether it was carried out is "
        "not known",
        doubt_->message);
  } else if (const auto absence = shared_->client->absence()) {
    message += std::format("; the broker is away: {}", absence->message);
  }
  Error error = make_error(Reason::deadline, std::move(message));
  // What was asked for may have been done.
  error.retryable = skill_.skill.effects.safe_to_repeat();
  return error;
}

/// The broker gives its replies to nobody any more.
Error Session::deafness(const Error& why) const {
  Error error = make_error(
      Reason::unavailable,
      std::format("{}: its replies are not heard any more; whether it was carried out is not known",
                  why.message));
  error.retryable = skill_.skill.effects.safe_to_repeat();
  return error;
}

Awaitable<Result<std::optional<model::Output>>> Session::take(wire::MqttPublish message) {
  replied_ = true;
  WEFT_CO_TRY(Reply reply, read_reply(skill_, message));
  switch (reply.kind) {
    case ReplyKind::working: {
      model::State state;
      state.note = note_of(skill_, reply);
      model::Event event{std::move(state)};
      WEFT_CO_CHECK(co_await out_.emit(std::move(event)));
      wait_from_now(skill_.idle);
      co_return std::nullopt;
    }
    case ReplyKind::asks: {
      WEFT_CO_CHECK(co_await ask(reply, message));
      wait_from_now(skill_.idle);
      co_return std::nullopt;
    }
    case ReplyKind::failed: open_ = false; co_return fail(error_of(reply));
    case ReplyKind::last: break;
  }
  open_ = false;
  WEFT_CO_TRY(model::Output output, output_of(skill_, std::move(reply.content)));
  co_return output;
}

Awaitable<Result<void>> Session::ask(const Reply& reply, const wire::MqttPublish& question) {
  if (++asked_ > kAsksMax)
    co_return fail(Reason::upstream_protocol, std::format("it asked more than {} times", kAsksMax));
  constexpr const char* kKey = "answer";
  model::Ask asked;
  asked.items[kKey] = question_of(reply);
  WEFT_CO_TRY(const model::Answers answers, co_await out_.ask(std::move(asked)));
  mailbox_->forget_copies(question);
  const model::Answer& answer = answers.at(kKey);
  if (answer.action == model::AnswerAction::cancel)
    co_return fail(Reason::cancelled, "the question was answered with `cancel`");
  publish(answer_of(skill_, *call_, envelope(topic_), answer));
  co_return Result<void>();
}

}  // namespace

Awaitable<Result<model::Output>> run_request(std::shared_ptr<Shared> shared,
                                             const SkillConfig& skill,
                                             std::shared_ptr<const model::Call> call,
                                             hub::Emitter& out) {
  Session session(std::move(shared), skill, std::move(call), out);
  co_return co_await session.run();
}

}  // namespace weft::adapters::mqtt

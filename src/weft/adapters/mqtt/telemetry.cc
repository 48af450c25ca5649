// The messages of a topic: the first, or all as they come.
#include <algorithm>
#include <chrono>
#include <format>

#include "weft/adapters/mqtt/client.h"
#include "weft/adapters/mqtt/codec.h"
#include "weft/adapters/mqtt/limits.h"

namespace weft::adapters::mqtt {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// One call of a skill that is listened to. Lives in run_telemetry's frame.
class Listening {
 public:
  Listening(std::shared_ptr<Shared> shared, const SkillConfig& skill,
            std::shared_ptr<const model::Call> call, hub::Emitter& out)
      : shared_(std::move(shared)),
        skill_(skill),
        call_(std::move(call)),
        out_(out),
        mailbox_(std::make_shared<Mailbox>(out.executor())) {}
  ~Listening() {
    if (subscription_) shared_->client->unsubscribe(*subscription_);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  Awaitable<Result<model::Output>> run();

 private:
  void subscribe();
  /// The output when this message is the last.
  Awaitable<Result<std::optional<model::Output>>> take(wire::MqttPublish message);
  Result<model::Output> over();
  SteadyTime until() const;

  std::shared_ptr<Shared> shared_;
  const SkillConfig& skill_;
  std::shared_ptr<const model::Call> call_;
  hub::Emitter& out_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string topic_;
  std::optional<std::uint64_t> subscription_;
  SteadyTime patience_;
  std::string last_payload_;
  std::optional<Content> last_;
};

void Listening::subscribe() {
  subscription_ = shared_->client->subscribe(
      topic_, skill_.qos, wire::MqttRetained::sent,
      [mailbox = mailbox_](const wire::MqttPublish& message) { mailbox->push(Note(message)); },
      [mailbox = mailbox_](Result<void> done) { mailbox->push(Note(std::move(done))); });
}

/// A stream ends in good form a moment before its call's time is over.
SteadyTime Listening::until() const {
  return last_ ? std::min(patience_, out_.deadline() - kBeforeDeadline) : patience_;
}

Awaitable<Result<model::Output>> Listening::run() {
  const json::value arguments = arguments_of(*call_);
  WEFT_CO_TRY(topic_, skill_.topic.fill(arguments));
  subscribe();
  patience_ = now() + skill_.first_reply;
  while (true) {
    CancelToken cancel = out_.cancelled();
    auto mailbox = mailbox_;
    const SteadyTime end = until();
    auto note = co_await Mailbox::next(std::move(mailbox), end, std::move(cancel));
    if (const std::size_t lost = mailbox_->take_lost(); lost > 0) {
      out_.lose({"/messages", "mqtt", "", model::LossKind::dropped,
                 std::format("{} messages came faster than they were read", lost)});
    }
    if (!note) co_return over();
    if (const auto* done = std::get_if<Result<void>>(&*note)) {
      WEFT_CO_CHECK(*done);
    } else if (auto* message = std::get_if<wire::MqttPublish>(&*note)) {
      WEFT_CO_TRY(auto last, co_await take(std::move(*message)));
      if (last) co_return *std::move(last);
    }
  }
}

Result<model::Output> Listening::over() {
  const CancelToken cancel = out_.cancelled();
  if (cancel.cancelled()) return fail(cancel.why());
  const bool time_is_up = now() >= out_.deadline() - kBeforeDeadline;
  if (last_ && time_is_up) return output_of(skill_, *std::move(last_));
  std::string message =
      last_ ? std::format("nothing more came on `{}` within {} ms", topic_, skill_.idle.count())
            : std::format("nothing came on `{}` within {} ms", topic_, skill_.first_reply.count());
  if (const auto absence = shared_->client->absence())
    message += std::format("; the broker is away: {}", absence->message);
  return fail(Reason::deadline, std::move(message));
}

Awaitable<Result<std::optional<model::Output>>> Listening::take(wire::MqttPublish message) {
  // What is kept comes again when another call begins to listen, and after a broken connection.
  if (last_ && message.retain && message.payload == last_payload_) co_return std::nullopt;
  WEFT_CO_TRY(Content content, read_content(message));
  if (skill_.way == Way::latest || is_last(skill_, message, content)) {
    WEFT_CO_TRY(model::Output output, output_of(skill_, std::move(content)));
    co_return output;
  }
  model::State state;
  state.note = note_of(skill_, content);
  last_ = std::move(content);
  last_payload_ = std::move(message.payload);
  patience_ = skill_.idle.count() == 0 ? SteadyTime::max() : now() + skill_.idle;
  model::Event event{std::move(state)};
  WEFT_CO_CHECK(co_await out_.emit(std::move(event)));
  co_return std::nullopt;
}

}  // namespace

Awaitable<Result<model::Output>> run_telemetry(std::shared_ptr<Shared> shared,
                                               const SkillConfig& skill,
                                               std::shared_ptr<const model::Call> call,
                                               hub::Emitter& out) {
  Listening listening(std::move(shared), skill, std::move(call), out);
  co_return co_await listening.run();
}

}  // namespace weft::adapters::mqtt

#include "weft/hub/producer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <deque>

#include "weft/base/timers.h"
#include "weft/hub/answers.h"
#include "weft/hub/limits.h"
#include "weft/model/fold.h"

namespace weft::hub {
namespace {

using model::Event;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Farther away than this is no deadline at all (and beyond what a timer can count).
constexpr std::chrono::hours kFarAway{24 * 365};

/// An event on its way to the reader.
struct Offer {
  Offer(Event e, Executor executor) : event(std::move(e)), taken_signal(executor) {}
  Event event;
  bool taken = false;
  Signal taken_signal;
};

/// What the stream, its reader and its body share. The body holds it as long as it runs, the stream
/// until it is dropped.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(CallContext context, Produce body, AtEnd at_end)
      : executor_(context.executor),
        deadline_(context.deadline),
        watched_(context.watched),
        parent_(std::move(context.cancel)),
        body_(std::move(body)),
        at_end_(std::move(at_end)),
        readable_(executor_),
        answered_(executor_) {}

  /// Apart from the constructor, for it needs a weak pointer to itself.
  void watch_parent() {
    parent_registration_ = parent_.on_cancel([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->cancel(self->parent_.why());
    });
  }

  static Awaitable<Event> read(std::shared_ptr<Core> core) {
    core->start();
    while (true) {
      if (auto event = core->pop()) co_return *std::move(event);
      co_await core->readable_.wait();
    }
  }

  static Awaitable<Result<void>> emit(std::shared_ptr<Core> core, Event event) {
    if (core->cancel_.cancelled()) co_return fail(core->cancel_.token().why());
    const auto offer = std::make_shared<Offer>(std::move(event), core->executor_);
    core->offers_.push_back(offer);
    core->readable_.notify();
    while (!offer->taken) {
      if (core->cancel_.cancelled()) co_return fail(core->cancel_.token().why());
      co_await offer->taken_signal.wait();
    }
    co_return Result<void>();
  }

  static Awaitable<Result<model::Answers>> ask(std::shared_ptr<Core> core, model::Ask ask) {
    if (core->asked_)
      co_return fail(Reason::internal, "a second question was asked before the first was answered");
    core->asked_ = ask;
    core->answers_.clear();
    Event event{std::move(ask)};
    auto emitted = co_await emit(core, std::move(event));
    if (!emitted) {
      core->asked_.reset();
      co_return fail(std::move(emitted).error());
    }
    while (!core->cancel_.cancelled() && !all_answered(*core->asked_, core->answers_)) {
      co_await core->answered_.wait();
    }
    core->asked_.reset();
    core->ask_open_ = false;
    if (core->cancel_.cancelled()) co_return fail(core->cancel_.token().why());
    co_return std::exchange(core->answers_, {});
  }

  void cancel(Error why) {
    if (ended_ || cancel_.cancelled()) return;
    deadline_timer_.cancel();
    // Whoever is told may drop the stream: this must outlast it.
    const auto self = shared_from_this();
    cancel_.cancel(std::move(why));
    for (const auto& offer : offers_) offer->taken_signal.notify();
    offers_.clear();
    answered_.notify();
    if (running_) {
      const bool late = cancel_.token().why().reason == Reason::deadline;
      const Milliseconds bound(late ? kDeadlineBoundMs : kCancelBoundMs);
      bound_timer_ = run_after(executor_, bound, [weak = weak_from_this()] {
        if (auto core = weak.lock()) core->give_up();
      });
    } else {
      body_ = nullptr;
    }
    readable_.notify();
  }

  Result<void> answer(model::Answers answers) {
    if (!ask_open_ || !asked_ || cancel_.cancelled()) {
      return fail(Reason::unsupported, "the call asks nothing that an answer could be for");
    }
    WEFT_CHECK(take_answers(*asked_, std::move(answers), answers_));
    if (!all_answered(*asked_, answers_)) return {};
    ask_open_ = false;
    // Thinking it over does not count against the solution.
    if (ask_left_) deadline_ = now() + *ask_left_;
    arm_deadline();
    answered_.notify();
    return {};
  }

  void detach() { parent_registration_ = CancelRegistration(); }

  CancelToken token() const { return cancel_.token(); }
  SteadyTime deadline() const { return deadline_; }
  Executor executor() const { return executor_; }
  void lose(model::Loss loss) { losses_.push_back(std::move(loss)); }

 private:
  void start() {
    if (started_ || cancel_.cancelled()) return;
    started_ = running_ = true;
    arm_deadline();
    // By a post: calls that came in together are all read before the first of them is sent on, so
    // that the code of each step is fetched once for all of them (docs/decisions/0008).
    // The frame holds this core and ends by itself: the body returns, or its loop goes and takes
    // the frame along.
    boost::asio::post(executor_, [self = shared_from_this()] {
      boost::asio::co_spawn(self->executor_, run(self),
                            [](std::exception_ptr thrown) { WEFT_ASSERT(!thrown); });
    });
  }

  static Awaitable<> run(std::shared_ptr<Core> core);

  void arm_deadline() {
    if (watched_ || deadline_ > now() + kFarAway) return;
    deadline_timer_ = run_at(executor_, deadline_, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (self)
        self->cancel(
            make_error(Reason::deadline, "no answer came before the deadline of the call"));
    });
  }

  /// A question is with the reader: its own time limit holds now.
  void ask_taken() {
    ask_open_ = true;
    ask_left_.reset();
    if (deadline_ <= now() + kFarAway)
      ask_left_ = std::max(deadline_ - now(), SteadyTime::duration(0));
    if (watched_) return;
    deadline_timer_ = run_after(executor_, Milliseconds(kAskTimeoutMs), [weak = weak_from_this()] {
      auto self = weak.lock();
      if (self)
        self->cancel(
            make_error(Reason::deadline, "nobody answered the question of the call in time"));
    });
  }

  std::optional<Event> pop() {
    if (cancel_.cancelled()) {
      if (running_ && !given_up_) return std::nullopt;
      return end(std::unexpected(cancel_.token().why()));
    }
    if (!offers_.empty()) {
      const auto offer = offers_.front();
      offers_.pop_front();
      offer->taken = true;
      offer->taken_signal.notify();
      if (std::holds_alternative<model::Ask>(offer->event.body)) ask_taken();
      return std::move(offer->event);
    }
    if (outcome_) return end(*std::move(outcome_));
    return std::nullopt;
  }

  Event end(Result<model::Output> outcome) {
    if (ended_)
      return model::end_with(make_error(Reason::internal, "the stream was read after its end"));
    ended_ = true;
    outcome_.reset();
    deadline_timer_.cancel();
    bound_timer_.cancel();
    model::End last{std::move(outcome), std::move(losses_)};
    if (at_end_) std::exchange(at_end_, nullptr)(last);
    return Event{std::move(last)};
  }

  void give_up() {
    given_up_ = true;
    readable_.notify();
  }

  void finish(Result<model::Output> outcome) {
    running_ = false;
    body_ = nullptr;
    outcome_ = std::move(outcome);
    bound_timer_.cancel();
    readable_.notify();
  }

  Executor executor_;
  SteadyTime deadline_;
  bool watched_;
  CancelToken parent_;
  CancelRegistration parent_registration_;
  Produce body_;
  AtEnd at_end_;
  CancelSource cancel_;
  Timer deadline_timer_;
  Timer bound_timer_;
  Signal readable_;
  Signal answered_;
  std::deque<std::shared_ptr<Offer>> offers_;
  std::optional<model::Ask> asked_;
  model::Answers answers_;
  std::optional<SteadyTime::duration> ask_left_;
  std::vector<model::Loss> losses_;
  std::optional<Result<model::Output>> outcome_;
  bool ask_open_ = false;
  bool started_ = false;
  bool running_ = false;
  bool given_up_ = false;
  bool ended_ = false;
};

class CoreEmitter final : public Emitter {
 public:
  explicit CoreEmitter(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  Awaitable<Result<void>> emit(Event event) override { return Core::emit(core_, std::move(event)); }
  Awaitable<Result<model::Answers>> ask(model::Ask ask) override {
    return Core::ask(core_, std::move(ask));
  }
  CancelToken cancelled() const override { return core_->token(); }
  SteadyTime deadline() const override { return core_->deadline(); }
  Executor executor() const override { return core_->executor(); }
  void lose(model::Loss loss) override { core_->lose(std::move(loss)); }

 private:
  std::shared_ptr<Core> core_;
};

Awaitable<> Core::run(std::shared_ptr<Core> core) {
  CoreEmitter out(core);
  Result<model::Output> outcome;
  try {
    outcome = co_await core->body_(out);
  } catch (const std::exception& e) {
    outcome = fail(Reason::internal, std::format("a library failed: {}", e.what()));
  }
  core->finish(std::move(outcome));
}

class ProducedStream final : public EventStream {
 public:
  ProducedStream(CallContext context, Produce body, AtEnd at_end)
      : core_(std::make_shared<Core>(std::move(context), std::move(body), std::move(at_end))) {
    core_->watch_parent();
  }
  ~ProducedStream() override {
    core_->cancel(make_error(Reason::cancelled, "the call was given up"));
  }

  Awaitable<Event> next() override { return Core::read(core_); }
  void cancel(Error why) override { core_->cancel(std::move(why)); }
  Result<void> answer(model::Answers answers) override { return core_->answer(std::move(answers)); }
  void detach(BeforeStart) override { core_->detach(); }

 private:
  std::shared_ptr<Core> core_;
};

class EndedStream final : public EventStream {
 public:
  explicit EndedStream(Event end) : end_(std::move(end)) { WEFT_ASSERT(end_.is_end()); }

  Awaitable<Event> next() override { co_return std::move(end_); }
  void cancel(Error why) override { end_ = model::end_with(std::move(why)); }
  Result<void> answer(model::Answers) override {
    return fail(Reason::unsupported, "the call asks nothing that an answer could be for");
  }

 private:
  Event end_;
};

}  // namespace

std::unique_ptr<EventStream> make_stream(CallContext context, Produce body) {
  return std::make_unique<ProducedStream>(std::move(context), std::move(body), nullptr);
}

std::unique_ptr<EventStream> ProducingService::start(std::shared_ptr<const model::Call> call,
                                                     CallContext context) {
  auto body = [self = shared_from_this(), call = std::move(call)](Emitter& out) {
    return self->run(call, out);
  };
  return make_stream(std::move(context), std::move(body));
}

std::unique_ptr<EventStream> make_stream(CallContext context, Produce body, AtEnd at_end) {
  return std::make_unique<ProducedStream>(std::move(context), std::move(body), std::move(at_end));
}

std::unique_ptr<EventStream> ended_stream(Event end) {
  return std::make_unique<EndedStream>(std::move(end));
}

Awaitable<Folded> fold_stream(EventStream& stream, std::size_t bytes_max, std::string solution) {
  model::Fold fold(bytes_max, std::move(solution));
  std::optional<Error> fault;
  while (true) {
    Event event = co_await stream.next();
    if (fault) {
      // Told to stop: what comes before its End is not wanted.
      if (!event.is_end()) continue;
      model::End end{std::unexpected(*std::move(fault)), {}};
      co_return Folded{std::move(end), std::nullopt};
    }
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      Folded open;
      open.ask = std::move(*ask);
      co_return open;
    }
    const bool last = event.is_end();
    auto added = fold.add(std::move(event));
    if (!added) {
      fault = std::move(added).error();
      if (last) {
        model::End end{std::unexpected(*std::move(fault)), {}};
        co_return Folded{std::move(end), std::nullopt};
      }
      stream.cancel(*fault);
      continue;
    }
    if (fold.ended()) co_return Folded{fold.take(), std::nullopt};
  }
}

}  // namespace weft::hub

// Solutions for tests that do what a script says: events, questions, waits, and the misbehaviour of
// real ones. Owned by the tests of hub and of the adapters; one loop.
//
//   auto service = fake_service([](const model::Call& call, Emitter& out) ->
//   Awaitable<Result<model::Output>> {…}); auto entry = fake_solution("echo", echo_service());
#pragma once

#include <boost/asio/co_spawn.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/testing/wait.h"
#include "weft/base/timers.h"
#include "weft/hub/joiner.h"
#include "weft/hub/producer.h"
#include "weft/hub/registry.h"

namespace weft::hub::testing {

using weft::testing::kSlackMs;
using weft::testing::wait_until;

/// Runs a coroutine on a loop of its own until it has ended; fails by assertion when it takes
/// longer than `limit`.
template <class T, class F>
T run_on(boost::asio::io_context& loop, F body, Milliseconds limit = Milliseconds(20'000)) {
  std::optional<T> out;
  bool done = false;
  auto wrapped = [&]() -> Awaitable<> {
    out.emplace(co_await body());
    done = true;
  };
  boost::asio::co_spawn(loop, wrapped(), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  const auto until = std::chrono::steady_clock::now() + limit;
  loop.restart();
  while (!done && std::chrono::steady_clock::now() < until) {
    if (loop.run_one_until(until) == 0) loop.restart();
  }
  WEFT_ASSERT(done);
  return *std::move(out);
}

/// The same for a coroutine that gives nothing back.
template <class F>
void run(boost::asio::io_context& loop, F body, Milliseconds limit = Milliseconds(20'000)) {
  auto wrapped = [&]() -> Awaitable<bool> {
    co_await body();
    co_return true;
  };
  run_on<bool>(loop, wrapped, limit);
}

using Script =
    std::function<Awaitable<Result<model::Output>>(std::shared_ptr<const model::Call>, Emitter&)>;

/// A service whose calls run a script, with a count of what was started and what still runs.
class FakeService : public Service {
 public:
  explicit FakeService(Script script) : script_(std::move(script)) {}

  /// Whether the services made from now on give their body, as the adapters' do, or only streams.
  static inline bool gives_body = true;

  std::optional<Awaitable<Result<model::Output>>> produce(std::shared_ptr<const model::Call> call,
                                                          Emitter& out) override {
    if (!gives_body_) return std::nullopt;
    started += 1;
    last_call = call;
    return run_script(script_, std::move(call), out, std::make_shared<Running>(running));
  }

  std::unique_ptr<EventStream> start(std::shared_ptr<const model::Call> call,
                                     CallContext context) override {
    started += 1;
    last_call = call;
    auto running_now = std::make_shared<Running>(running);
    return make_stream(
        std::move(context),
        [script = script_, call, running_now](Emitter& out) -> Awaitable<Result<model::Output>> {
          return script(call, out);
        });
  }
  std::unique_ptr<EventStream> reattach(std::shared_ptr<const model::Call> call,
                                        model::Accepted accepted, CallContext context) override {
    reattached.push_back(std::move(accepted));
    if (!reattach_script) return nullptr;
    return make_stream(std::move(context), [script = reattach_script, call](Emitter& out) {
      return script(call, out);
    });
  }
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(CallContext) override {
    refreshed += 1;
    co_return std::exchange(newer, nullptr);
  }

  Script reattach_script;
  /// From whichever loop it came.
  std::atomic<std::shared_ptr<const model::Call>> last_call;
  std::vector<model::Accepted> reattached;
  std::shared_ptr<const model::Solution> newer;
  std::atomic<int> started = 0;
  std::atomic<int> refreshed = 0;
  /// Bodies that have been made and not yet been destroyed.
  std::shared_ptr<std::atomic<int>> running = std::make_shared<std::atomic<int>>(0);

 private:
  struct Running {
    explicit Running(std::shared_ptr<std::atomic<int>> n) : count(std::move(n)) { ++*count; }
    ~Running() { --*count; }
    std::shared_ptr<std::atomic<int>> count;
  };
  static Awaitable<Result<model::Output>> run_script(Script script,
                                                     std::shared_ptr<const model::Call> call,
                                                     Emitter& out, std::shared_ptr<Running>) {
    co_return co_await script(std::move(call), out);
  }
  Script script_;
  bool gives_body_ = gives_body;
};

/// A stream that keeps no law: gives the events it was told to, whatever was asked of it, and after
/// them waits until it is let go.
class LawlessStream final : public EventStream {
 public:
  LawlessStream(std::vector<model::Event> events, std::shared_ptr<Signal> let_go)
      : events_(events.begin(), events.end()), let_go_(std::move(let_go)) {}

  Awaitable<model::Event> next() override {
    if (events_.empty()) {
      co_await let_go_->wait();
      co_return model::end_with(make_error(Reason::internal, "let go"));
    }
    model::Event event = std::move(events_.front());
    events_.pop_front();
    co_return event;
  }
  void cancel(Error) override {}
  Result<void> answer(model::Answers) override { return {}; }

 private:
  std::deque<model::Event> events_;
  std::shared_ptr<Signal> let_go_;
};

/// A service of lawless streams.
class LawlessService final : public Service {
 public:
  explicit LawlessService(std::vector<model::Event> events) : events_(std::move(events)) {}

  std::unique_ptr<EventStream> start(std::shared_ptr<const model::Call>,
                                     CallContext context) override {
    waiting_.push_back(std::make_shared<Signal>(context.executor));
    return std::make_unique<LawlessStream>(events_, waiting_.back());
  }
  /// Ends the streams that wait; their loop must run on a little after it.
  void let_go() {
    for (const auto& signal : waiting_) signal->notify();
  }

 private:
  std::vector<model::Event> events_;
  std::vector<std::shared_ptr<Signal>> waiting_;
};

inline model::Output text_output(std::string text) {
  model::Output output;
  output.turns.push_back(
      model::Turn{"", model::Role::assistant, "", {model::Part::text(std::move(text))}});
  return output;
}

inline model::Skill fake_skill(std::string id, model::Shape shape = model::Shape::invoke,
                               std::string_view schema = "") {
  model::Skill skill;
  skill.id = SkillId(std::move(id));
  skill.shape = shape;
  if (!schema.empty()) skill.input_schema = json::parse(schema).value();
  return skill;
}

inline std::shared_ptr<const Entry> fake_solution(std::string id, std::shared_ptr<Service> service,
                                                  std::vector<model::Skill> skills,
                                                  JoinRequest request = {}) {
  model::Solution solution;
  solution.id = SolutionId(std::move(id));
  solution.protocol = "fake";
  solution.skills = std::move(skills);
  return make_entry(std::move(solution), std::move(service), std::move(request), "a test made it");
}

/// Says back its arguments, or the text of the last turn.
inline Awaitable<Result<model::Output>> echo_script(std::shared_ptr<const model::Call> call,
                                                    Emitter& out) {
  model::Output output;
  if (call->args) {
    output = text_output(json::write(*call->args));
    output.data = *call->args;
  } else if (!call->turns.empty()) {
    output = text_output(model::joined_text(call->turns.back().parts, true));
  }
  model::Event delta{model::Delta{model::Delta::Kind::text, model::plain_text(output)}};
  auto emitted = co_await out.emit(std::move(delta));
  if (!emitted) co_return fail(std::move(emitted).error());
  co_return output;
}

inline CallContext context_on(boost::asio::io_context& loop,
                              Milliseconds limit = Milliseconds(10'000)) {
  return CallContext{loop.get_executor(), std::chrono::steady_clock::now() + limit, {}};
}

/// All events of a stream to its End.
inline Awaitable<std::vector<model::Event>> all_events(EventStream& stream) {
  std::vector<model::Event> events;
  while (true) {
    events.push_back(co_await stream.next());
    if (events.back().is_end()) co_return events;
  }
}

/// Steady and wall time that only move when told to; steady time is real, for timers go by it.
class FakeClock final : public Clock {
 public:
  std::int64_t unix_ms() const override { return now_ms; }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  std::atomic<std::int64_t> now_ms{1'800'000'000'000};
};

/// Bytes from a seed.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft::hub::testing

#include "play.h"

#include "weft/model/fold.h"

namespace weft::pairs {
namespace {

using hub::Emitter;

struct Counted {
  Stage& stage;
  explicit Counted(Stage& s) : stage(s) { ++stage.started; }
  ~Counted() { ++stage.released; }
};

Awaitable<Result<model::Output>> wait_to_be_stopped(Stage& stage, Emitter& out) {
  ++stage.waiting;
  while (co_await sleep_for(Milliseconds(1'000), out.cancelled())) {
  }
  co_return std::unexpected(out.cancelled().why());
}

Awaitable<Result<model::Output>> run_play(Stage& stage, Emitter& out) {
  Play play = stage.play();
  for (model::Event& event : play.events) {
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      model::Ask question = std::move(*ask);
      WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
      (void)answers;
      continue;
    }
    model::Event one = std::move(event);
    WEFT_CO_CHECK(co_await out.emit(std::move(one)));
  }
  if (play.waits) co_return co_await wait_to_be_stopped(stage, out);
  co_return std::move(play.outcome);
}

Awaitable<Result<model::Output>> run_ask(Emitter& out) {
  constexpr std::string_view kForm =
      R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
  model::Ask ask;
  model::Ask::Item item;
  item.kind = model::Ask::Kind::form;
  item.message = "What is your name?";
  item.schema = json::parse(kForm).value();
  ask.items["name"] = std::move(item);
  WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
  const auto& answer = answers.begin()->second;
  if (answer.action != model::AnswerAction::accept)
    co_return fail(Reason::refused, "no name was given");
  const std::string name(answer.data ? json::string_at(answer.data->as_object(), "name")
                                     : std::string_view(answer.text));
  co_return hub::testing::text_output("hello " + name);
}

}  // namespace

void Stage::set(Play play) {
  const std::scoped_lock lock(mutex_);
  play_ = std::move(play);
}

Play Stage::play() const {
  const std::scoped_lock lock(mutex_);
  return play_;
}

model::End Stage::whole() const {
  const Play now = play();
  model::Fold fold(std::size_t{1} << 24);
  for (const auto& event : now.events) WEFT_ASSERT(fold.add(event));
  WEFT_ASSERT(fold.add(model::Event{model::End{now.outcome, {}}}));
  return fold.take();
}

model::Call Stage::heard() const {
  const std::scoped_lock lock(mutex_);
  return heard_;
}

void Stage::forget() {
  const std::scoped_lock lock(mutex_);
  heard_ = {};
  waiting = 0;
}

void Stage::hear(const model::Call& call) {
  const std::scoped_lock lock(mutex_);
  heard_ = call;
}

Awaitable<Result<model::Output>> run_script(Stage& stage, std::shared_ptr<const model::Call> call,
                                            Emitter& out) {
  const Counted counted(stage);
  stage.hear(*call);
  const std::string skill = call->skill.str();
  if (skill == "ask") co_return co_await run_ask(out);
  if (skill != "say") co_return co_await run_play(stage, out);
  const auto* args = call->args ? call->args->if_object() : nullptr;
  co_return hub::testing::text_output(
      std::string(args == nullptr ? std::string_view() : json::string_at(*args, "text")));
}

std::vector<model::Skill> scripted_skills() {
  using hub::testing::fake_skill;
  constexpr std::string_view kOpen = R"({"type":"object","properties":{"run":{"type":"integer"}}})";
  constexpr std::string_view kText =
      R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})";
  return {fake_skill("talk", model::Shape::converse),
          fake_skill("play", model::Shape::invoke, kOpen),
          fake_skill("say", model::Shape::invoke, kText),
          fake_skill("ask", model::Shape::invoke, kText)};
}

}  // namespace weft::pairs

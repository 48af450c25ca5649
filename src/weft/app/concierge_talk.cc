#include "weft/app/concierge_talk.h"

#include <algorithm>
#include <ctime>
#include <format>
#include <sstream>

#include "weft/app/extracting.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/hub/approval.h"
#include "weft/hub/audit.h"
#include "weft/hub/contexts.h"
#include "weft/hub/limits.h"

namespace weft::app {
namespace {

constexpr const char* kQuestion = "question";
/// How often a question for consent is asked that is not understood.
constexpr int kConsentTries = 3;

model::Ask question_of(std::string text, const json::value& report) {
  model::Ask ask;
  auto& item = ask.items[kQuestion];
  item.kind = model::Ask::Kind::question;
  // What solutions say of themselves and answer is in it.
  item.message = hub::visible(text);
  item.raw = report.as_object();
  return ask;
}

std::string words_of_answer(const model::Answer& answer) {
  // Whatever stands beside a refusal, it is none the less one.
  if (answer.action != model::AnswerAction::accept)
    return answer.text.empty() ? "cancel" : "no, " + answer.text;
  if (!answer.text.empty()) return answer.text;
  if (!answer.data) return "";
  const json::value* data = &*answer.data;
  // A form with one field says what stands in it.
  const auto* fields = data->if_object();
  if (fields != nullptr && fields->size() == 1) data = &fields->begin()->value();
  return data->is_string() ? std::string(data->get_string()) : json::write(*data);
}

std::chrono::local_seconds local_now(std::int64_t unix_ms) {
  const std::time_t at = unix_ms / 1000;
  std::tm parts{};
  ::localtime_r(&at, &parts);
  return std::chrono::local_seconds(std::chrono::seconds(at + parts.tm_gmtoff));
}

/// `UTC+01:00`.
std::string local_zone(std::int64_t unix_ms) {
  const std::time_t at = unix_ms / 1000;
  std::tm parts{};
  ::localtime_r(&at, &parts);
  const long minutes = std::abs(parts.tm_gmtoff / 60);
  return std::format("UTC{}{:02}:{:02}", parts.tm_gmtoff < 0 ? '-' : '+', minutes / 60,
                     minutes % 60);
}

}  // namespace

std::string last_words(const model::Call& call) {
  for (auto turn = call.turns.rbegin(); turn != call.turns.rend(); ++turn) {
    if (turn->role == model::Role::user) return model::joined_text(turn->parts, false);
  }
  return "";
}

ConciergeTalk::ConciergeTalk(Parts parts)
    : parts_(std::move(parts)),
      concierge_(parts_.repertoire, extractor()),
      understanding_({.model = parts_.model,
                      .hub = parts_.hub,
                      .call = parts_.call,
                      .concierge = concierge_,
                      .repertoire = parts_.repertoire,
                      .out = parts_.out}) {}

/// The person's own clock where the call says it (`now`: 2026-11-27T14:30), else this machine's.
std::chrono::local_seconds ConciergeTalk::now() const {
  if (parts_.call.args && parts_.call.args->is_object()) {
    std::istringstream text{std::string(json::string_at(parts_.call.args->get_object(), "now"))};
    std::chrono::local_seconds out;
    if (text >> std::chrono::parse("%Y-%m-%dT%H:%M", out)) return out;
  }
  return local_now(parts_.hub.clock().unix_ms());
}

Awaitable<Result<void>> ConciergeTalk::load() {
  std::string owner = parts_.call.principal.name;
  ContextId id = parts_.context;
  WEFT_CO_TRY(const auto kept, co_await parts_.hub.contexts().get(std::move(owner), std::move(id)));
  if (!kept) co_return Result<void>();
  WEFT_CO_TRY(conversation_, dialogue::conversation_from_json(*kept));
  understanding_.read(*kept);
  co_return Result<void>();
}

Awaitable<Result<void>> ConciergeTalk::save() {
  std::string owner = parts_.call.principal.name;
  ContextId id = parts_.context;
  json::value state = dialogue::to_json(conversation_);
  understanding_.add_to(state);
  auto done = co_await parts_.hub.contexts().put(std::move(owner), std::move(id), std::move(state));
  co_return done;
}

Awaitable<Result<void>> ConciergeTalk::show_progress(std::string line) {
  model::State state;
  state.note.push_back(model::Part::text(std::move(line)));
  auto done = co_await parts_.out.emit(model::Event{std::move(state)});
  co_return done;
}

std::string ConciergeTalk::told_so_far() {
  std::string out;
  for (const std::string& line : told_) out += line + "\n";
  told_.clear();
  return out;
}

Awaitable<Result<std::string>> ConciergeTalk::ask(std::string text) {
  text.insert(0, told_so_far());
  auto ask = question_of(std::move(text), report());
  WEFT_CO_TRY(const auto answers, co_await parts_.out.ask(std::move(ask)));
  by_ = answers.begin()->second.by;
  co_return words_of_answer(answers.begin()->second);
}

json::value ConciergeTalk::report() const {
  json::value out = dialogue::report(conversation_);
  understanding_.report_to(out);
  return out;
}

Awaitable<Result<void>> ConciergeTalk::hear(std::string words) {
  auto keep = [this]() -> Awaitable<Result<void>> { return save(); };
  std::string zone = local_zone(parts_.hub.clock().unix_ms());
  auto heard =
      understanding_.hear(conversation_, std::move(words), now(), std::move(zone), std::move(keep));
  WEFT_CO_TRY(auto lines, co_await std::move(heard));
  for (auto& line : lines) told_.push_back(std::move(line));
  co_return Result<void>();
}

Awaitable<Result<model::Output>> ConciergeTalk::run(bool resumes) {
  WEFT_CO_CHECK(co_await load());
  // Of an earlier life, or of an earlier call of this conversation that was broken off.
  WEFT_CO_CHECK(co_await take_up(resumes));
  if (!resumes) {
    std::string words = last_words(parts_.call);
    WEFT_CO_CHECK(co_await hear(std::move(words)));
    // What was said is kept before the call can be taken up again.
    WEFT_CO_CHECK(co_await save());
    WEFT_CO_CHECK(co_await parts_.out.emit(model::Event{
        model::Accepted{.upstream_task = parts_.context.str(), .upstream_context = ""}}));
  }
  while (true) {
    const dialogue::Step step = concierge_.next(conversation_, told_);
    if (auto kept = co_await save(); !kept) {
      // What was done is told even where it cannot be kept; nothing more is begun.
      if (told_.empty()) co_return fail(std::move(kept).error());
      told_.push_back(kept.error().message);
      break;
    }
    if (step.kind == dialogue::Step::Kind::rest) break;
    if (step.kind == dialogue::Step::Kind::ask) {
      std::string text = step.text;
      understanding_.say(/*by_person=*/false, text);
      WEFT_CO_TRY(std::string words, co_await ask(std::move(text)));
      WEFT_CO_CHECK(co_await hear(std::move(words)));
      continue;
    }
    WEFT_CO_CHECK(co_await call_skill(step));
  }
  model::Output output;
  std::string text = told_so_far();
  if (!text.empty()) text.pop_back();
  output.turns.push_back({"", model::Role::assistant, "", {model::Part::text(std::move(text))}});
  output.data = report();
  co_return output;
}

/// What was said and done so far, as far as the solution's `share` names it.
json::object ConciergeTalk::shared_with(const std::string& solution) const {
  json::object out;
  const auto entry = parts_.hub.registry().snapshot()->find_shared(solution);
  if (!entry || entry->request.share.empty()) return out;
  for (const dialogue::Note& note : conversation_.board) {
    for (const std::string& name : entry->request.share) {
      if (name == "*") out[note.words] = note.value;
      if (dialogue::readable(name) == note.words) out[name] = note.value;
    }
  }
  return out;
}

Result<model::Call> ConciergeTalk::call_of(const dialogue::Step& step) const {
  const dialogue::Wish& wish = *conversation_.current();
  model::Call out;
  out.id = CallId(make_ulid(parts_.hub.clock().unix_ms(), parts_.hub.random()));
  out.solution = SolutionId(wish.solution);
  out.skill = SkillId(wish.skill);
  out.principal = parts_.call.principal;
  out.trace = parts_.call.trace;
  out.reply = model::Reply::stream;
  out.depth = parts_.call.depth + 1;
  out.meta[hub::kSaidMeta] = wish.text;
  // One conversation here is one conversation with each solution.
  out.context = parts_.context;
  if (json::object shared = shared_with(wish.solution); !shared.empty())
    out.meta[hub::kSharedMeta] = std::move(shared);
  if (step.message.empty()) {
    out.args = step.arguments;
  } else {
    out.turns.push_back({"", model::Role::user, "", {model::Part::text(step.message)}});
  }
  return out;
}

Awaitable<Result<void>> ConciergeTalk::call_skill(const dialogue::Step& step) {
  WEFT_CO_TRY(model::Call call, call_of(step));
  hub::CallContext context{parts_.out.executor(), parts_.out.deadline(), parts_.out.cancelled()};
  context.chosen = hub::Chosen::by_hub;
  // The same call under the same key as the one whose end nobody saw.
  const std::string& before = conversation_.current()->call;
  context.again = !before.empty();
  if (context.again) call.id = CallId(before);
  sent_ = step.arguments;
  corrected_ = false;
  stopped_ = false;
  std::string id = call.id.str();
  // Written down when everything is allowed, right before the solution is called.
  const std::weak_ptr<const bool> alive = alive_;
  auto note_intent = [this, alive, id = std::move(id)]() -> Awaitable<Result<void>> {
    const Error over = make_error(Reason::cancelled, "the conversation has ended");
    if (alive.expired() || parts_.out.cancelled().cancelled()) co_return fail(over);
    dialogue::Wish& wish = *conversation_.current();
    wish.state = dialogue::WishState::calling;
    wish.call = id;
    WEFT_CO_CHECK(co_await save());
    if (alive.expired()) co_return fail(over);
    auto shown = co_await show_progress(concierge_.progress_of(conversation_));
    co_return shown;
  };
  auto stream = parts_.hub.call(std::move(call), std::move(context), std::move(note_intent));
  auto done = co_await follow(std::move(stream));
  co_return done;
}

/// Whether the hub's question is about the very arguments that the person is shown.
bool ConciergeTalk::shows_what_is_sent(const json::object& raw) const {
  const auto* arguments = json::object_at(raw, "arguments");
  return arguments == nullptr ? sent_.empty() : *arguments == sent_;
}

/// Whether the hub asks about the very call that the wish is, and this person may answer.
bool ConciergeTalk::asks_for_consent(const model::Ask::Item& item) const {
  const dialogue::Wish* wish = conversation_.current();
  return item.consent && item.consent->approvers.empty() && wish != nullptr &&
         json::string_at(item.raw, "solution") == wish->solution &&
         json::string_at(item.raw, "skill") == wish->skill && shows_what_is_sent(item.raw);
}

/// Hands on what happens, until the end.
Awaitable<Result<void>> ConciergeTalk::follow(std::unique_ptr<hub::EventStream> stream) {
  while (true) {
    running_ = stream.get();
    model::Event event = co_await stream->next();
    running_ = nullptr;
    if (const auto* end = std::get_if<model::End>(&event.body)) {
      // Cut off from outside: what is kept says that it was under way, and take_up() finds it.
      if (parts_.out.cancelled().cancelled()) co_return fail(parts_.out.cancelled().why());
      ended(*end);
      co_return Result<void>();
    }
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      const auto& first = ask->items.begin()->second;
      if (asks_for_consent(first)) {
        // What it costs, and what has changed.
        if (const auto* notes = json::array_at(first.raw, "notes")) {
          for (const auto& note : *notes) told_.emplace_back(note.as_string());
        }
        WEFT_CO_CHECK(co_await ask_consent(*stream));
      } else {
        WEFT_CO_CHECK(co_await pass_on(*stream, std::move(*ask)));
      }
    } else if (auto* accepted = std::get_if<model::Accepted>(&event.body)) {
      dialogue::Wish& wish = *conversation_.current();
      wish.upstream_task = accepted->upstream_task;
      wish.upstream_context = accepted->upstream_context;
      WEFT_CO_CHECK(co_await save());
    } else if (std::holds_alternative<model::State>(event.body) ||
               std::holds_alternative<model::Artifact>(event.body)) {
      WEFT_CO_CHECK(co_await parts_.out.emit(std::move(event)));
    }
  }
}

/// The hub's question, in the person's words: nothing but a plain yes is one.
Awaitable<Result<void>> ConciergeTalk::ask_consent(hub::EventStream& stream) {
  using Objection = dialogue::Concierge::Objection;
  for (int round = 0; round < kConsentTries; ++round) {
    WEFT_CO_TRY(const std::string words, co_await ask(concierge_.consent_question(conversation_)));
    understanding_.say(/*by_person=*/true, words);
    const bool yes = concierge_.consents(words);
    if (!yes) {
      const Objection objection = concierge_.object(conversation_, words, now());
      if (objection == Objection::unclear && round + 1 < kConsentTries) {
        told_.push_back(concierge_.not_understood());
        continue;
      }
      corrected_ = objection == Objection::corrected;
    }
    // Whether it is one was found here, by more words than the hub knows.
    model::Answers answers;
    answers["approve"].action = yes ? model::AnswerAction::accept : model::AnswerAction::decline;
    if (yes) answers["approve"].data = json::object{{"approve", true}};
    answers["approve"].text = words;
    answers["approve"].by = by_;
    co_return stream.answer(std::move(answers));
  }
  co_return Result<void>();
}

/// A solution's own question goes to the person, and the answer back.
Awaitable<Result<void>> ConciergeTalk::pass_on(hub::EventStream& stream, model::Ask ask) {
  for (int round = 0; round < hub::kAskAgainMax; ++round) {
    model::Ask question = ask;
    auto& first = question.items.begin()->second;
    if (first.consent && !told_.empty()) {
      // Who approves sees the question alone.
      std::string told = told_so_far();
      told.pop_back();
      WEFT_CO_CHECK(co_await show_progress(hub::visible(told)));
    }
    first.message.insert(0, hub::visible(told_so_far()));
    WEFT_CO_TRY(auto answers, co_await parts_.out.ask(std::move(question)));
    const auto taken = stream.answer(std::move(answers));
    if (taken) co_return Result<void>();
    told_.push_back(taken.error().message);
  }
  co_return fail(Reason::refused, "the question was answered wrongly too often");
}

/// A call that was made and whose end nobody saw is found again, made again where that does no
/// harm, or nobody knows. Never is it made as if it had not been.
Awaitable<Result<void>> ConciergeTalk::take_up(bool resumes) {
  const dialogue::Wish* wish = conversation_.current();
  if (wish == nullptr || wish->state != dialogue::WishState::calling) co_return Result<void>();
  const auto snapshot = parts_.hub.registry().snapshot();
  const auto found = hub::find_skill(*snapshot, wish->solution, wish->skill);
  if (found && !wish->upstream_task.empty()) {
    dialogue::Step step;
    step.message = wish->text;
    WEFT_CO_TRY(model::Call call, call_of(step));
    call.id = CallId(wish->call);
    hub::CallContext context{parts_.out.executor(), parts_.out.deadline(), parts_.out.cancelled()};
    auto stream = parts_.hub.reattach(
        std::move(call),
        {.upstream_task = wish->upstream_task, .upstream_context = wish->upstream_context},
        std::move(context));
    if (stream) {
      auto done = co_await follow(std::move(stream));
      co_return done;
    }
  }
  // Under a key it is made once however often it is asked for; what a person broke off is left.
  const bool keyed = found && resumes && !found->skill->effects.dedup_key.empty();
  if (keyed || (found && found->skill->effects.safe_to_repeat())) {
    conversation_.current()->state = dialogue::WishState::open;
    co_return co_await save();
  }
  told_.push_back(concierge_.lost(conversation_));
  co_return co_await save();
}

}  // namespace weft::app

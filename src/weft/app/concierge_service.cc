#include "weft/app/concierge_service.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <format>
#include <map>
#include <mutex>

#include "weft/app/concierge_talk.h"
#include "weft/app/live_talks.h"
#include "weft/app/taught_examples.h"
#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/timers.h"
#include "weft/dialogue/api.h"
#include "weft/dialogue/router/evaluation.h"
#include "weft/dialogue/talk/concierge.h"
#include "weft/hub/contexts.h"
#include "weft/hub/limits.h"
#include "weft/hub/producer.h"

namespace weft::app {
namespace {

/// Of several keys with lists of their own.
constexpr std::size_t kRepertoiresMax = 16;
/// How long a new sentence waits for who is to do an older one.
constexpr std::int64_t kRejoinPauseMs = 2'000;

bool is_concierge(const hub::Entry& entry) {
  return entry.request.source == hub::Source::built_in &&
         entry.solution->id.str() == kConciergeName;
}

/// Repertoires of what somebody may call, made anew when the registry changed.
class Repertoires {
 public:
  Repertoires(hub::Hub& hub, const TaughtExamples& taught, Executor background)
      : hub_(hub), taught_(taught), background_(background) {}

  Awaitable<std::shared_ptr<const dialogue::Repertoire>> of(const model::Principal& principal) {
    const auto snapshot = hub_.registry().snapshot();
    const hub::Audience audience{hub_.keys(), principal};
    std::vector<std::shared_ptr<const hub::Entry>> entries;
    std::string names;
    for (const auto& entry : snapshot->entries) {
      const std::string& name = entry->solution->id.str();
      if (is_concierge(*entry) || !audience.may_know(name)) continue;
      entries.push_back(entry);
      names += name + " ";
    }
    const std::pair version{snapshot->version, taught_.version()};
    {
      const std::lock_guard lock(mutex_);
      if (version_ != version) made_.clear();
      version_ = version;
      if (const auto at = made_.find(names); at != made_.end()) co_return at->second;
    }
    auto work = train(std::move(entries), taught_);
    auto made = co_await on_loop(background_, std::move(work));
    const std::lock_guard lock(mutex_);
    if (version_ == version) {
      if (made_.size() >= kRepertoiresMax) made_.clear();
      made_[names] = made;
    }
    co_return made;
  }

 private:
  static Awaitable<std::shared_ptr<const dialogue::Repertoire>> train(
      std::vector<std::shared_ptr<const hub::Entry>> entries, const TaughtExamples& taught) {
    std::vector<dialogue::KnownSkill> skills;
    std::vector<std::string> refused;
    for (const auto& entry : entries) {
      auto known = dialogue::known_skills(*entry->solution, refused);
      for (dialogue::KnownSkill& each : known) {
        std::ranges::move(taught.of(each.name()), std::back_inserter(each.examples));
        skills.push_back(std::move(each));
      }
    }
    for (const std::string& line : refused) log::warn("the concierge cannot offer {}", line);
    co_return std::make_shared<const dialogue::Repertoire>(std::move(skills));
  }

  hub::Hub& hub_;
  const TaughtExamples& taught_;
  Executor background_;
  std::mutex mutex_;
  std::pair<std::uint64_t, std::uint64_t> version_;  ///< of the registry, of what was taught
  std::map<std::string, std::shared_ptr<const dialogue::Repertoire>> made_;
};

class ConciergeSolution final : public hub::ProducingService {
 public:
  /// `model` may be null.
  ConciergeSolution(hub::Hub& hub, Repertoires& repertoires, LanguageModel* model)
      : hub_(hub), repertoires_(repertoires), model_(model) {}

  std::unique_ptr<hub::EventStream> reattach(std::shared_ptr<const model::Call> call,
                                             model::Accepted accepted,
                                             hub::CallContext context) override {
    auto self = std::static_pointer_cast<ConciergeSolution>(shared_from_this());
    return hub::make_stream(std::move(context),
                            [self, call = std::move(call), context_id = accepted.upstream_task](
                                hub::Emitter& out) -> Awaitable<Result<model::Output>> {
                              return self->lead(call, ContextId(context_id), /*resumes=*/true, out);
                            });
  }

 protected:
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override {
    ContextId context = call->context.empty() ? ContextId(call->id.str()) : call->context;
    return lead(std::move(call), std::move(context), /*resumes=*/false, out);
  }

 private:
  Awaitable<Result<model::Output>> lead(std::shared_ptr<const model::Call> call, ContextId context,
                                        bool resumes, hub::Emitter& out) {
    const auto self = shared_from_this();
    std::string key = std::format("{}\n{}", call->principal.name, context.str());
    LiveTalks::Turn turn(talks_, key, out.executor());
    while (!turn.taken() && resumes) {
      // What it said was heard in its first life: it waits for its turn and says nothing twice.
      const CancelToken cancelled = out.cancelled();
      const bool slept = co_await sleep_for(Milliseconds(hub::kTaskRejoinStepMs), cancelled);
      if (!slept) co_return fail(cancelled.why());
      turn.take();
    }
    if (!turn.taken()) {
      std::string words = last_words(*call);
      co_return co_await speak_to(std::move(key), std::move(words));
    }
    co_await wait_for_solutions(call, context, resumes, out);
    auto repertoire = co_await repertoires_.of(call->principal);
    ConciergeTalk talk({.hub = hub_,
                        .call = *call,
                        .context = context,
                        .repertoire = std::move(repertoire),
                        .model = model_,
                        .out = out});
    turn.begin(talk);
    auto outcome = co_await talk.run(resumes);
    co_return outcome;
  }

  /// To a conversation that another call leads.
  Awaitable<Result<model::Output>> speak_to(std::string key, std::string words) {
    auto said = co_await talks_.interrupt(std::move(key), std::move(words));
    if (!said) {
      co_return fail(Reason::rate_limited,
                     "this conversation still waits for an answer to its last question; answer "
                     "that first");
    }
    model::Output output;
    output.turns.push_back({"", model::Role::assistant, "", {model::Part::text(*std::move(said))}});
    co_return output;
  }

  /// After a restart those who are to do what was wished may join a little later.
  Awaitable<> wait_for_solutions(std::shared_ptr<const model::Call> call, ContextId context,
                                 bool resumes, hub::Emitter& out) {
    std::string owner = call->principal.name;
    const auto kept = co_await hub_.contexts().get(std::move(owner), std::move(context));
    if (!kept || !*kept) co_return;
    const auto conversation = dialogue::conversation_from_json(**kept);
    if (!conversation) co_return;
    const auto until =
        hub_.clock().steady() + Milliseconds(resumes ? hub::kTaskRejoinMs : kRejoinPauseMs);
    while (hub_.clock().steady() < until && lacks_one(*conversation)) {
      const CancelToken cancelled = out.cancelled();
      const bool slept = co_await sleep_for(Milliseconds(hub::kTaskRejoinStepMs), cancelled);
      if (!slept) co_return;
    }
  }

  bool lacks_one(const dialogue::Conversation& conversation) const {
    const auto snapshot = hub_.registry().snapshot();
    return std::ranges::any_of(conversation.wishes, [&](const dialogue::Wish& wish) {
      return !dialogue::is_over(wish.state) && snapshot->find(wish.solution) == nullptr;
    });
  }

  hub::Hub& hub_;
  Repertoires& repertoires_;
  LanguageModel* model_;
  LiveTalks talks_;
};

std::shared_ptr<const hub::Entry> entry_of(std::shared_ptr<hub::Service> service) {
  model::Solution solution;
  solution.id = SolutionId(std::string(kConciergeName));
  solution.title = "Concierge";
  solution.description =
      "Understands a plain sentence, asks for what is missing, and has the solutions that have "
      "joined here do it";
  solution.version = "1";
  solution.kind = model::Kind::agent;
  solution.protocol = "weft";
  solution.caps = {.stream = true, .tasks = true, .cancel = true, .multi_turn = true, .ask = true};
  model::Skill skill;
  skill.id = SkillId(std::string(kConciergeSkill));
  skill.title = "Ask";
  skill.description = "Say what you want in your own words";
  skill.shape = model::Shape::converse;
  skill.media_in = {"text/plain"};
  skill.media_out = {"text/plain"};
  // What it calls asks for itself.
  skill.effects = {.read_only = false, .destructive = false};
  solution.skills.push_back(std::move(skill));
  hub::JoinRequest request;
  request.id = solution.id;
  request.protocol = solution.protocol;
  request.source = hub::Source::built_in;
  request.origin = "weft";
  auto entry = hub::make_entry(std::move(solution), std::move(service), std::move(request),
                               "it is part of weft");
  entry->counters->health = hub::Health::up;
  return entry;
}

class Trainer final : public dialogue::Training {
 public:
  Trainer(hub::Hub& hub, TaughtExamples& taught, Repertoires& repertoires)
      : hub_(hub), taught_(taught), repertoires_(repertoires) {}

  Awaitable<Result<std::size_t>> teach(std::string skill, std::string example) override {
    WEFT_CO_TRY(const std::string name, known(skill));
    std::string key = name;
    auto count = co_await taught_.add(std::move(key), std::move(example));
    co_return count;
  }
  /// Of one that has left, too.
  Awaitable<Result<void>> forget(std::string skill, std::string example) override {
    return taught_.remove(std::move(skill), std::move(example));
  }
  json::value taught() const override { return taught_.to_json(); }

  Awaitable<Result<json::value>> test(model::Principal principal,
                                      std::vector<dialogue::LabelledSentence> sentences) override {
    const auto repertoire = co_await repertoires_.of(principal);
    std::vector<dialogue::RoutedQuery> queries;
    queries.reserve(sentences.size());
    for (auto& each : sentences) {
      dialogue::RoutedQuery query{.text = std::move(each.text), .gold = std::nullopt};
      if (each.gold) {
        const auto* skill = repertoire->find(*each.gold);
        if (skill == nullptr) {
          co_return fail(
              Reason::invalid_argument,
              std::format("there is no skill `{}` here that could be asked for", *each.gold));
        }
        query.gold = static_cast<std::size_t>(skill - repertoire->skills().data());
      }
      queries.push_back(std::move(query));
    }
    co_return report(*repertoire, queries);
  }

 private:
  Result<std::string> known(const std::string& name) const {
    const auto slash = name.find('/');
    const auto snapshot = hub_.registry().snapshot();
    WEFT_TRY(const auto found,
             hub::find_skill(*snapshot, name.substr(0, slash),
                             slash == std::string::npos ? "" : name.substr(slash + 1)));
    return std::format("{}/{}", found.entry->solution->id.str(), found.skill->id.str());
  }

  static json::value report(const dialogue::Repertoire& repertoire,
                            const std::vector<dialogue::RoutedQuery>& queries) {
    const auto name = [&](std::size_t skill) { return repertoire.skills()[skill].name(); };
    std::size_t right = 0;
    std::map<std::pair<std::string, std::string>, std::size_t> confused;
    json::array wrong;
    for (const auto& query : queries) {
      const dialogue::Routing routing = repertoire.route(query.text);
      const bool declined = routing.zone == dialogue::Zone::decline || routing.ranked.empty();
      const bool fits =
          query.gold ? !declined && routing.ranked.front().skill == *query.gold : declined;
      if (fits) {
        ++right;
        continue;
      }
      const std::string gold = query.gold ? name(*query.gold) : "none";
      const std::string found = declined ? "none" : name(routing.ranked.front().skill);
      ++confused[{gold, found}];
      json::object each{{"text", query.text},
                        {"gold", gold},
                        {"found", found},
                        {"zone", to_string(routing.zone)}};
      if (!routing.ranked.empty()) each["score"] = routing.ranked.front().score;
      wrong.push_back(std::move(each));
    }
    std::vector<std::pair<std::size_t, std::pair<std::string, std::string>>> pairs;
    pairs.reserve(confused.size());
    for (const auto& [pair, count] : confused) pairs.emplace_back(count, pair);
    std::ranges::stable_sort(pairs, std::ranges::greater(),
                             [](const auto& each) { return each.first; });
    json::array shown;
    for (const auto& [count, pair] : pairs)
      shown.push_back(json::object{{"gold", pair.first}, {"found", pair.second}, {"count", count}});
    const auto& thresholds = repertoire.thresholds();
    return json::object{
        {"queries", queries.size()},
        {"right", right},
        {"accuracy", queries.empty() ? 0.0 : double(right) / double(queries.size())},
        {"thresholds",
         json::object{{"low", thresholds.low}, {"high", thresholds.high}, {"gap", thresholds.gap}}},
        {"confused", std::move(shown)},
        {"wrong", std::move(wrong)}};
  }

  hub::Hub& hub_;
  TaughtExamples& taught_;
  Repertoires& repertoires_;
};

class JoinedConcierge final : public ConciergeService {
 public:
  explicit JoinedConcierge(Parts parts)
      : hub_(parts.hub),
        taught_(parts.tables),
        repertoires_(parts.hub, taught_, parts.background),
        trainer_(parts.hub, taught_, repertoires_),
        model_(parts.config.llm
                   ? std::make_unique<LanguageModel>(parts.hub, *std::move(parts.config.llm))
                   : nullptr),
        entry_(
            entry_of(std::make_shared<ConciergeSolution>(parts.hub, repertoires_, model_.get()))) {
    // Not from within the change: others would hear of the two in the wrong order.
    hub_.registry().on_change([this, background = parts.background](const hub::Snapshot&) {
      boost::asio::post(background, [this] { look(*hub_.registry().snapshot()); });
    });
  }

  Awaitable<Result<void>> start() override { return taught_.load(); }
  dialogue::Training& training() override { return trainer_; }

 private:
  void look(const hub::Snapshot& snapshot) {
    std::vector<std::string> refused;
    const bool needed = std::ranges::any_of(snapshot.entries, [&](const auto& entry) {
      return !is_concierge(*entry) && !dialogue::known_skills(*entry->solution, refused).empty();
    });
    const hub::Entry* there = snapshot.find(kConciergeName);
    if (needed && there == nullptr) {
      (void)hub_.registry().add(entry_);
    } else if (!needed && there != nullptr && is_concierge(*there)) {
      (void)hub_.registry().remove(entry_->solution->id);
    }
  }

  hub::Hub& hub_;
  TaughtExamples taught_;
  Repertoires repertoires_;
  Trainer trainer_;
  std::unique_ptr<LanguageModel> model_;  ///< null: none is configured
  std::shared_ptr<const hub::Entry> entry_;
};

}  // namespace

std::unique_ptr<ConciergeService> ConciergeService::create(Parts parts) {
  return std::make_unique<JoinedConcierge>(std::move(parts));
}

}  // namespace weft::app

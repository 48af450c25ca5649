#include "weft/app/concierge_service.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <format>
#include <map>
#include <mutex>
#include <set>

#include "weft/app/concierge_talk.h"
#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/dialogue/talk/concierge.h"
#include "weft/hub/producer.h"

namespace weft::app {
namespace {

/// Of several keys with lists of their own.
constexpr std::size_t kRepertoiresMax = 16;

bool is_concierge(const hub::Entry& entry) {
  return entry.request.source == hub::Source::built_in &&
         entry.solution->id.str() == kConciergeName;
}

/// Repertoires of what somebody may call, made anew when the registry changed.
class Repertoires {
 public:
  Repertoires(hub::Hub& hub, Executor background) : hub_(hub), background_(background) {}

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
    {
      const std::lock_guard lock(mutex_);
      if (version_ != snapshot->version) made_.clear();
      version_ = snapshot->version;
      if (const auto at = made_.find(names); at != made_.end()) co_return at->second;
    }
    auto work = train(std::move(entries));
    auto made = co_await on_loop(background_, std::move(work));
    const std::lock_guard lock(mutex_);
    if (version_ == snapshot->version) {
      if (made_.size() >= kRepertoiresMax) made_.clear();
      made_[names] = made;
    }
    co_return made;
  }

 private:
  static Awaitable<std::shared_ptr<const dialogue::Repertoire>> train(
      std::vector<std::shared_ptr<const hub::Entry>> entries) {
    std::vector<dialogue::KnownSkill> skills;
    std::vector<std::string> refused;
    for (const auto& entry : entries) {
      auto known = dialogue::known_skills(*entry->solution, refused);
      std::ranges::move(known, std::back_inserter(skills));
    }
    for (const std::string& line : refused) log::warn("the concierge cannot offer {}", line);
    co_return std::make_shared<const dialogue::Repertoire>(std::move(skills));
  }

  hub::Hub& hub_;
  Executor background_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::map<std::string, std::shared_ptr<const dialogue::Repertoire>> made_;
};

class ConciergeSolution final : public hub::ProducingService {
 public:
  ConciergeSolution(hub::Hub& hub, Executor background)
      : hub_(hub), repertoires_(hub, background) {}

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
  /// One at a time leads a conversation.
  class Turn {
   public:
    Turn(ConciergeSolution& of, std::string key) : of_(of), key_(std::move(key)) {
      const std::lock_guard lock(of_.mutex_);
      taken_ = of_.led_.insert(key_).second;
    }
    ~Turn() {
      if (!taken_) return;
      const std::lock_guard lock(of_.mutex_);
      of_.led_.erase(key_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool taken() const { return taken_; }

   private:
    ConciergeSolution& of_;
    std::string key_;
    bool taken_ = false;
  };

  Awaitable<Result<model::Output>> lead(std::shared_ptr<const model::Call> call, ContextId context,
                                        bool resumes, hub::Emitter& out) {
    const auto self = shared_from_this();
    const Turn turn(*this, std::format("{}\n{}", call->principal.name, context.str()));
    if (!turn.taken()) {
      co_return fail(Reason::rate_limited,
                     "this conversation still waits for an answer to its last question; answer "
                     "that first");
    }
    auto repertoire = co_await repertoires_.of(call->principal);
    ConciergeTalk talk({.hub = hub_,
                        .call = *call,
                        .context = context,
                        .repertoire = std::move(repertoire),
                        .out = out});
    auto outcome = co_await talk.run(resumes);
    co_return outcome;
  }

  hub::Hub& hub_;
  Repertoires repertoires_;
  std::mutex mutex_;
  std::set<std::string> led_;
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
  return hub::make_entry(std::move(solution), std::move(service), std::move(request),
                         "it is part of weft");
}

class JoinedConcierge final : public ConciergeService {
 public:
  explicit JoinedConcierge(Parts parts)
      : hub_(parts.hub),
        entry_(entry_of(std::make_shared<ConciergeSolution>(parts.hub, parts.background))) {
    // Not from within the change: others would hear of the two in the wrong order.
    hub_.registry().on_change([this, background = parts.background](const hub::Snapshot&) {
      boost::asio::post(background, [this] { look(*hub_.registry().snapshot()); });
    });
  }

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
  std::shared_ptr<const hub::Entry> entry_;
};

}  // namespace

std::unique_ptr<ConciergeService> ConciergeService::create(Parts parts) {
  return std::make_unique<JoinedConcierge>(parts);
}

}  // namespace weft::app

#include "weft/adapters/openai/contexts.h"

#include <format>

#include "weft/adapters/openai/conversation.h"

namespace weft::adapters::openai {
namespace {

/// What is called, by whatever name of it: no context is shared by two skills.
std::string target_of(const model::Call& call) {
  return std::format("{}/{}", call.solution.str(), call.skill.str());
}

}  // namespace

Contexts::Contexts(std::size_t entries_max, Milliseconds kept)
    : entries_max_(entries_max), kept_(kept) {}

void Contexts::forget_old(SteadyTime now) {
  while (!entries_.empty() &&
         (entries_.size() > entries_max_ || now - entries_.back().since > kept_)) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void Contexts::keep(std::string key, ContextId context, SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    entries_.erase(found->second);
    index_.erase(found);
  }
  entries_.push_front({key, std::move(context), now});
  index_.emplace(std::move(key), entries_.begin());
  forget_old(now);
}

ContextId Contexts::take(const std::string& key, SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  forget_old(now);
  const auto found = index_.find(key);
  if (found == index_.end()) return {};
  ContextId context = std::move(found->second->context);
  entries_.erase(found->second);
  index_.erase(found);
  return context;
}

void Continuation::put_back() {
  if (key_.empty()) return;
  contexts_.keep(key_, context_, clock_.steady());
  key_.clear();
}

ContextId Continuation::begin(const model::Call& call, Random& random) {
  key_ = key_before_last(call.principal.name, target_of(call), call.turns);
  if (!key_.empty()) context_ = contexts_.take(key_, clock_.steady());
  if (context_.empty()) {
    key_.clear();
    context_ = ContextId(make_ulid(clock_.unix_ms(), random));
  }
  return context_;
}

void Continuation::answered(const model::Call& call, const model::Turn& said) {
  if (context_.empty()) return;
  key_.clear();
  contexts_.keep(key_after(call.principal.name, target_of(call), call.turns, said), context_,
                 clock_.steady());
}

}  // namespace weft::adapters::openai

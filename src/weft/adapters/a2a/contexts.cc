#include "weft/adapters/a2a/contexts.h"

namespace weft::adapters::a2a {
namespace {

/// The length keeps two pairs of strings from meaning one key.
std::string key_of(std::string_view principal, std::string_view ours) {
  std::string key = std::to_string(principal.size());
  key += ':';
  key += principal;
  key += ours;
  return key;
}

}  // namespace

void Contexts::remember(std::string_view principal, std::string_view ours, std::string theirs) {
  if (ours.empty() || theirs.empty()) return;
  std::string key = key_of(principal, ours);
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    found->second->second = std::move(theirs);
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= entries_max_) {
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }
  entries_.emplace_front(key, std::move(theirs));
  index_.emplace(std::move(key), entries_.begin());
}

std::string Contexts::find(std::string_view principal, std::string_view ours) {
  if (ours.empty()) return {};
  const std::string key = key_of(principal, ours);
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return {};
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

}  // namespace weft::adapters::a2a

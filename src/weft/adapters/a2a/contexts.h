// Which upstream conversation goes on with which conversation of the hub, and whose upstream tasks
// are whose. Keyed by the caller, so that nobody goes on with another's. Owned by the service of
// one solution; any thread.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace weft::adapters::a2a {

/// Forgets what was not used for longest when it is full.
class Contexts {
 public:
  explicit Contexts(std::size_t entries_max) : entries_max_(entries_max) {}

  void remember(std::string_view principal, std::string_view ours, std::string theirs);
  /// Empty when nothing is known.
  std::string find(std::string_view principal, std::string_view ours);

 private:
  using Entry = std::pair<std::string, std::string>;
  std::mutex mutex_;
  std::size_t entries_max_;
  std::list<Entry> entries_;  ///< the one used last in front
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace weft::adapters::a2a

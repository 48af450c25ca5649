// Parts of one sentence, each ranked once however often it is looked at. Owned by who hears the
// sentence; one thread.
#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "weft/dialogue/talk/repertoire.h"

namespace weft::dialogue {

class RoutedParts {
 public:
  /// The sentence outlives it.
  explicit RoutedParts(const Repertoire& repertoire) : repertoire_(repertoire) {}

  /// A part means what another means.
  void means(std::string_view part, std::string_view other) {
    routings_.insert_or_assign({part.data(), part.size()}, of(other));
  }
  const Routing& of(std::string_view part) {
    const auto [at, added] = routings_.try_emplace({part.data(), part.size()});
    if (added) at->second = repertoire_.route(part);
    return at->second;
  }

 private:
  const Repertoire& repertoire_;
  std::map<std::pair<const char*, std::size_t>, Routing> routings_;
};

}  // namespace weft::dialogue

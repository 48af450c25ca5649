// The cards that weft shows: one for each solution, and the hub's own with all their skills. Owned
// by the server; pure.
#pragma once

#include <string>

#include "weft/adapters/a2a/card.h"
#include "weft/hub/registry.h"

namespace weft::adapters::a2a {

struct Shown {
  /// Where callers reach the hub.
  std::string url;
  /// Callers need a key.
  bool bearer = false;
};

Card solution_card(const hub::Entry& entry, const Shown& shown);
/// `full`: with the skills and tenants; what anybody may see has none of them.
Card hub_card(const hub::Snapshot& snapshot, const Shown& shown, bool full);

}  // namespace weft::adapters::a2a

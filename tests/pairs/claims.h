// What each protocol says of itself: what it tells in another form, and what it has no place for.
// Owned by the tests; pure.
#pragma once

#include <string>

#include "aspects.h"
#include "chain.h"

namespace weft::pairs {

/// What is wrong with how the crossings carried an answer; empty when the law holds: what came is
/// what was sent but for what was reported as lost, and what was reported is what differs.
std::string broken_law(const std::vector<Hop>& hops);

/// Declared: whether a crossing of this protocol tells this aspect of the answer otherwise in a
/// stream than at once.
bool told_otherwise(std::string_view protocol, Aspect aspect, const model::Output& sent);

}  // namespace weft::pairs

// Two encoders into one space: of what people say when they mean a skill, and of what the skill
// says of itself, trained so that a skill's own utterances are nearest to it. Services have no part
// in it: it sees the words of schemas alone, with fields and words left out at random, so that it
// knows none by heart. Owned by the training of affinities; one thread.
#pragma once

#include <span>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/router/affinity.h"
#include "weft/dialogue/training/affinity/sgd.h"
#include "weft/dialogue/training/affinity/wordnet.h"

namespace weft::dialogue {

/// A table from the skills and dialogues that it learns from, and definitions of words beyond
/// those. The same give the same table.
/// Errors: Reason::invalid_argument (an intent that no skill has, no word).
Result<AffinityParts> train_affinity(std::span<const RoutedSkill> skills,
                                     const SgdSayings& dialogues, const Definitions& definitions);

}  // namespace weft::dialogue

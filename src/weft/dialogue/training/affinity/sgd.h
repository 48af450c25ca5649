// Schema-guided dialogues (DSTC8) in their own format: which skills there are, and what people said
// when they first meant one. Owned by who read it; plain data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/router/skill.h"

namespace weft::dialogue {

/// The skills of a schema file: each intent of each service, by the id `SERVICE/INTENT`. The name
/// is the intent's; the description is the intent's and then the service's; the parameters are the
/// slots that the intent requires or takes, with the values of categorical ones. Errors:
/// Reason::invalid_argument.
Result<std::vector<RoutedSkill>> read_sgd_skills(const std::filesystem::path& file);

/// A turn of a person that begins an intent (an act INFORM_INTENT).
struct IntentTurn {
  std::string text;
  std::string skill;  ///< `SERVICE/INTENT`
};

struct SgdSayings {
  std::vector<IntentTurn> intents;
  std::vector<std::string> utterances;  ///< of both sides
};
/// The files `dialogues_*.json` of a folder, in the order of their names. Errors: as above, and a
/// folder without any.
Result<SgdSayings> read_sgd_sayings(const std::filesystem::path& folder);

}  // namespace weft::dialogue

// What can be asked for here: the skills of all that has joined, as a person would ask for them,
// and the router over them. Owned by whoever made it; immutable, any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/dialogue/router/router.h"
#include "weft/dialogue/slots/prepared.h"
#include "weft/dialogue/slots/slot.h"
#include "weft/model/solution.h"

namespace weft::dialogue {

struct KnownSkill {
  std::string solution;
  std::string skill;
  std::string title;  ///< as a person reads it; a repertoire makes each another
  std::string description;
  std::vector<std::string> examples;
  std::vector<std::string> tags;
  bool converses = false;  ///< it takes sentences, and asks itself
  bool risky = true;       ///< it does not say that it only reads, or harms nothing
  std::vector<Slot> slots;
  std::optional<json::value> schema;
  /// As the filler sees its slots; made by the repertoire.
  std::shared_ptr<const PreparedForm> form;
  std::string name() const { return solution + "/" + skill; }
  const Slot* slot(std::string_view slot_name) const;
};

/// Those of a solution that a person can ask for: what acts on structured arguments, and agents.
/// `refused` gets a line for each whose schema no form can be made of.
std::vector<KnownSkill> known_skills(const model::Solution& solution,
                                     std::vector<std::string>& refused);

class Repertoire {
 public:
  explicit Repertoire(std::vector<KnownSkill> skills);

  const std::vector<KnownSkill>& skills() const { return skills_; }
  const KnownSkill* find(std::string_view name) const;
  /// With nothing here, all is declined.
  Routing route(std::string_view utterance) const;
  /// The skill that has these words for its title, and no other has.
  std::optional<std::size_t> titled(std::string_view utterance) const;
  const Thresholds& thresholds() const;
  const KnownSkill& ranked(const RankedSkill& skill) const { return skills_[skill.skill]; }
  /// A value for a slot in the type that the schema wants it in.
  static json::value typed(const KnownSkill& skill, const Slot& slot, std::string_view text);

 private:
  std::vector<KnownSkill> skills_;
  std::optional<Router> router_;
  /// By the words of a title; none where several have it.
  std::unordered_map<std::string, std::optional<std::size_t>> titles_;
};

}  // namespace weft::dialogue

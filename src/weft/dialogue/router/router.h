// Which skill an utterance asks for, from what skills say of themselves and the examples they have.
// Owned by whoever trained it; immutable but for the thresholds, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/router/classifier.h"

namespace weft::dialogue {

struct RoutedSkill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> examples;
};

struct RankedSkill {
  std::size_t skill = 0;  ///< in the order they were given
  float score = 0;
};

/// Go: it is clear. Ask: name some and let the person say. Decline: nothing fits.
enum class Zone : std::uint8_t { go, ask, decline };
std::string_view to_string(Zone zone);

struct Thresholds {
  float low = -0.75F;  ///< a first score below it is declined
  float high = -0.4F;  ///< from it on it is clear,
  float gap = 0.1F;    ///< where the second is so much less
};

struct Routing {
  Zone zone = Zone::decline;
  std::vector<RankedSkill> ranked;  ///< best first, at most kRankedMax
};

inline constexpr std::size_t kRankedMax = 20;

class Router {
 public:
  /// A skill's name and description are examples, too. Errors: Reason::invalid_argument (no skill,
  /// one that says nothing of itself, more than kRoutedSkillsMax or kExamplesMax).
  static Result<Router> train(std::span<const RoutedSkill> skills);

  Routing route(std::string_view utterance) const;
  std::vector<RankedSkill> rank(std::string_view utterance) const;
  /// So that one in twenty of these, which all mean a skill, is declined, and one in five asked
  /// back about.
  void calibrate(std::span<const std::string> meant);
  const Thresholds& thresholds() const { return thresholds_; }
  std::size_t bytes() const { return classifier_.bytes(); }

 private:
  explicit Router(Classifier classifier) : classifier_(std::move(classifier)) {}

  Classifier classifier_;
  Thresholds thresholds_;
};

}  // namespace weft::dialogue

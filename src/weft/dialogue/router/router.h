// Which skill an utterance asks for, from what skills say of themselves and the examples they have:
// the fewer examples, the more counts what they say. Owned by whoever trained it; immutable but for
// the thresholds, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/router/classifier.h"
#include "weft/dialogue/router/matcher.h"
#include "weft/dialogue/router/nearest.h"
#include "weft/dialogue/router/skill.h"

namespace weft::dialogue {

struct RankedSkill {
  std::size_t skill = 0;  ///< in the order they were given
  float score = 0;
};

/// Go: it is clear. Ask: name some and let the person say. Decline: nothing fits.
enum class Zone : std::uint8_t { go, ask, decline };
std::string_view to_string(Zone zone);

struct Thresholds {
  float low = -0.6F;    ///< a first score below it is declined
  float high = -0.25F;  ///< from it on it is clear,
  float gap = 0.1F;     ///< where the second is so much less
};

struct Routing {
  Zone zone = Zone::decline;
  std::vector<RankedSkill> ranked;  ///< best first, at most kRankedMax
};

inline constexpr std::size_t kRankedMax = 20;

class Router {
 public:
  /// A skill's name and description are examples, too, where it has some. Errors:
  /// Reason::invalid_argument (no skill, one that says nothing of itself, more than
  /// kRoutedSkillsMax or kExamplesMax). `affinity` outlives the router.
  static Result<Router> train(std::span<const RoutedSkill> skills,
                              const Affinity& affinity = Affinity::built_in());

  Routing route(std::string_view utterance) const;
  std::vector<RankedSkill> rank(std::string_view utterance) const;
  /// So that one in twenty of these, which all mean a skill, is declined, and one in five asked
  /// back about.
  void calibrate(std::span<const std::string> meant);
  const Thresholds& thresholds() const { return thresholds_; }
  std::size_t bytes() const;

 private:
  explicit Router(Matcher matcher) : matcher_(std::move(matcher)) {}

  struct Scores {
    std::vector<float> skills;
    std::vector<float> shared;  ///< Matches::shared
    float background = 0;       ///< how much it is like what asks for nothing; 0: not at all
  };
  Scores scores(const Utterance& utterance) const;

  Matcher matcher_;
  /// Where there are examples. Its last class is none of the skills.
  std::optional<Classifier> classifier_;
  float background_share_ = 0;             ///< what being like the background counts, of 1
  std::optional<NearestExample> nearest_;  ///< the same
  std::vector<float> learned_;             ///< of each skill: what the classifier counts, of 1
  Thresholds thresholds_;
};

}  // namespace weft::dialogue

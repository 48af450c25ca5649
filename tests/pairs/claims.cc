#include "claims.h"

#include <algorithm>
#include <format>

#include "weft/adapters/openai/answer.h"

namespace weft::pairs {
namespace {

using model::Output;

// ---- what an answer has, for claims that hold only then

/// weft's own REST answers with the data alone.
bool is_structured(const Output& output) { return model::plain_data(output).has_value(); }

// ---- the claims

/// How a difference that nobody reported is to be taken.
enum class Kind : std::uint8_t {
  in_words,  ///< it is told among the words: a form, not a loss
  no_place,  ///< the protocol has no place for it
};

struct Claim {
  std::string_view protocol;
  Aspect aspect;
  Kind kind;
  std::string_view why;
};

/// Declared: each with its clause of protocols.md.
constexpr std::array kDeclared{
    Claim{"openai", Aspect::data, Kind::in_words, "§14.3: JSON is the content, as compact JSON"},
    Claim{"openai", Aspect::files, Kind::in_words, "§14.3: binary is a data URL in the content"},
    Claim{"openai", Aspect::file_names, Kind::no_place, "§14.3: a data URL has no name"},
    Claim{"openai", Aspect::links, Kind::in_words,
          "§14.3: the content of a message is text; a link is its address"},
    Claim{"openai", Aspect::text_types, Kind::no_place,
          "§14.3: text is message.content, which has no media type"},
    Claim{"openai", Aspect::opaque, Kind::no_place,
          "§14.6 Responses -> chat: chat has no reasoning items, only their words"},
    Claim{"openai", Aspect::model, Kind::no_place,
          "§14.1: `model` is the outward name that was asked for"},
    Claim{"mcp", Aspect::text_types, Kind::no_place,
          "§14.3: text is a text content block, which has no media type"},
};

// ---- holding a crossing against them

/// The finishes that chat's own words for one come back as (openai/answer.h).
bool coarsened_finish(const Output& sent, const Output& came) {
  using adapters::openai::finish_from;
  using adapters::openai::finish_word;
  return came.finish == finish_from(finish_word(sent));
}

class Held {
 public:
  explicit Held(const Hop& hop)
      : hop_(hop),
        sent_(aspects_of(hop.protocol == "a2a" ? as_turns(*hop.sent.outcome) : *hop.sent.outcome)),
        came_(aspects_of(read(hop))) {
    for (const auto& loss : hop.losses) {
      for (const Aspect aspect : aspects_of(loss)) reported_.insert(aspect);
      files_grew_ = files_grew_ || became_file(loss);
    }
  }

  std::string fault() const {
    for (const Aspect aspect : all_aspects()) {
      if (!carried(aspect))
        return std::format("{} differs, and nothing was reported", to_string(aspect));
    }
    for (const auto& loss : hop_.losses) {
      const auto aspects = aspects_of(loss);
      const bool told =
          std::ranges::any_of(aspects, [&](Aspect a) { return !identical(sent_, came_, a); });
      if (aspects.empty()) return std::format("a loss of `{}`: of what?", loss.from);
      if (!told)
        return std::format("`{}` was reported as lost, and nothing of it differs", loss.from);
    }
    return {};
  }

 private:
  static Output read(const Hop& hop) {
    if (hop.protocol == "a2a") return as_turns(*hop.came.outcome);
    const bool form = hop.protocol == "mcp" && hop.shape == model::Shape::converse;
    return form ? spelt_out(*hop.came.outcome) : *hop.came.outcome;
  }
  /// A2A tells what a turn said in an artifact of this name (§14.3): it is no artifact of the
  /// solution's.
  static Output as_turns(Output output) {
    for (const auto& artifact : output.artifacts) {
      if (artifact.name != "answer" || !artifact.id.starts_with("answer")) continue;
      model::Turn turn;
      turn.role = model::Role::assistant;
      turn.parts = artifact.parts;
      output.turns.push_back(std::move(turn));
    }
    std::erase_if(output.artifacts, [](const auto& artifact) {
      return artifact.name == "answer" && artifact.id.starts_with("answer");
    });
    return output;
  }
  bool unchanged(Aspect aspect) const { return same(sent_, came_, aspect); }

  bool carried(Aspect aspect) const {
    if (unchanged(aspect) || reported_.contains(aspect)) return true;
    if (aspect == Aspect::files && files_grew_ &&
        std::ranges::includes(came_[aspect], sent_[aspect]))
      return true;
    if (aspect == Aspect::finish && hop_.protocol == "openai")
      return coarsened_finish(*hop_.sent.outcome, *hop_.came.outcome);
    return std::ranges::any_of(kDeclared, [&](const Claim& claim) { return holds(claim, aspect); });
  }

  bool holds(const Claim& claim, Aspect aspect) const {
    if (claim.protocol != hop_.protocol || claim.aspect != aspect) return false;
    return claim.kind == Kind::no_place || in_words(sent_, came_, aspect);
  }

  const Hop& hop_;
  Aspects sent_;
  Aspects came_;
  std::set<Aspect> reported_;
  bool files_grew_ = false;
};

/// A refusal through A2A is a task in TASK_STATE_REJECTED, which is an error (§14.5, refused).
bool rejected(const Hop& hop) {
  return hop.protocol == "a2a" && hop.sent.outcome->finish == model::Finish::refused &&
         hop.came.outcome.error().reason == Reason::refused;
}

std::string law(const Hop& hop) {
  if (!hop.sent.outcome) return {};
  if (hop.came.outcome) return Held(hop).fault();
  if (rejected(hop)) return {};
  return "an answer became an error: " + hop.came.outcome.error().message;
}

std::string explain(const Hop& hop, const std::string& fault) {
  return std::format("{} ({}, {}): {}\n  sent {}\n  came {}\n  reported {}\n{}", hop.protocol,
                     hop.shape == model::Shape::converse ? "conversation" : "result",
                     hop.streams ? "stream" : "unary", fault, show(*hop.sent.outcome),
                     hop.came.outcome ? show(*hop.came.outcome) : "an error", show(hop.losses),
                     hop.wire->transcript());
}

}  // namespace

std::string broken_law(const std::vector<Hop>& hops) {
  for (const Hop& hop : hops) {
    if (!hop.end_agrees) return explain(hop, "the End says other words than its deltas");
    if (const std::string fault = law(hop); !fault.empty()) return explain(hop, fault);
  }
  return {};
}

bool told_otherwise(std::string_view protocol, Aspect aspect, const Output& sent) {
  // A stream tells words in the order in which they came (openai/README.md, Streams).
  if (protocol == "openai") return aspect == Aspect::text && !sent.artifacts.empty();
  // A structured result stands alone; what streams beside it was told (openapi/README.md).
  return protocol == "openapi" && is_structured(sent);
}

}  // namespace weft::pairs

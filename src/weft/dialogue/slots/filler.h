// Which words of an utterance are the values of which slots: candidates times slots, each pair
// scored by the linear model, then assigned one to one from the surest on. Owned by dialogue;
// immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/acts/move.h"
#include "weft/dialogue/extract/value.h"
#include "weft/dialogue/slots/linear.h"
#include "weft/dialogue/slots/prepared.h"

namespace weft::dialogue {

/// What is known of a slot when the person begins to speak.
struct SlotContext {
  Use use = Use::none;      ///< by the running skill
  bool asked = false;       ///< in the system's last turn
  std::string_view filled;  ///< with that already; empty: it is not
  std::string_view told;    ///< the value that the system gave in its last turn; empty: none
};

/// Values that the system has named so far: which slots (by hash of their names) had them.
using KnownValues = std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>;
/// The key of a text there: of its words in lower case.
std::uint64_t known_key_of(std::string_view text, const Vocabulary& vocabulary);

struct Turn {
  std::string_view utterance;
  std::span<const Value> values;  ///< that were extracted from it
  const PreparedForm* form = nullptr;
  std::span<const SlotContext> slots;  ///< as the form's
  std::uint32_t system_acts = 0;       ///< of SystemTurn::acts(), of this form
  const KnownValues* known = nullptr;
  bool opens = false;  ///< a skill begins with this turn
};

struct Filling {
  std::size_t slot = 0;
  std::string value;  ///< the words themselves, a choice, True or False, or kDontCare
  std::size_t begin =
      0;  ///< bytes of the utterance, up to `end`; both 0 where no words stand for it
  std::size_t end = 0;
  float probability = 0;
};

/// A pair that is scored.
struct Candidate {
  enum class Kind : std::uint8_t { span, choice, truth, dont_care };
  Kind kind = Kind::span;
  std::size_t slot = 0;
  std::size_t first = 0;  ///< tokens, up to `last`; none where both are the same
  std::size_t last = 0;
  std::size_t choice = 0;  ///< of Slot::choices; of truth 0 and 1
};

/// The pairs of a turn and what is seen of each. Refers to the turn.
class Candidates {
 public:
  Candidates(const Turn& turn, const Vocabulary& vocabulary);

  const std::vector<Candidate>& all() const { return all_; }
  const std::vector<Token>& tokens() const { return tokens_; }
  void describe(const Candidate& candidate, Features& out) const;
  Filling filling_of(const Candidate& candidate) const;

 private:
  struct Span {
    std::size_t first;
    std::size_t last;
    std::uint64_t pattern;  ///< of the shapes of its words
    std::uint64_t key;
    std::uint64_t cover;  ///< how much of what is said it is, in steps
    std::uint64_t type;   ///< of the extracted value that it is
  };

  Span span_of(std::size_t first, std::size_t last) const;
  void add_spans();
  void add_choices(std::size_t slot);
  void describe_context(const Candidate& candidate, const Span& span, Features& out) const;
  /// Words beside a span.
  struct Around {
    std::uint64_t left;
    std::uint64_t right;
    std::uint64_t left_two;
  };
  void describe_slot_words(const PreparedSlot& slot, const Span& span, const Around& around,
                           Features& out) const;
  void describe_known(const Candidate& candidate, const Span& span, Features& out) const;
  void describe_names(std::size_t slot, const Span& span, Features& out) const;
  void describe_slot(const Candidate& candidate, Features& out) const;
  void describe_words(const Candidate& candidate, std::uint64_t value, Features& out) const;
  std::uint64_t situation_of(std::size_t slot) const;
  std::uint64_t left_of(std::size_t token) const;
  std::uint64_t right_of(std::size_t token) const;

  const Turn& turn_;
  std::vector<Token> tokens_;
  std::vector<std::uint64_t> stems_;
  std::vector<Candidate> all_;
  std::vector<std::size_t> said_;  ///< how many words before each are no function words
  std::size_t asked_ = 0;
};

class Filler {
 public:
  explicit Filler(const LinearModel& model, const Vocabulary& vocabulary)
      : model_(model), vocabulary_(vocabulary) {}

  /// Each slot at most once, no word for two of them. `least` is the probability from which on.
  std::vector<Filling> fill(const Turn& turn, float least = 0.5F) const;

 private:
  const LinearModel& model_;
  const Vocabulary& vocabulary_;
};

}  // namespace weft::dialogue

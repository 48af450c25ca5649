// A form as the linear questions see it: hashes of the words of its slots and skills. Owned by
// whoever prepared it; immutable, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/dialogue/language/vocabulary.h"
#include "weft/dialogue/slots/form.h"

namespace weft::dialogue {

/// What a skill does with a slot.
enum class Use : std::uint8_t { none, optional, required };

struct PreparedSlot {
  std::vector<std::uint64_t> name;                ///< words, function words too
  std::vector<std::uint64_t> description;         ///< without them
  std::vector<std::uint64_t> all;                 ///< of both, stemmed, each once
  std::vector<std::vector<std::string>> choices;  ///< words of each, lower case
  std::uint64_t kind = 0;
  std::uint64_t whole = 0;         ///< of the name's words together
  bool input = false;              ///< of some skill
  bool transaction_input = false;  ///< of a transactional one
  bool result = false;
};

struct PreparedSkill {
  std::vector<std::uint64_t> name;
  std::vector<std::uint64_t> description;
  std::vector<Use> uses;  ///< by slot
};

struct PreparedForm {
  Form form;
  std::vector<PreparedSlot> slots;
  std::vector<PreparedSkill> skills;
  bool transacts = false;  ///< one of the skills does
};

PreparedForm prepare(Form form, const Vocabulary& vocabulary);

/// The beginning of a word, which its other forms share.
std::uint64_t stem_hash_of(std::string_view word);

}  // namespace weft::dialogue

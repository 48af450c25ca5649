#include "weft/dialogue/slots/prepared.h"

#include <algorithm>

#include "weft/dialogue/router/words.h"
#include "weft/dialogue/slots/tokens.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kDescriptionWordsMax = 10;
constexpr std::size_t kStemBytes = 5;

std::vector<std::uint64_t> hashes_of(const std::vector<std::string>& words, std::size_t most) {
  std::vector<std::uint64_t> out;
  out.reserve(std::min(words.size(), most));
  for (const std::string& word : words) {
    if (out.size() >= most) break;
    const std::uint64_t hash = hash_of(word);
    if (!std::ranges::contains(out, hash)) out.push_back(hash);
  }
  return out;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Kinds whose values are said in the same words.
SlotKind like_of(SlotKind kind) {
  switch (kind) {
    case SlotKind::integer:
    case SlotKind::duration: return SlotKind::number;
    case SlotKind::date_time: return SlotKind::date;
    default: return kind;
  }
}

PreparedSlot prepare_slot(const Slot& slot, const Vocabulary& vocabulary) {
  PreparedSlot out;
  const std::vector<std::string> name = name_words_of(slot.name, vocabulary, true);
  const std::vector<std::string> description = name_words_of(slot.description, vocabulary, false);
  out.name = hashes_of(name, kDescriptionWordsMax);
  out.description = hashes_of(description, kDescriptionWordsMax);
  for (const auto* words : {&name, &description}) {
    for (const std::string& word : *words) {
      const ClassedWord* known = vocabulary.find(word);
      if (known != nullptr && known->word_class == WordClass::function) continue;
      const std::uint64_t stem = stem_hash_of(word);
      if (!std::ranges::contains(out.all, stem)) out.all.push_back(stem);
    }
  }
  for (const std::string& choice : slot.choices) out.choices.push_back(words_of(choice));
  out.kind = static_cast<std::uint64_t>(like_of(slot.kind)) + 1;
  // A list of numbers is asked for in other words than one of names.
  if (slot.kind == SlotKind::choice && std::ranges::all_of(slot.choices, is_number)) out.kind = 40;
  for (const std::string& word : name) out.whole = mix(out.whole, hash_of(word));
  return out;
}

}  // namespace

std::uint64_t stem_hash_of(std::string_view word) {
  if (word.ends_with("'s")) word.remove_suffix(2);
  if (word.size() > 3 && word.ends_with('s')) word.remove_suffix(1);
  return hash_of(word.substr(0, kStemBytes));
}

PreparedForm prepare(Form form, const Vocabulary& vocabulary) {
  PreparedForm out;
  out.slots.reserve(form.slots.size());
  for (const Slot& slot : form.slots) out.slots.push_back(prepare_slot(slot, vocabulary));
  out.skills.reserve(form.skills.size());
  for (const FormSkill& skill : form.skills) {
    PreparedSkill prepared;
    prepared.name = hashes_of(name_words_of(skill.name, vocabulary, false), kDescriptionWordsMax);
    prepared.description =
        hashes_of(name_words_of(skill.description, vocabulary, false), kDescriptionWordsMax);
    out.transacts = out.transacts || skill.transactional;
    prepared.uses.assign(form.slots.size(), Use::none);
    for (const OptionalSlot& each : skill.optional) prepared.uses[each.slot] = Use::optional;
    for (const std::size_t slot : skill.required) prepared.uses[slot] = Use::required;
    for (std::size_t slot = 0; slot < form.slots.size(); ++slot) {
      const bool used = prepared.uses[slot] != Use::none;
      out.slots[slot].input = out.slots[slot].input || used;
      if (used && skill.transactional) out.slots[slot].transaction_input = true;
    }
    for (const std::size_t slot : skill.results) out.slots[slot].result = true;
    out.skills.push_back(std::move(prepared));
  }
  out.form = std::move(form);
  return out;
}

}  // namespace weft::dialogue

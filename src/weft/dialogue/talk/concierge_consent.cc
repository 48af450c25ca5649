// The question for consent, and what is said to it.
#include "weft/dialogue/talk/concierge.h"

#include <algorithm>

#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::dialogue {
namespace {

/// Other values, whenever they were said.
bool changed(const std::map<std::string, Filled>& before,
             const std::map<std::string, Filled>& after) {
  return !std::ranges::equal(before, after, [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.value == b.second.value;
  });
}

std::string shown_value(const Filled& filled) {
  return filled.value.is_string() ? std::string(filled.value.get_string())
                                  : json::write(filled.value);
}

/// Where it came from; empty where the value is what was said, word for word.
std::string where_from(const Filled& filled, const Phrases& phrases) {
  if (filled.origin == Origin::said)
    return filled.shown == shown_value(filled) ? "" : "“" + filled.shown + "”";
  return filled.source.empty() ? std::string(phrases.said_before) : filled.source;
}

}  // namespace

std::string Concierge::consent_question(const Conversation& c) const {
  const Wish* wish = c.current();
  if (wish == nullptr) return "";
  std::string lines;
  for (const auto& [name, value] : wish->slots) {
    const std::string from = where_from(value, phrases_);
    if (!lines.empty()) lines += '\n';
    lines += from.empty() ? filled(phrases_.value_said, {readable(name), shown_value(value)})
                          : filled(phrases_.value_from, {readable(name), shown_value(value), from});
  }
  return filled(phrases_.confirm, {title_of(*wish) + " [" + wish->name() + "]", lines});
}

std::string Concierge::progress_of(const Conversation& c) const {
  const Wish* wish = c.current();
  if (wish == nullptr) return "";
  std::vector<std::string> values;
  for (const auto& [name, value] : wish->slots) {
    const std::string from = where_from(value, phrases_);
    values.push_back(readable(name) + " " + shown_value(value) +
                     (from.empty() ? "" : " (" + from + ")"));
  }
  std::string what = title_of(*wish) + " [" + wish->name() + "]";
  if (!values.empty()) what += ": " + listed(values, phrases_.and_word);
  return filled(phrases_.working, {what});
}

bool Concierge::consents(std::string_view words) const {
  const Reply reply = read_reply(phrases_.reply, words);
  // Who asks back has not agreed.
  return reply.act == Act::affirm && reply.only && !words.contains('?');
}

std::string Concierge::not_understood() const { return std::string(phrases_.ask_again); }

Concierge::Objection Concierge::object(Conversation& c, std::string_view words,
                                       std::chrono::local_seconds now) const {
  ++c.turn;
  Wish* wish = c.current();
  const KnownSkill* skill = wish == nullptr ? nullptr : repertoire_->find(wish->name());
  if (skill == nullptr) return Objection::refused;
  const Reply reply = read_reply(phrases_.reply, words);
  const bool says_no = reply.act == Act::negate || reply.act == Act::cancel;
  if (!(says_no && reply.only)) {
    const auto values = extract_(words, now);
    const auto before = wish->slots;
    const auto names = fill(
        *wish, *skill,
        {.text = words, .values = values, .turn = c.turn, .asked = {}, .corrects = true}, phrases_);
    if (changed(before, wish->slots)) {
      note_filled(c, *wish, names);
      return Objection::corrected;
    }
    if (!says_no) return Objection::unclear;
  }
  return Objection::refused;
}

}  // namespace weft::dialogue

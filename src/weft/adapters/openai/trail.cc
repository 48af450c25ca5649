#include "weft/adapters/openai/trail.h"

namespace weft::adapters::openai {

std::string TextTrail::piece(std::string_view text, bool own_line) {
  std::string out;
  if (text.empty()) return out;
  if (!said_.empty() && (own_line || last_own_line_)) out = "\n";
  last_own_line_ = own_line;
  out += text;
  said_ += out;
  return out;
}

std::string TextTrail::add(const model::Event& event) {
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) {
    return delta->kind == model::Delta::Kind::text ? piece(delta->text, false) : std::string();
  }
  const auto* artifact = std::get_if<model::Artifact>(&event.body);
  if (!artifact) return {};
  std::string out;
  for (const auto& part : artifact->parts) {
    const auto* text = std::get_if<model::Text>(&part.body);
    // Of the rest only the whole tells whether it is said at all.
    if (!text) return out;
    out += piece(text->text, true);
  }
  return out;
}

}  // namespace weft::adapters::openai

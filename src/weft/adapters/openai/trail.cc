#include "weft/adapters/openai/trail.h"

namespace weft::adapters::openai {

std::string TextTrail::piece(std::string_view text, const std::string& segment) {
  std::string out;
  if (text.empty()) return out;
  if (!said_.empty() && segment != segment_) out = "\n";
  segment_ = segment;
  out += text;
  said_ += out;
  return out;
}

std::string TextTrail::add(const model::Event& event) {
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) {
    return delta->kind == model::Delta::Kind::text ? piece(delta->text, "") : std::string();
  }
  const auto* artifact = std::get_if<model::Artifact>(&event.body);
  if (!artifact) return {};
  std::string out;
  for (const auto& part : artifact->parts) {
    const auto* text = std::get_if<model::Text>(&part.body);
    // Of the rest only the whole tells whether it is said at all.
    if (!text) return out;
    out += piece(text->text, "artifact " + artifact->id);
    if (&part != &artifact->parts.back()) segment_ = "next part";
  }
  return out;
}

}  // namespace weft::adapters::openai

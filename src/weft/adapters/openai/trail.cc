#include "weft/adapters/openai/trail.h"

#include "weft/adapters/openai/answer.h"

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
    if (delta->kind != model::Delta::Kind::text || delta->text.empty()) return {};
    speaks(false);
    spoke_ = true;
    return piece(delta->text, false);
  }
  const auto* artifact = std::get_if<model::Artifact>(&event.body);
  if (!artifact) return {};
  std::string out;
  for (const auto& part : artifact->parts) {
    if (std::holds_alternative<model::Data>(part.body)) held_.insert(artifact->id);
    if (held(artifact->id)) break;
    const std::string text = part_text(part);
    if (text.empty()) continue;
    speaks(true);
    overtaken_ = overtaken_ || !held_.empty();
    out += piece(text, true);
  }
  artifacts_.insert(artifact->id);
  return out;
}

void TextTrail::speaks(bool artifact) {
  if (of_artifact_ && *of_artifact_ != artifact) ++turns_;
  of_artifact_ = artifact;
}

}  // namespace weft::adapters::openai

#include "weft/hub/approval.h"

#include <algorithm>
#include <format>

#include "weft/base/text.h"
#include "weft/hub/limits.h"

namespace weft::hub {
namespace {

struct Rune {
  char32_t value = 0;
  std::size_t size = 1;
};

/// The code point that begins here; of bytes that are no UTF-8, the byte.
Rune rune_at(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char c = at(0);
  const std::size_t size = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
  if (size == 1 || text.size() < size) return {c, 1};
  char32_t value = c & (0x7f >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {c, 1};
    value = value << 6 | (at(i) & 0x3f);
  }
  return {value, size};
}

bool hidden(char32_t c) {
  return (c < 0x20 && c != '\n') || (c >= 0x7f && c <= 0xa0) || c == 0xad || c == 0x34f ||
         c == 0x61c || (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) ||
         (c >= 0x180b && c <= 0x180f) || (c >= 0x2000 && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3164 ||
         (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
         (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = rune_at(text);
    const bool broken = rune.size == 1 && rune.value >= 0x80;
    if (hidden(rune.value) || broken) {
      out += std::format("\\u{:04x}", static_cast<std::uint32_t>(rune.value));
    } else {
      out += text.substr(0, rune.size);
    }
    text.remove_prefix(rune.size);
  }
  return out;
}

bool asks_first(const JoinRequest& request, const model::Solution& solution,
                const model::Skill& skill) {
  const auto own = request.approvals.find(skill.id.str());
  if (own != request.approvals.end()) return own->second != Approval::solution;
  return std::ranges::any_of(request.approvals, [&](const auto& guard) {
    const bool its = guard.first == "*" || solution.skill(guard.first) == nullptr;
    return its && guard.second != Approval::solution;
  });
}

bool asks_any(const JoinRequest& request) {
  return !request.dedup.empty() || std::ranges::any_of(request.approvals, [](const auto& approval) {
    return approval.second != Approval::solution;
  });
}

std::vector<std::string> unknown_approvals(const JoinRequest& request,
                                           const model::Solution& solution) {
  std::vector<std::string> out;
  for (const auto& [skill, approval] : request.approvals) {
    if (skill != "*" && solution.skill(skill) == nullptr) out.push_back(skill);
  }
  return out;
}

void add_note(model::Ask::Item& item, std::string note) {
  item.message += std::format(" {}", note);
  auto& notes = item.raw["notes"];
  if (!notes.is_array()) notes = json::array();
  notes.get_array().emplace_back(std::move(note));
}

model::Ask approval_ask(const model::Solution& solution, const model::Skill& skill,
                        const model::Call& call) {
  const std::string name = std::format("{}/{}", solution.id.str(), skill.id.str());
  const std::string content = call.args ? json::write(*call.args)
                              : call.turns.empty()
                                  ? std::string()
                                  : model::joined_text(call.turns.back().parts, true);
  std::string shown = visible(content);
  if (shown.size() > kApprovalCharsMax) {
    shown.resize(beginning_of(shown, kApprovalCharsMax).size());
    shown += std::format("… ({} bytes in all)", content.size());
  }
  model::Ask::Item item;
  item.kind = model::Ask::Kind::approve;
  item.message = std::format("Allow `{}` with {}?", visible(name), shown);
  if (const auto& cost = skill.effects.cost)
    add_note(item, std::format("It costs {}.", visible(model::to_string(*cost))));
  item.raw["solution"] = solution.id.str();
  item.raw["skill"] = skill.id.str();
  if (call.args) item.raw["arguments"] = *call.args;
  model::Ask ask;
  ask.items.emplace("approve", std::move(item));
  return ask;
}

}  // namespace weft::hub

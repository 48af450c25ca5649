#include "weft/model/solution.h"

#include <array>
#include <format>

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 7> kKinds{"model",   "agent",  "toolset", "predictor",
                                                 "service", "device", "flow"};
constexpr std::array<std::string_view, 6> kShapes{"converse", "invoke",  "predict",
                                                  "embed",    "publish", "subscribe"};

}  // namespace

std::string_view to_string(Kind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string to_string(const Cost& cost) {
  return std::format("{}{}{}", cost.amount, cost.currency.empty() ? "" : " ", cost.currency);
}

std::string_view to_string(Shape shape) { return kShapes.at(static_cast<std::size_t>(shape)); }

const Skill* Solution::skill(std::string_view skill_id) const {
  for (const auto& skill : skills) {
    if (skill.id.str() == skill_id) return &skill;
  }
  return nullptr;
}

}  // namespace weft::model

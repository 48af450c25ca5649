#include "weft/model/call.h"

#include <array>

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 3> kActions{"accept", "decline", "cancel"};

}  // namespace

std::string_view to_string(AnswerAction action) {
  return kActions.at(static_cast<std::size_t>(action));
}

std::optional<AnswerAction> answer_action_from(std::string_view word) {
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (kActions[i] == word) return static_cast<AnswerAction>(i);
  }
  return std::nullopt;
}

}  // namespace weft::model

// What a person does with an utterance (says yes, picks one, asks for others …), guessed from its
// words and from what the system did before. Owned by dialogue; immutable, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "weft/dialogue/slots/linear.h"
#include "weft/dialogue/slots/tokens.h"

namespace weft::dialogue {

enum class UserAct : std::uint8_t {
  affirm,
  negate,
  select,        ///< takes what was offered
  alternatives,  ///< wants to be offered something else
  request,       ///< asks something of what was offered
  inform,
  opens,    ///< wants another skill
  refuses,  ///< one that was offered
  thanks,
  goodbye,
};
inline constexpr std::size_t kUserActs = 10;
std::string_view to_string(UserAct act);

/// The probability of each; several may hold.
using ActGuess = std::array<float, kUserActs>;
inline float chance(const ActGuess& guess, UserAct act) {
  return guess[static_cast<std::size_t>(act)];
}

/// `system_acts`: of SystemTurn::acts(), whatever the form.
ActGuess guess_acts(const LinearModel& model, std::span<const Token> tokens,
                    std::uint32_t system_acts);
void describe_act(std::span<const Token> tokens, std::uint32_t system_acts, UserAct act,
                  Features& out);

}  // namespace weft::dialogue

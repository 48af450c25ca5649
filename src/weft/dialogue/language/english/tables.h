// The tables that make up English. Owned by english.cc.
#pragma once

#include <span>

#include "weft/dialogue/language/language.h"

namespace weft::dialogue {

std::span<const Phrase> english_numbers();
std::span<const Phrase> english_calendar();
std::span<const Phrase> english_currencies();
std::span<const Phrase> english_units();
std::span<const Phrase> english_function_words();

}  // namespace weft::dialogue

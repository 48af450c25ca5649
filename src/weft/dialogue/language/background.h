// What people say that no service is asked for by: knowledge, opinions, stories, small talk. A
// router learns from it what an utterance looks like that means none of its skills. Owned by the
// language's folder; constant.
#pragma once

#include <span>
#include <string_view>

namespace weft::dialogue {

std::span<const std::string_view> english_background();

}  // namespace weft::dialogue

// Which words say what a sentence is about, and which are in every sentence. Owned by dialogue; any
// thread.
#pragma once

#include <string_view>

namespace weft::dialogue {

/// In lower case. No function word, number, day or unit, nothing polite and no single letter.
bool is_content_word(std::string_view word);

}  // namespace weft::dialogue

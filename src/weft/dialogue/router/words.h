// The words of an utterance. Owned by dialogue; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::dialogue {

/// Runs of letters and digits, ASCII letters in lower case, an apostrophe between letters kept
/// ("don't"). Bytes beyond ASCII count as letters. Of a longer utterance only the first
/// `kUtteranceBytesMax` bytes are read.
std::vector<std::string> words_of(std::string_view utterance);

}  // namespace weft::dialogue

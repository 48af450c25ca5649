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

/// The same of a name as programs write it: `book_a_table`, `BookATable` and `bookTable` are words,
/// too.
std::vector<std::string> words_of_name(std::string_view name);

}  // namespace weft::dialogue

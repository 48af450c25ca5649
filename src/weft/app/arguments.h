// The words after a command that make up its input: KEY=VALUE, or one text. Owned by app; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::app {

/// Whether a word is KEY=VALUE. A sentence with a `=` in it is none: a key holds no space.
bool is_pair(std::string_view word);
/// The one text that the words are; nothing when they are arguments.
std::optional<std::string> text_of_words(const std::vector<std::string>& words);
/// What is wrong with the words whatever is called: one that is no KEY=VALUE, a key that stands
/// twice.
Result<void> check_words(const std::vector<std::string>& words);
/// KEY=VALUE words as an object, typed as the schema says (else as JSON when it reads as such, else
/// as text).
Result<json::object> read_arguments(const std::vector<std::string>& words,
                                    const json::value* schema);
/// The key that a schema does not know, with the nearest of those it knows. One that may know more
/// than its `properties` say knows all.
Result<void> check_known(const json::object& arguments, const json::value& schema);

/// Whether somebody meant to write JSON: a fault in it is to be told, not sent as words.
bool looks_like_json(std::string_view text);
/// How the required arguments of a schema are written: `to=… amount=…`; those that may be left out
/// in brackets when `optional`.
std::string usage_of_schema(const json::value& schema, bool optional);

}  // namespace weft::app

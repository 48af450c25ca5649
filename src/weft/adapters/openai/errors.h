// The one error table of the OpenAI wire, both ways. Owned by adapters/openai; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::openai {

/// `{"error":{message,type,param,code}}`, all four keys.
json::object error_json(const Error& error);
/// What an upstream's error object means: the words of `code` and `type` first, then the HTTP
/// status (0: none).
Error error_from_json(const json::object& error, int status);
/// The `error` object of a document, when it has one.
const json::object* error_object(const json::value& document);
/// `/messages/0/content` as OpenAI writes it: `messages[0].content`.
std::string param_of_pointer(std::string_view pointer);

}  // namespace weft::adapters::openai

// The one error table of the OpenAI wire, both ways. Owned by adapters/openai; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/wire/headers.h"

namespace weft::adapters::openai {

/// `{"error":{message,type,param,code}}`, all four keys.
json::object error_json(const Error& error);
/// What an upstream's error object means: the words of `code` and `type` first, then the HTTP
/// status (0: none).
Error error_from_json(const json::object& error, int status);
/// What a non-2xx answer of an upstream came to.
struct ErrorAnswer {
  Error error;
  /// The server's own document, for a caller of its own protocol. Nothing when there is none, and
  /// when it speaks of weft's own credentials, which the caller could not mend.
  std::optional<json::object> document;
};
ErrorAnswer read_error_answer(int status, const wire::Headers& headers, std::string_view body);
/// A server's own document as a caller sees it: the solution's name stands before the message, and
/// of the four keys none is missing. `error` is what the document means.
json::object named_document(json::object document, std::string_view solution, const Error& error);
/// The `error` object of a document, when it has one.
const json::object* error_object(const json::value& document);
/// `/messages/0/content` as OpenAI writes it: `messages[0].content`.
std::string param_of_pointer(std::string_view pointer);
/// The way back.
std::string pointer_of_param(std::string_view param);

}  // namespace weft::adapters::openai

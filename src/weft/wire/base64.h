// Base64 (RFC 4648), standard and URL-safe. Owned by wire; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

std::string base64_encode(std::string_view bytes);
/// Takes both alphabets, with or without padding; refuses everything else.
Result<std::string> base64_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);
/// Whether the bytes are valid UTF-8.
bool is_utf8(std::string_view bytes);

}  // namespace weft::wire

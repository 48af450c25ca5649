// What a Content-Type names. Owned by wire; pure.
#pragma once

#include <string>
#include <string_view>

namespace weft::wire {

/// `type/subtype` of a Content-Type (RFC 9110 §8.3.1), in lower case and without its parameters;
/// empty when it is none.
std::string media_type(std::string_view content_type);
/// Whether it names this one.
bool is_media_type(std::string_view content_type, std::string_view type);

}  // namespace weft::wire

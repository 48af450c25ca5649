// Where the objects below a prefix go in a folder. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::ml {

/// Behind the prefix's last slash, and behind its last word where that is a folder of the object's:
/// `m` and `m/` both give `a/b.bin` for `m/a/b.bin`; `m/a.b` gives `a.bin` for `m/a.bin`. Nothing
/// for a key that names no file in the folder (`..`, empty segments, a folder's own mark).
std::optional<std::string> object_place(std::string_view key, std::string_view prefix);

}  // namespace weft::ml

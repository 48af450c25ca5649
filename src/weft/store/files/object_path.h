// Where an object's bytes lie: a key as a path of files, so that a folder's files are objects and
// the other way round. Owned by store; pure.
//
// Segments of the key are folders and the last one the file, by their own names but for what no
// file can be called: `%` becomes `%25`, `.` and `..` become `%2E` and `%2E%2E`, an empty segment
// `%`, a zero byte `%00`; a segment too long for a name is cut, each piece but the last ending with
// `%=`. A file whose name is a folder's too ends with `%!`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::store::files {

inline constexpr std::string_view kBesideFolder = "%!";
inline constexpr std::string_view kContinued = "%=";

/// The names of the folders and, last, of the file.
std::vector<std::string> names_of_key(std::string_view key);
/// The piece of the key that a name stands for, with `/` behind a folder's (but one that goes on);
/// nothing when no key gives such a name.
std::optional<std::string> key_piece(std::string_view name, bool folder);

}  // namespace weft::store::files

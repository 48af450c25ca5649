// What is kept of an object beside its file, as text. Owned by store; pure.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/store/objects.h"

namespace weft::store::files {

inline constexpr std::size_t kMetaBytesMax = 64 * 1024;

/// JSON that says which file it is about (inode, size, time), the ETag and the meta.
std::string meta_text(const std::string& key, const struct stat& of, const std::string& etag,
                      const ObjectMeta& meta);
/// Whether the text is about this very file and key; then `info` gets what it says.
bool read_meta(std::string_view text, const struct stat& of, ObjectInfo& info);
/// The meta alone (of an upload that has no file yet), and back.
json::object to_json(const ObjectMeta& meta);
ObjectMeta meta_from(const json::object& object);
/// Lower-case digits of a digest's bytes.
std::string hex_of(std::string_view bytes);

}  // namespace weft::store::files

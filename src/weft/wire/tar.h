// tar: the blocks at which its entries begin (POSIX.1-1988's ustar, and GNU's large sizes). Owned
// by wire; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

/// Entries begin at a multiple of it, and the bytes of one are filled up to it.
inline constexpr std::size_t kTarBlockBytes = 512;

struct TarEntry {
  std::string name;  ///< as far as this block has it: longer ones stand in an entry before
  std::uint64_t bytes = 0;
  bool regular = false;  ///< a file; else a folder, a link, or what tells more of the next entry
};

/// From a whole block; nothing where it is zeros, with which an archive ends. Errors:
/// Reason::invalid_argument for what begins no entry.
Result<std::optional<TarEntry>> read_tar_block(std::string_view block);

/// The block in front of a regular file's bytes. Errors: Reason::invalid_argument for a name, or
/// more bytes, than there is room for.
Result<std::string> tar_block(std::string_view name, std::uint64_t bytes);

/// How many bytes fill an entry up to whole blocks.
std::size_t tar_padding(std::uint64_t bytes);

}  // namespace weft::wire

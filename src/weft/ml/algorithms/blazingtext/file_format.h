// How files of fastText begin. Owned by ml; constant.
#pragma once

#include <cstdint>

namespace weft::ml::blazingtext {

/// Little endian, before everything else (FASTTEXT_FILEFORMAT_MAGIC_INT32).
inline constexpr std::int32_t kMagic = 793'712'314;
/// The format behind it: what libfasttext 0.9.2 reads.
inline constexpr std::int32_t kVersionMax = 12;

}  // namespace weft::ml::blazingtext

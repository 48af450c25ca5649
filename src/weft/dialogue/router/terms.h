// Words, pairs and pieces of words as numbers. Owned by dialogue; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::dialogue {

/// What a term is: a word, two neighbours, two words near each other in either order, a piece of a
/// word.
enum class Kind : std::uint8_t { word = 1, two = 2, pair = 3, piece = 4 };

/// FNV-1a over the kind and the bytes, folded and mixed. The numbers are written into weights:
/// another hash means to train those again.
class TermHash {
 public:
  explicit TermHash(Kind kind) { add(static_cast<char>(kind)); }
  TermHash& add(char c) {
    state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return *this;
  }
  TermHash& add(std::string_view text) {
    for (const char c : text) add(c);
    return *this;
  }
  std::uint32_t get() const {
    std::uint64_t mixed = state_ ^ (state_ >> 32);
    mixed *= 0x9e3779b97f4a7c15ULL;
    return static_cast<std::uint32_t>(mixed >> 32);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

inline std::uint32_t word_hash(std::string_view word) {
  return TermHash(Kind::word).add(word).get();
}
inline std::uint32_t two_hash(std::string_view first, std::string_view second) {
  return TermHash(Kind::two).add(first).add(' ').add(second).get();
}

}  // namespace weft::dialogue

#include "weft/dialogue/router/affinity.h"

#include <cstddef>

// Built by training/affinity; see weights/sgd/affinity.md for its source and licence.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global weft_dialogue_affinity_begin\n"
    ".global weft_dialogue_affinity_end\n"
    "weft_dialogue_affinity_begin:\n"
    ".incbin \"" WEFT_WEIGHTS
    "/sgd/affinity.bin\"\n"
    "weft_dialogue_affinity_end:\n"
    ".previous\n");

extern "C" const char weft_dialogue_affinity_begin[];
extern "C" const char weft_dialogue_affinity_end[];

namespace weft::dialogue {

const Affinity& Affinity::built_in() {
  static const Affinity affinity = [] {
    const std::string_view bytes(
        weft_dialogue_affinity_begin,
        static_cast<std::size_t>(weft_dialogue_affinity_end - weft_dialogue_affinity_begin));
    auto read = Affinity::read(bytes);
    WEFT_ASSERT(read.has_value());
    return *std::move(read);
  }();
  return affinity;
}

}  // namespace weft::dialogue

#include "weft/dialogue/slots/built_in.h"

// The file is in the program as it is; its path is set by the build.
asm(R"(.section .rodata
  .balign 8
weft_dialogue_slots_begin:
  .incbin ")" WEFT_WEIGHTS R"(/sgd/slots.bin"
weft_dialogue_slots_end:
  .byte 0
  .previous
)");

extern "C" {
extern const char begin_of_slots[] asm("weft_dialogue_slots_begin");
extern const char end_of_slots[] asm("weft_dialogue_slots_end");
}

namespace weft::dialogue {

const LinearModel& built_in_slots() {
  static const LinearModel model = [] {
    auto read = LinearModel::read(
        {begin_of_slots, static_cast<std::size_t>(end_of_slots - begin_of_slots)});
    WEFT_ASSERT(read.has_value());
    return *std::move(read);
  }();
  return model;
}

}  // namespace weft::dialogue

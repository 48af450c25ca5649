#include "weft/app/extracting.h"

#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"

namespace weft::app {

dialogue::ReadValues extractor() {
  static const dialogue::Extractor reads(dialogue::english());
  return [](std::string_view utterance, std::chrono::local_seconds now) {
    return reads.values(utterance, now);
  };
}

}  // namespace weft::app

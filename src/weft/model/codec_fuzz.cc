// Any text as each of the canonical values: refused in words, or read, written and read again the
// same.
#include "weft/model/codec.h"

namespace weft::model {
namespace {

template <class Read>
void fuzz_value(const json::value& document, Read read) {
  const auto value = read(document);
  if (!value) {
    WEFT_ASSERT(!value.error().message.empty());
    return;
  }
  const auto written = json::parse(json::write(to_json(*value)));
  WEFT_ASSERT(written.has_value());
  const auto again = read(*written);
  WEFT_ASSERT(again.has_value());
  WEFT_ASSERT(*again == *value);
}

void fuzz_error(const json::value& document) {
  if (!document.is_object()) return;
  const Error error = error_from_json(document.get_object());
  const auto written = json::parse(json::write(to_json(error)));
  WEFT_ASSERT(written && error_from_json(written->get_object()) == error);
}

void fuzz(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) return;
  fuzz_value(*document, part_from_json);
  fuzz_value(*document, tensor_from_json);
  fuzz_value(*document, turn_from_json);
  fuzz_value(*document, event_from_json);
  fuzz_value(*document, call_from_json);
  fuzz_value(*document, answer_from_json);
  fuzz_value(*document, ask_from_json);
  fuzz_value(*document, artifact_from_json);
  fuzz_value(*document, output_from_json);
  fuzz_error(*document);
}

}  // namespace
}  // namespace weft::model

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::model::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

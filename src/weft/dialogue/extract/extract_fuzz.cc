// Any bytes as an utterance: every value lies inside it, and is the same when it is found again;
// as a list of choices, each line is found in itself.
#include <algorithm>

#include "weft/base/result.h"
#include "weft/dialogue/extract/choices.h"
#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"
#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

int fuzz(std::string_view text) {
  static const Extractor kExtractor{english()};
  constexpr std::chrono::local_seconds kNow =
      std::chrono::local_days{std::chrono::year{2026} / 11 / 27} + std::chrono::hours{9};
  const std::vector<Value> values = kExtractor.values(text, kNow);
  const std::size_t read = std::min(text.size(), kUtteranceBytesMax);
  for (const Value& value : values) {
    WEFT_ASSERT(value.begin < value.end && value.end <= read);
    WEFT_ASSERT(value.type != ValueType::choice);
    WEFT_ASSERT(std::ranges::none_of(value.others, &std::string::empty));
  }
  WEFT_ASSERT(std::ranges::is_sorted(values, {}, &Value::begin));
  WEFT_ASSERT(kExtractor.values(text.substr(0, read), kNow) == values);

  const std::size_t line = std::min(text.find('\n'), text.size());
  const ChoiceList list = {"list", {{std::string(text.substr(0, line)), {}}}};
  const auto choices = Choices::create({&list, 1});
  WEFT_ASSERT(choices.has_value());
  for (const Value& value : choices->values(text))
    WEFT_ASSERT(value.begin < value.end && value.end <= read && value.unit == "list");
  if (choices->words() > 0) WEFT_ASSERT(!choices->values(text.substr(0, line)).empty());
  return 0;
}

}  // namespace
}  // namespace weft::dialogue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::dialogue::fuzz({reinterpret_cast<const char*>(data), size});
}

// Any bytes: a URL that is taken reads the same from its own text, and what is encoded decodes to
// itself.
#include "weft/base/url.h"

namespace weft {
namespace {

int fuzz(std::string_view text) {
  if (const auto url = parse_url(text)) {
    WEFT_ASSERT(url->port != 0 && url->path.starts_with('/') && !url->host.empty());
    const auto again = parse_url(url->str());
    WEFT_ASSERT(again && *again == *url);
  }
  static const Url kBase = parse_url("http://h:1/a/b?c").value();
  if (const auto url = kBase.resolve(text)) {
    for (const char c : url->str()) WEFT_ASSERT(c > 0x20 && c < 0x7f);
  }
  if (text.contains('\0')) return 0;
  WEFT_ASSERT(percent_decode(percent_encode(text)).value() == text);
  (void)percent_decode(text);
  for (const auto& [key, value] : parse_query(text))
    WEFT_ASSERT(key.size() + value.size() <= text.size());
  return 0;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::fuzz({reinterpret_cast<const char*>(data), size});
}

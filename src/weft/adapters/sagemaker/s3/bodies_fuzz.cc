// XML of strangers, as each of the requests that are XML.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weft/adapters/sagemaker/s3/bodies.h"
#include "weft/adapters/sagemaker/s3/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace s3 = weft::adapters::sagemaker::s3;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto parts = s3::read_parts(xml)) {
    WEFT_ASSERT(!parts->empty() && parts->size() <= static_cast<std::size_t>(s3::kPartNumberMax));
  }
  if (const auto deletion = s3::read_deletion(xml)) {
    for (const auto& key : deletion->keys)
      WEFT_ASSERT(!key.empty() && key.size() <= s3::kKeyBytesMax);
  }
  (void)s3::read_location(xml);
  return 0;
}

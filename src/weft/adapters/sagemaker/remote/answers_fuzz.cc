// What a store may answer, as each of the answers that are read; and what it may say in headers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weft/adapters/sagemaker/remote/answers.h"
#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/wire/base64.h"
#include "weft/wire/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace remote = weft::adapters::sagemaker::remote;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto listing = remote::read_listing(text)) {
    for (const auto& object : listing->objects)
      WEFT_ASSERT(!object.key.empty() && object.key.size() <= remote::kKeyBytesMax &&
                  weft::wire::is_utf8(object.key));
    for (const auto& prefix : listing->common_prefixes) WEFT_ASSERT(!prefix.empty());
  }
  (void)remote::read_fault(text);
  (void)remote::read_buckets(text);
  (void)remote::read_parts(text);
  if (const auto uploads = remote::read_uploads(text)) {
    for (const auto& upload : uploads->uploads) WEFT_ASSERT(!upload.key.empty());
  }
  (void)remote::read_upload_id(text);
  (void)remote::read_completed(text);

  weft::wire::HttpReader reader(weft::wire::HttpReader::Kind::response, {});
  std::size_t used = 0;
  if (const auto step = reader.feed(text, used); step && *step == weft::wire::HttpStep::head) {
    const weft::wire::Headers& headers = reader.response().headers;
    (void)remote::info_of("key", headers);
    const auto piece = remote::read_content_range(headers.get("Content-Range"));
    if (piece) WEFT_ASSERT(piece->first + piece->size <= piece->whole);
  }
  return 0;
}

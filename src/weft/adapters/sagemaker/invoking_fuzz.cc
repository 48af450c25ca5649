// Any arguments, any answer, any stream of an endpoint.
#include <cstdint>

#include "weft/adapters/sagemaker/invoking.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (const auto args = json::parse(body)) (void)read_invoke(*args);
  (void)output_of_body(data[0] % 2 == 0 ? "application/json" : "text/csv", std::string(body));
  (void)read_runtime_error(424, {}, body);
  (void)read_stream_exception("ModelStreamError", body);
  // However the bytes are cut, the words are the same.
  const std::string_view type = data[0] % 3 == 0 ? "text/plain" : "application/jsonlines";
  const std::size_t cut = body.size() * data[1] / 255;
  StreamedText whole(type);
  StreamedText pieces(type);
  const auto one = whole.feed(body);
  const auto first = pieces.feed(body.substr(0, cut));
  const auto second = first ? pieces.feed(body.substr(cut)) : first;
  if (one && (!second || *one != *first + *second)) __builtin_trap();
  if (one && !wire::is_utf8(*one)) __builtin_trap();
  (void)whole.end();
  return 0;
}

}  // namespace weft::adapters::sagemaker

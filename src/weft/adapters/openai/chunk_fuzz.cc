// An upstream's bytes: as a stream in two pieces, as a completion, as embeddings, as a model list.
#include "weft/adapters/openai/chunk.h"
#include "weft/adapters/openai/embedding.h"
#include "weft/adapters/openai/models.h"
#include "weft/adapters/openai/pass_through.h"
#include "weft/wire/sse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::adapters::openai;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  weft::wire::SseReader sse(1 << 16);
  ChunkReader reader;
  WholeEvents whole;
  std::string passed;
  for (const auto piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (const auto out = whole.feed(piece)) passed += *out;
    if (!sse.feed(piece)) break;
    while (auto event = sse.next()) {
      if (!reader.read(event->data)) break;
    }
  }
  WEFT_ASSERT(bytes.starts_with(passed));
  (void)decode_completion(bytes);
  (void)decode_embeddings(bytes);
  (void)decode_models(bytes);
  return 0;
}

// A caller's request: scanned, decoded, and the conversation back on the wire.
#include "weft/adapters/openai/codec.h"
#include "weft/adapters/openai/embedding.h"
#include "weft/adapters/openai/scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::adapters::openai;
  std::string body(reinterpret_cast<const char*>(data), size);
  const auto scanned = scan_request(body);
  if (scanned) {
    // What the pass-through sends on must still be one request, for the model that was meant.
    std::string sent = body;
    replace_model(sent, *scanned, "an \"other\" model");
    const auto again = scan_request(sent);
    WEFT_ASSERT(again && again->model == "an \"other\" model" && again->stream == scanned->stream);
  }
  const auto decoded = decode_chat_request(body);
  if (decoded) {
    std::vector<weft::model::Loss> losses;
    const auto wire =
        weft::json::write(encode_chat_request(decoded->call, decoded->model, false, losses));
    WEFT_ASSERT(decode_chat_request(wire).has_value());
  }
  (void)decode_embedding_request(body);
  return 0;
}

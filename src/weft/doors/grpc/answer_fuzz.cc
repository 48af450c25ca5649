#include <cstddef>
#include <cstdint>
#include <string>

#include "weft/doors/grpc/codec.h"
#include "weft/doors/grpc/inference.pb.h"

/// Whatever a server answers is an answer whose tensors are as long as their shapes say, or an
/// error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inference::ModelInferResponse message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto answer = weft::doors::answer_of(std::move(message));
  if (!answer) return 0;
  for (const auto& tensor : answer->outputs) WEFT_ASSERT(weft::wire::check_tensor(tensor));
  for (const bool binary : {false, true}) {
    weft::wire::OipRequest asked;
    asked.binary_output = binary;
    const auto body = weft::wire::write_oip(*answer, asked);
    WEFT_ASSERT(weft::wire::read_oip_response(body.body, body.json_bytes).has_value());
  }
  return 0;
}

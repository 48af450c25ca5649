#include <cstddef>
#include <cstdint>
#include <string>

#include "weft/doors/grpc/codec.h"
#include "weft/doors/grpc/inference.pb.h"

/// Any message gives a request whose tensors are as long as their shapes say, or an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inference::ModelInferRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto request = weft::doors::request_of(message);
  if (!request) return 0;
  for (const auto& tensor : request->inputs) WEFT_ASSERT(weft::wire::check_tensor(tensor));
  const auto body = weft::wire::write_oip(*request, /*binary=*/true);
  WEFT_ASSERT(weft::wire::read_oip_request(body.body, body.json_bytes).has_value());
  return 0;
}

#include "weft/ml/worker/tensor_replies.h"

#include <algorithm>
#include <format>

namespace weft::ml::worker {
namespace {

std::uint16_t status_of(const Error& error) {
  switch (error.reason) {
    case Reason::content_type: return 415;
    case Reason::unsupported: return 406;
    case Reason::invalid_argument: return 400;
    default: return 500;
  }
}

}  // namespace

Result<wire::OipRequest> read_tensors(const Request& request) {
  return wire::read_oip_request(request.body, wire::oip_json_bytes(request.accept));
}

void write_tensors(const wire::OipResponse& response, const wire::OipRequest& asked, Reply& reply) {
  wire::OipBody body = wire::write_oip(response, asked);
  reply.type = body.json_bytes ? "application/octet-stream" : "application/json";
  if (body.json_bytes) reply.attributes = std::format("{}", *body.json_bytes);
  reply.body = std::move(body.body);
}

Result<void> write_wanted(wire::OipResponse response, const wire::OipRequest& asked, Reply& reply) {
  for (const wire::OipOutput& each : asked.outputs) {
    if (!std::ranges::contains(response.outputs, each.name, &wire::OipTensor::name)) {
      return fail(Reason::invalid_argument,
                  std::format("output `{}`: the model has no such output", each.name));
    }
  }
  std::erase_if(response.outputs, [&](const wire::OipTensor& tensor) {
    return !asked.outputs.empty() &&
           !std::ranges::contains(asked.outputs, tensor.name, &wire::OipOutput::name);
  });
  write_tensors(response, asked, reply);
  return {};
}

Reply refusal_of(const Error& error) { return refusal(status_of(error), error.message); }

}  // namespace weft::ml::worker

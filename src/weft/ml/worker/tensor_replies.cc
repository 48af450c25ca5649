#include "weft/ml/worker/tensor_replies.h"

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

Reply refusal_of(const Error& error) { return refusal(status_of(error), error.message); }

}  // namespace weft::ml::worker

// Calls as requests of the Open Inference Protocol. Owned by adapters/oip; pure.
#pragma once

#include "weft/adapters/oip/metadata.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/wire/oip.h"

namespace weft::adapters::oip {

/// What infer is asked. Errors: Reason::invalid_argument, with the place.
Result<wire::OipRequest> infer_request(const RemoteModel& model, const model::Call& call);
/// What generate_stream is asked.
json::object generate_request(const RemoteModel& model, const model::Call& call);
/// What of the call neither tells.
std::vector<model::Loss> losses_of(const RemoteModel& model, const model::Call& call);
/// What another weft reported in its header (model::summary()).
std::vector<model::Loss> losses_of_header(std::string_view header);

}  // namespace weft::adapters::oip

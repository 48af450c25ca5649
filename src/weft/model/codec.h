// The canonical values as JSON, for the journal and the admin API. Law: from_json(to_json(x)) == x.
// Owned by model; pure.
#pragma once

#include "weft/base/json.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::model {

json::object to_json(const Part& part);
Result<Part> part_from_json(const json::value& v);
json::object to_json(const Tensor& tensor);
Result<Tensor> tensor_from_json(const json::value& v);
json::object to_json(const Turn& turn);
Result<Turn> turn_from_json(const json::value& v);
json::object to_json(const Event& event);
Result<Event> event_from_json(const json::value& v);
json::object to_json(const Call& call);
Result<Call> call_from_json(const json::value& v);
json::object to_json(const Answer& answer);
Result<Answer> answer_from_json(const json::value& v);
json::object to_json(const Ask& ask);
Result<Ask> ask_from_json(const json::value& v);
json::object to_json(const Artifact& artifact);
Result<Artifact> artifact_from_json(const json::value& v);
json::object to_json(const Output& output);
Result<Output> output_from_json(const json::value& v);
json::object to_json(const Error& error);
Error error_from_json(const json::object& o);
/// For people and the admin API; not read back.
json::object to_json(const Skill& skill);
json::object to_json(const Solution& solution);

}  // namespace weft::model

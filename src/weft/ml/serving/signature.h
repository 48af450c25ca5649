// A deployed model as a skill: its signature as JSON Schema, calls of any protocol as requests of
// the Open Inference Protocol, and its answers as outputs (protocols.md §14.4.3). Owned by ml;
// pure, but for predict().
#pragma once

#include <memory>

#include "weft/ml/serving/invocation.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"
#include "weft/wire/tensor_json.h"

namespace weft::ml {

/// What a model says of itself (ModelAbout::about); one whose words cannot be read has no inputs.
wire::Signature signature_of(const json::object& about);
/// The schema of the arguments that stand for these tensors (`about["inputs"]`).
json::value schema_of_tensors(const json::array& tensors);
/// The skill `predict`: Shape::predict, schemas by the signature, read-only and idempotent.
model::Skill predict_skill(const wire::Signature& signature);

/// The request that a call's arguments (or its tensors) mean. Errors: Reason::invalid_argument,
/// with the place.
Result<wire::OipRequest> request_of(const wire::Signature& signature, const model::Call& call);
/// The answer's tensors as JSON: the structured result.
model::Output output_of(const wire::OipResponse& response);
/// What a reply with a status from 400 on means, in the model's own words.
Error error_of(const InvocationReply& reply);

/// One call from its arguments to its output. A model that names no inputs is asked in JSON, as
/// SageMaker's containers are. Errors: as Inferring::invoke(), and the model's own.
Awaitable<Result<model::Output>> predict(std::shared_ptr<Inferring> model,
                                         std::shared_ptr<const model::Call> call,
                                         SteadyTime deadline, CancelToken cancel);

}  // namespace weft::ml

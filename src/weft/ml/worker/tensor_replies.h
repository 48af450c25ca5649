// Requests and answers of the Open Inference Protocol as a worker gets and gives them, and what a
// model finds wrong as a reply. Owned by the program's main; pure.
#pragma once

#include "weft/ml/worker/serve.h"
#include "weft/wire/oip.h"

namespace weft::ml::worker {

/// What is asked in tensors (Request::tensors). Errors: Reason::invalid_argument, naming the
/// tensor.
Result<wire::OipRequest> read_tensors(const Request& request);
/// The answer in the form that `asked` wants it in: `attributes` is the length of its JSON where
/// tensors follow it.
void write_tensors(const wire::OipResponse& response, const wire::OipRequest& asked, Reply& reply);

/// The same with the outputs alone that are asked for, all where none is. Errors:
/// Reason::invalid_argument for one that there is not.
Result<void> write_wanted(wire::OipResponse response, const wire::OipRequest& asked, Reply& reply);

/// As SageMaker's containers answer: 415 for what cannot be read, 406 for what cannot be written,
/// 400 for what the model does not take, 500 for the rest.
Reply refusal_of(const Error& error);

}  // namespace weft::ml::worker

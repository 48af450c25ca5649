// Wraps a handler that knows nothing of signatures: it is asked once the signature of the request
// fits its body. Owned by the routes of the adapter; any loop.
#pragma once

#include <memory>

#include "weft/adapters/sagemaker/aws/door.h"

namespace weft::adapters::sagemaker {

/// For the requests of `service` (a signing name); errors are restJson's.
RouteHandler behind_signature(Environment& environment, std::shared_ptr<AwsDoor> door,
                              std::string service, RouteHandler handler);

}  // namespace weft::adapters::sagemaker

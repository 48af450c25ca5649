// Whether a request fits its shape, told in AWS's own words. Owned by adapters/sagemaker; any
// thread.
#pragma once

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::sagemaker {

/// Errors: Reason::invalid_argument. A value of another type than its member's is named alone
/// (`param` is then `SerializationException`); of limits, patterns and missing members all are
/// told at once: `2 validation errors detected: Value '…' at 'resourceConfig.instanceType' failed
/// to satisfy constraint: Member must …; …`. A member that the shape does not have is one of them.
Result<void> check_shape(const Shapes& shapes, std::uint16_t shape, const json::value& value);

}  // namespace weft::adapters::sagemaker

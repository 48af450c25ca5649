// What a service has and weft does not, refused by name. Owned by adapters/sagemaker; any thread.
#pragma once

#include <string_view>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/adapters/sagemaker/aws/shapes.h"

namespace weft::adapters::sagemaker {

/// `UnknownOperationException`, with what there is instead.
AwsError unknown_operation(const Shapes& shapes, std::string_view service,
                           std::string_view operation);

}  // namespace weft::adapters::sagemaker

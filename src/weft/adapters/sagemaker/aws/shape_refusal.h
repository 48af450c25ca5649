// What a service has and weft does not, refused by name. Owned by adapters/sagemaker; any thread.
#pragma once

#include <span>
#include <string_view>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/adapters/sagemaker/aws/shapes.h"

namespace weft::adapters::sagemaker {

/// What to do instead of what has `part` in its name.
struct Advice {
  std::string_view part;
  std::string_view instead;
};
/// By the first that fits; empty when none does.
std::string_view advice_for(std::span<const Advice> all, std::string_view name);

/// `UnknownOperationException`, with what to do instead, or else with what there is.
AwsError unknown_operation(const Shapes& shapes, std::string_view service,
                           std::string_view operation, std::span<const Advice> advice = {});

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/aws/shape_refusal.h"

#include <format>
#include <string>
#include <utility>

namespace weft::adapters::sagemaker {

AwsError unknown_operation(const Shapes& shapes, std::string_view service,
                           std::string_view operation) {
  std::string has;
  for (const ShapedOperation& each : shapes.operations)
    has += std::format("{}{}", has.empty() ? "" : ", ", each.name);
  std::string message =
      shapes.refuses(operation)
          ? std::format("the operation {} of {} is not supported by weft; it has {}", operation,
                        service, has)
          : std::format("{} has no operation {}; weft has {}", service, operation, has);
  return {.status = 400,
          .code = "UnknownOperationException",
          .message = std::move(message),
          .more = {}};
}

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/aws/shape_refusal.h"

#include <algorithm>
#include <format>
#include <string>
#include <utility>

namespace weft::adapters::sagemaker {
namespace {

std::string names_of(const Shapes& shapes) {
  std::string out;
  for (const ShapedOperation& each : shapes.operations)
    out += std::format("{}{}", out.empty() ? "" : ", ", each.name);
  return out;
}

}  // namespace

std::string_view advice_for(std::span<const Advice> all, std::string_view name) {
  const auto at =
      std::ranges::find_if(all, [&](const Advice& each) { return name.contains(each.part); });
  return at == all.end() ? std::string_view() : at->instead;
}

AwsError unknown_operation(const Shapes& shapes, std::string_view service,
                           std::string_view operation, std::span<const Advice> advice) {
  std::string message;
  if (!shapes.refuses(operation)) {
    message =
        std::format("{} has no operation {}; weft has {}", service, operation, names_of(shapes));
  } else {
    const std::string_view instead = advice_for(advice, operation);
    message = std::format("the operation {} of {} is not supported by weft{}{}", operation, service,
                          instead.empty() ? "; it has " : ": ",
                          instead.empty() ? names_of(shapes) : instead);
  }
  return {.status = 400,
          .code = "UnknownOperationException",
          .message = std::move(message),
          .more = {}};
}

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/runtime/invocation_head.h"

#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/runtime/limits.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

std::unexpected<RuntimeError> refused(std::string message) {
  RuntimeError out;
  out.message = std::move(message);
  return std::unexpected(std::move(out));
}

std::string at_most(std::size_t characters) {
  return std::format("Member must have length less than or equal to {}", characters);
}

/// One field of the head, with how long it may be by the service's own model.
struct Field {
  std::string_view header;
  std::string_view member;
  std::string_view InvocationHead::* to;
  std::size_t characters_max;
};
constexpr Field kFields[] = {
    {"Content-Type", "contentType", &InvocationHead::type, kHeaderCharsMax},
    {"X-Amzn-SageMaker-Custom-Attributes", "customAttributes", &InvocationHead::attributes,
     kHeaderCharsMax},
    {"X-Amzn-SageMaker-Target-Variant", "targetVariant", &InvocationHead::variant, kNameCharsMax},
    {"X-Amzn-SageMaker-Target-Model", "targetModel", &InvocationHead::model, kHeaderCharsMax},
    {"X-Amzn-SageMaker-Inference-Component", "inferenceComponentName", &InvocationHead::component,
     kNameCharsMax},
    {"X-Amzn-SageMaker-Session-Id", "sessionId", &InvocationHead::session, kSessionCharsMax},
};

bool is_own(std::string_view name) {
  constexpr std::string_view kPrefix = "x-amzn-sagemaker-";
  return name.size() > kPrefix.size() && wire::same_name(name.substr(0, kPrefix.size()), kPrefix);
}

const Field* field_of(std::string_view header) {
  const auto at = std::ranges::find_if(
      kFields, [&](const Field& field) { return wire::same_name(field.header, header); });
  return at == std::end(kFields) ? nullptr : at;
}

/// What can be said and is not done.
std::expected<void, RuntimeError> check_unserved(std::string_view name, std::string_view value) {
  if (wire::same_name(name, "X-Amzn-SageMaker-Target-Container-Hostname")) {
    return refused(std::format(
        "TargetContainerHostname `{}`: endpoints here have one container each; name the endpoint "
        "alone",
        value));
  }
  if (wire::same_name(name, "X-Amzn-SageMaker-Enable-Explanations")) {
    return refused("EnableExplanations: endpoints here have no explainer; leave the parameter out");
  }
  return {};
}

}  // namespace

std::expected<InvocationHead, RuntimeError> read_invocation_head(const wire::Headers& headers,
                                                                 bool stream) {
  InvocationHead out;
  const std::string_view accept = stream ? "X-Amzn-SageMaker-Accept" : "Accept";
  // One way through all of them: most requests have few.
  for (const auto& [name, value] : headers) {
    const bool own = is_own(name);
    if (wire::same_name(name, accept)) {
      if (value.size() > kHeaderCharsMax)
        return std::unexpected(invalid_member("accept", value, at_most(kHeaderCharsMax)));
      out.accept = value;
      continue;
    }
    if (!own && !wire::same_name(name, "Content-Type")) continue;
    const Field* field = field_of(name);
    if (field == nullptr) {
      if (auto served = check_unserved(name, value); !served)
        return std::unexpected(std::move(served).error());
      continue;
    }
    if (value.size() > field->characters_max)
      return std::unexpected(invalid_member(field->member, value, at_most(field->characters_max)));
    out.*field->to = value;
  }
  return out;
}

std::expected<void, RuntimeError> check_for_model(const InvocationHead& head,
                                                  std::string_view endpoint) {
  if (!head.model.empty()) {
    return refused(std::format(
        "TargetModel `{}`: endpoint {} is no multi-model endpoint; make an endpoint for each model",
        head.model, endpoint));
  }
  if (!head.component.empty()) {
    return refused(std::format(
        "InferenceComponentName `{}`: endpoint {} has no inference components; call it without one",
        head.component, endpoint));
  }
  if (!head.session.empty()) {
    return refused(std::format(
        "SessionId: the model of endpoint {} keeps no sessions; send each request whole",
        endpoint));
  }
  return {};
}

}  // namespace weft::adapters::sagemaker::runtime

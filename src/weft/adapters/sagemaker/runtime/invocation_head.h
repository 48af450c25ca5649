// What an invocation says in its headers. Owned by adapters/sagemaker/runtime; pure.
#pragma once

#include <expected>
#include <string_view>

#include "weft/adapters/sagemaker/runtime/errors.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::runtime {

/// Views into the request's head; empty where nothing was said.
struct InvocationHead {
  std::string_view type;
  std::string_view accept;
  std::string_view attributes;
  std::string_view variant;
  std::string_view model;      ///< TargetModel
  std::string_view component;  ///< InferenceComponentName
  std::string_view session;
};

/// `stream`: of InvokeEndpointWithResponseStream, whose Accept has a header of its own. What is not
/// there is refused by name.
std::expected<InvocationHead, RuntimeError> read_invocation_head(const wire::Headers& headers,
                                                                 bool stream);
/// What only other solutions than deployed models have a meaning for.
std::expected<void, RuntimeError> check_for_model(const InvocationHead& head,
                                                  std::string_view endpoint);

}  // namespace weft::adapters::sagemaker::runtime

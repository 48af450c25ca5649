// Invocations of solutions that are no deployed models: through the model and back. Owned by the
// runtime door; each call on its exchange's loop.
#pragma once

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/runtime/invocation_head.h"

namespace weft::adapters::sagemaker::runtime {

/// What is known of an invocation before its body is there.
struct Invoked {
  Environment& environment;
  Request& request;
  std::shared_ptr<const hub::Entry> entry;
  InvocationHead head;
  Place place;
  std::string request_id;
  bool stream = false;
};

Awaitable<> invoke_solution(Invoked invoked);

}  // namespace weft::adapters::sagemaker::runtime

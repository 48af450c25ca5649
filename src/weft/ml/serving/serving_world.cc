#include "weft/ml/serving/serving_world.h"

#include <algorithm>
#include <format>

#include "weft/ml/serving/limits.h"

namespace weft::ml {

std::shared_ptr<store::Objects> ServingWorld::objects_of(const std::string& owner) const {
  if (parts.objects_of) return parts.objects_of(owner);
  // Everybody's, which outlive all of this.
  return {std::shared_ptr<void>(), &parts.objects};
}

Result<void> ServingWorld::room_for(std::size_t more) const {
  const std::uint64_t by_memory = parts.workers.memory_bytes() / kWorkerMemoryMin;
  const std::uint64_t most = std::clamp<std::uint64_t>(by_memory, 1, kInstancesMax);
  const std::size_t have = planned();
  if (have + more <= most) return {};
  Error error = make_error(
      Reason::rate_limited,
      std::format("{} instances more than the {} that there are would be more than the {} that "
                  "this machine can have; delete an endpoint, or ask for fewer",
                  more, have, most));
  error.code = Code::resource_exhausted;
  return fail(std::move(error));
}

}  // namespace weft::ml

#include "weft/adapters/oip/way.h"

#include <chrono>
#include <format>

#include "weft/adapters/common/upstream.h"

namespace weft::adapters::oip {

Result<net::ClientRequest> request_by(const Way& way, const hub::JoinRequest& request,
                                      std::string_view method, std::string_view target,
                                      const hub::CallContext& context) {
  const Url& base = way.place.base;
  const std::string below = base.path == "/" ? std::string() : base.path;
  WEFT_TRY(
      net::ClientRequest out,
      solution_request(request, method, base.with_target(below + std::string(target)), context));
  if (!way.place.grpc) return out;
  // What the bridge is told (doors/grpc/bridge.h).
  out.origin.unix_path = way.bridge;
  out.headers.set("Weft-Server", way.place.str());
  const auto left =
      std::chrono::ceil<Milliseconds>(context.deadline - std::chrono::steady_clock::now());
  out.headers.set("grpc-timeout", std::format("{}m", std::max<std::int64_t>(left.count(), 0)));
  return out;
}

}  // namespace weft::adapters::oip

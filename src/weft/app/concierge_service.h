// The concierge as a solution: leads conversations by dialogue's policy, calls the hub for them,
// and keeps them. Owned by RunningHub; joins itself when there is something to ask for.
#pragma once

#include <memory>

#include "weft/app/config_concierge.h"
#include "weft/base/async.h"
#include "weft/hub/hub.h"

namespace weft::dialogue {
class Training;
}
namespace weft::store {
class Tables;
}

namespace weft::app {

inline constexpr std::string_view kConciergeName = "concierge";
inline constexpr std::string_view kConciergeSkill = "ask";

class ConciergeService {
 public:
  struct Parts {
    hub::Hub& hub;
    store::Tables& tables;
    Executor background;  ///< where routers are trained
    ConciergeConfig config;
  };
  /// Watches the registry from now on: it is in it as long as somebody else has joined whom a
  /// person could ask for something.
  static std::unique_ptr<ConciergeService> create(Parts parts);
  virtual ~ConciergeService() = default;
  /// Reads what was taught in earlier lives.
  virtual Awaitable<Result<void>> start() = 0;
  virtual dialogue::Training& training() = 0;
};

}  // namespace weft::app

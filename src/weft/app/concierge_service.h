// The concierge as a solution: leads conversations by dialogue's policy, calls the hub for them,
// and keeps them. Owned by RunningHub; joins itself when there is something to ask for.
#pragma once

#include <memory>

#include "weft/base/async.h"
#include "weft/hub/hub.h"

namespace weft::app {

inline constexpr std::string_view kConciergeName = "concierge";
inline constexpr std::string_view kConciergeSkill = "ask";

class ConciergeService {
 public:
  struct Parts {
    hub::Hub& hub;
    Executor background;  ///< where routers are trained
  };
  /// Watches the registry from now on: it is in it as long as somebody else has joined whom a
  /// person could ask for something.
  static std::unique_ptr<ConciergeService> create(Parts parts);
  virtual ~ConciergeService() = default;
};

}  // namespace weft::app

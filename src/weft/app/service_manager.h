// What the hub tells systemd, when it was started by it (sd_notify(3): NOTIFY_SOCKET). Owned by
// app; main thread.
#pragma once

#include <string>
#include <string_view>

namespace weft::app {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC and takes them out of the environment: they are not for
  /// the children.
  ServiceManager();
  /// Started and serving.
  void ready() const { tell("READY=1"); }
  void stopping() const { tell("STOPPING=1"); }
  /// Everything turns. The service manager starts anew what stops saying so.
  void alive() const;

 private:
  void tell(std::string_view text) const;

  std::string socket_;
  bool watches_ = false;
};

}  // namespace weft::app

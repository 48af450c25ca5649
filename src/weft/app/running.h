// A hub put together and running: store, loops, hub, adapters, front door, servers. The one place
// where everything is wired. Owned by the `up` command; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/app/config.h"
#include "weft/base/result.h"

namespace weft::app {

class Running {
 public:
  /// Opens the store, binds the port and the admin socket and serves. Solutions join while it
  /// serves. Errors: one clear line each (a port in use, a directory that cannot be written, a
  /// damaged database, binding beyond loopback without keys).
  /// `settle` puts over a configuration what the command line says; at each reload too.
  using Settle = std::function<void(Config&)>;
  static Result<std::unique_ptr<Running>> start(Config config, Settle settle = nullptr);
  virtual ~Running() = default;
  /// `http://127.0.0.1:8420`.
  virtual std::string url() const = 0;
  virtual std::string socket_path() const = 0;
  /// `127.0.0.1:8421`; empty where weft.yaml names no port for gRPC.
  virtual std::string grpc_address() const = 0;
  /// Begins to read the configuration again and to make the solutions follow it; the log says how
  /// that went. A solution that is slow to join holds up nobody who waits for signals.
  virtual void reload() = 0;
  /// Looks whether every loop turns, and gives whether the hub can serve as it should; to be called
  /// every second or so.
  virtual bool look() = 0;
  /// Ends: no new connections, running calls get `grace`, tasks stay in the journal.
  virtual void drain(Milliseconds grace) = 0;
};

}  // namespace weft::app

// Joining: finds out which protocol a solution speaks, connects it, keeps it, and takes it up again
// after a restart. Owned by app.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/hub/hub.h"

namespace weft::hub {

/// What a probe learned.
struct Finding {
  bool spoken = false;    ///< the solution speaks this protocol
  double confidence = 0;  ///< 0 … 1; an explicit mark of the protocol is 1
  std::string how;        ///< `GET /.well-known/agent-card.json gave an A2A 1.0 card "Clinic"`
  std::string tried;      ///< the same for a failure: `GET /v1/models: 404`
  std::string protocol_version;
  /// The URL at which the protocol answered (another path than was given).
  std::string url;
};

struct Joined {
  model::Solution solution;  ///< its id may be empty: the joiner makes one from the title
  std::shared_ptr<Service> service;
};

/// One protocol's solution side: each adapter gives one.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string_view name() const = 0;
  /// Whether it is to be asked about this URL when no protocol was named: http, https and file, or
  /// a path without a scheme.
  virtual bool takes(std::string_view url) const;
  /// Whether something at the request's URL speaks it. Ends by the context's deadline; read-only
  /// requests alone.
  virtual Awaitable<Finding> probe(JoinRequest request, CallContext context) = 0;
  /// Connects: reads the description and makes the service.
  virtual Awaitable<Result<Joined>> connect(JoinRequest request, Finding finding,
                                            CallContext context) = 0;
};

struct JoinReport {
  SolutionId id;
  std::string protocol;
  std::string protocol_version;
  std::string how;
  /// Finding::confidence; 1 when the protocol was named.
  double confidence = 1;
  std::size_t skills = 0;
  std::int64_t took_ms = 0;
};

class Joiner {
 public:
  Joiner(Hub& hub, store::Tables& tables, std::vector<std::unique_ptr<Protocol>> protocols);
  ~Joiner();

  /// Probes all protocols in parallel (or takes the one named), connects the best, adds it to the
  /// registry and, when its source is `added`, keeps it. Errors say exactly what was tried, or
  /// which name is taken and the way out.
  Awaitable<Result<JoinReport>> join(JoinRequest request, Executor executor);
  Awaitable<Result<void>> leave(SolutionId id, Executor executor);
  /// What was added in earlier lives of the hub, without what the configuration names too. A
  /// solution that is down joins as soon as it answers; until then it is listed as down.
  Awaitable<Result<std::vector<JoinRequest>>> restore();
  /// Makes the registry's configured solutions equal to these (hot reload): joins, leaves and joins
  /// anew what changed.
  Awaitable<> reconcile(std::vector<JoinRequest> configured, Executor executor, CancelToken cancel);
  /// Solutions that could not be joined yet, with the reason.
  struct Waiting {
    JoinRequest request;
    std::string why;
  };
  std::vector<Waiting> waiting() const;
  /// Tries the waiting ones again and refreshes descriptions, until cancelled.
  Awaitable<> keep_fresh(Executor executor, CancelToken cancel);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace weft::hub

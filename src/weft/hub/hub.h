// The hub: authenticates, applies policy, resolves the skill, opens the task if there is one,
// starts the service. Owned by app; every member from any thread, streams on their own loops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/hub/keys.h"
#include "weft/hub/names.h"
#include "weft/hub/registry.h"
#include "weft/hub/service.h"
#include "weft/hub/tasks.h"

namespace weft::store {
class Tables;
class Journal;
}  // namespace weft::store

namespace weft::hub {

class Approvals;
class Audit;
class Contexts;
class DedupKeys;
class Joiner;

/// Counts a call in and, when dropped, out. What every call holds, translated or passed through.
class Admission {
 public:
  Admission(std::shared_ptr<const Entry> entry, SteadyTime began);
  Admission(Admission&&) noexcept;
  Admission& operator=(Admission&&) noexcept;
  ~Admission();
  /// Says how it went, for health and the counters.
  void ended(const Error* error);
  const Entry& entry() const { return *entry_; }

 private:
  void leave();
  std::shared_ptr<const Entry> entry_;
  SteadyTime began_;
};

class Hub {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    store::Tables& tables;
    store::Journal& journal;
  };
  explicit Hub(Parts parts);
  ~Hub();

  Registry& registry();
  Keys& keys();
  Tasks& tasks();
  Audit& audit();
  Contexts& contexts();
  Approvals& approvals();
  DedupKeys& dedup_keys();
  const Clock& clock() const;
  Random& random();

  /// May this principal call this skill now? Errors: permission, too many calls at once, the
  /// solution is known to be down.
  Result<Admission> admit(const model::Principal& principal, std::shared_ptr<const Entry> entry,
                          const model::Skill* skill);
  /// Runs a call: resolves, admits, shapes, checks the arguments against the schema, starts the
  /// service. The stream keeps the law of service.h whatever the service does, and every error in
  /// it names the solution.
  /// `before_start` is awaited when everything is checked and approved, right before the solution
  /// is called.
  using BeforeStart = EventStream::BeforeStart;
  std::unique_ptr<EventStream> call(model::Call call, CallContext context,
                                    BeforeStart before_start = nullptr);
  /// The same for a call that its caller keeps: copied only if it has to be brought into shape.
  std::unique_ptr<EventStream> call(std::shared_ptr<const model::Call> call, CallContext context,
                                    BeforeStart before_start = nullptr);
  /// Takes up a call that the solution accepted before a restart; null when it cannot be found
  /// again.
  std::unique_ptr<EventStream> reattach(model::Call call, model::Accepted accepted,
                                        CallContext context);
  /// The context of a call that begins now: the solution's own timeout or kCallDeadlineMs.
  CallContext context(Executor executor, CancelToken cancel, const model::Call& call) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::hub

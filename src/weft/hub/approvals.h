// Questions for approval, counted: how many each principal has open, and asks in a minute; and what
// a skill was when it was last allowed. Owned by the hub; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/model/solution.h"

namespace weft::store {
class Tables;
}

namespace weft::hub {

class Approvals {
 public:
  Approvals(store::Tables& tables, const Clock& clock) : tables_(tables), clock_(clock) {}

 private:
  struct Count {
    std::size_t open = 0;
    std::size_t asked = 0;  ///< since `began_ms`
    std::int64_t began_ms = 0;
  };
  /// What a question that outlives the hub still counts out of.
  struct Counts {
    std::mutex mutex;
    std::map<std::string, Count> by_principal;
  };

 public:
  /// One question that is open until this is dropped.
  class Open {
   public:
    Open(std::shared_ptr<Counts> counts, std::string principal)
        : counts_(std::move(counts)), principal_(std::move(principal)) {}
    Open(Open&&) noexcept = default;
    Open& operator=(Open&&) = delete;
    ~Open();

   private:
    std::shared_ptr<Counts> counts_;
    std::string principal_;
  };
  /// Errors: Reason::rate_limited, above kApprovalsOpenMax or kApprovalsPerMinuteMax.
  Result<Open> open(const std::string& principal);

  /// When the skill was last allowed by a person, and what it was then (definition_digest).
  struct Allowed {
    std::int64_t at_ms = 0;
    std::string definition;
  };
  Awaitable<Result<std::optional<Allowed>>> last_allowed(SolutionId solution, SkillId skill);
  Awaitable<Result<void>> note_allowed(SolutionId solution, SkillId skill, std::string definition);

 private:
  static Result<void> count_in(Count& count, std::int64_t now_ms);

  store::Tables& tables_;
  const Clock& clock_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace weft::hub

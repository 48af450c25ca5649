// The registry: who has joined, as an immutable snapshot swapped on change, so that a call takes no
// lock. Owned by app; snapshot() from any thread, changes from any thread (serialised inside).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/schema.h"
#include "weft/hub/service.h"
#include "weft/model/solution.h"

namespace weft::hub {

/// Where a solution was named: `weft add`, weft.yaml, or built in. weft.yaml wins.
enum class Source : std::uint8_t { added, configured, built_in };
std::string_view to_string(Source source);

enum class Approval : std::uint8_t { solution, hub, both };

/// How a solution is joined: what `weft add` or weft.yaml says.
struct JoinRequest {
  SolutionId id;         ///< empty: the name the solution gives itself
  std::string protocol;  ///< empty: found by asking
  std::string url;       ///< or, for a child process, `command`
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  /// Headers sent with every request to it; values may hold ${ENV}, resolved when it is called.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string bearer;
  std::int64_t timeout_ms = 0;  ///< 0: kCallDeadlineMs
  std::size_t concurrency_max = 0;
  std::map<std::string, Approval> approvals;  ///< by skill; `*` for all
  /// Names of keys that may approve, by skill (`*` for all). None: whoever calls.
  std::map<std::string, std::vector<std::string>> approvers;
  /// What a call costs, and the argument that carries a key which makes calls one, by skill.
  std::map<std::string, model::Cost> costs;
  std::map<std::string, std::string> dedup;
  /// What of a conversation the solution is told: names of values (`*`: all). Default: nothing.
  std::vector<std::string> share;
  /// What only its own protocol reads: the section of the protocol's name in weft.yaml.
  json::object details;
  Source source = Source::added;
  std::string origin;  ///< `weft.yaml:14` or `weft add`, shown by `weft ls`
};

enum class Health : std::uint8_t { unknown, up, down };

/// One solution in a snapshot. Immutable but for its counters.
struct Entry {
  std::shared_ptr<const model::Solution> solution;
  std::shared_ptr<Service> service;
  JoinRequest request;
  std::string found_by;  ///< how its protocol was recognised
  /// The place it named when it joined; once it names another, why it is not called any more.
  std::string place;
  std::string blocked;
  struct Counters {
    std::atomic<std::uint32_t> running{0};
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<Health> health{Health::unknown};
    /// Calls in a row that could not reach it, and until when (steady, ms) the others are refused
    /// for that.
    std::atomic<std::uint32_t> unreached{0};
    std::atomic<std::int64_t> down_until_ms{0};
  };
  std::shared_ptr<Counters> counters;
  /// By skill, compiled on first use; null when the skill has no schema.
  Result<const Schema*> input_schema(const model::Skill& skill) const;

  struct Schemas;
  std::shared_ptr<Schemas> schemas;
};

/// Solutions that are known and have not joined yet, with the reason, by name.
using Absent = std::map<std::string, std::string, std::less<>>;

/// Everything that has joined at one moment.
struct Snapshot {
  std::uint64_t version = 0;
  std::vector<std::shared_ptr<const Entry>> entries;  ///< by id, ascending
  std::shared_ptr<const Absent> absent;               ///< null: none

  const Entry* find(std::string_view solution_id) const;
  std::shared_ptr<const Entry> find_shared(std::string_view solution_id) const;
};

class Registry {
 public:
  Registry();
  std::shared_ptr<const Snapshot> snapshot() const;
  /// Errors: the name is taken (with the way out), or there are too many.
  Result<void> add(std::shared_ptr<const Entry> entry);
  /// Puts a newer description in the place of the old one; counters stay. One that names another
  /// host than the one that joined is not called until it joins again.
  Result<void> update(const SolutionId& id, std::shared_ptr<const model::Solution> solution);
  /// Another in its place, at once: nobody finds that there is none.
  Result<void> replace(std::shared_ptr<const Entry> entry);
  Result<void> remove(const SolutionId& id);
  /// Says who is known and has not joined yet. No change of what can be called: nobody is told.
  void set_absent(Absent absent);
  /// Called after each change, from the thread that made it.
  void on_change(std::function<void(const Snapshot&)> listener);

 private:
  void publish(std::shared_ptr<Snapshot> next, std::unique_lock<std::mutex>& lock);
  mutable std::mutex mutex_;
  std::atomic<std::shared_ptr<const Snapshot>> current_;
  std::vector<std::function<void(const Snapshot&)>> listeners_;
};

std::shared_ptr<const Entry> make_entry(model::Solution solution, std::shared_ptr<Service> service,
                                        JoinRequest request, std::string found_by);

}  // namespace weft::hub

#include "weft/hub/registry.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/base/limits.h"
#include "weft/base/log.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"

namespace weft::hub {
namespace {

bool before(const std::shared_ptr<const Entry>& entry, std::string_view id) {
  return entry->solution->id.str() < id;
}

Result<void> check_id(const model::Solution& solution) {
  const std::string& id = solution.id.str();
  const bool fits =
      !id.empty() && id.size() <= kSolutionIdCharsMax && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  if (fits) return {};
  return fail(make_argument_error(
      "/id", std::format("`{}` is no name for a solution: 1 to {} of a-z, 0-9 and `-`", id,
                         kSolutionIdCharsMax)));
}

Result<void> check_skills(const model::Solution& solution) {
  if (solution.skills.size() <= kSkillsPerSolutionMax) return {};
  return fail(Reason::too_large,
              std::format("`{}` offers {} skills; at most {} are taken", solution.id.str(),
                          solution.skills.size(), kSkillsPerSolutionMax));
}

/// What whoever joins the solution says of its skills. A key that the hub gives is asked of nobody.
model::Solution declared(model::Solution solution, const JoinRequest& request) {
  for (model::Skill& skill : solution.skills) {
    const std::string& id = skill.id.str();
    if (const auto cost = request.costs.find(id); cost != request.costs.end())
      skill.effects.cost = cost->second;
    if (const auto key = request.dedup.find(id); key != request.dedup.end())
      skill.effects.dedup_key = key->second;
    auto* schema = skill.input_schema ? skill.input_schema->if_object() : nullptr;
    auto* required = schema == nullptr ? nullptr : schema->if_contains("required");
    if (skill.effects.dedup_key.empty() || required == nullptr || !required->is_array()) continue;
    json::array kept;
    for (const json::value& name : required->get_array()) {
      if (name != json::value(skill.effects.dedup_key)) kept.push_back(name);
    }
    *required = std::move(kept);
  }
  return solution;
}

std::string host_of(const model::Solution& solution) {
  const auto url = parse_url(solution.url);
  return url ? url->authority() : "";
}

/// Why a solution that names another host than the one that joined is not called.
std::string moved(const std::string& from, const std::string& to) {
  if (from.empty() || to.empty() || from == to) return "";
  return std::format(
      "it joined as a solution at {} and now says that it is at {}; it is not called "
      "there until it joins again (`weft rm`, then `weft add`, or weft started anew)",
      from, to);
}

Error taken(const Entry& holder, const SolutionId& id) {
  Error error =
      make_error(Reason::invalid_argument,
                 std::format("the name `{}` is taken by the solution at {} (from {}); join this "
                             "one under another with `--as NAME`",
                             id.str(),
                             holder.request.command.empty() ? holder.request.url
                                                            : holder.request.command.front(),
                             holder.request.origin.empty() ? to_string(holder.request.source)
                                                           : holder.request.origin));
  error.code = Code::already_exists;
  return error;
}

}  // namespace

/// One place for each skill of the solution, in their order: no lock is taken once a schema is
/// there.
struct Entry::Schemas {
  struct Slot {
    std::once_flag once;
    std::optional<Result<Schema>> schema;
  };
  explicit Schemas(std::size_t count) : slots(std::make_unique<Slot[]>(count)) {}
  std::unique_ptr<Slot[]> slots;
};

std::string_view to_string(Source source) {
  constexpr std::array<std::string_view, 3> kWords{"added", "configured", "built in"};
  return kWords.at(static_cast<std::size_t>(source));
}

Result<const Schema*> Entry::input_schema(const model::Skill& skill) const {
  if (!skill.input_schema) return nullptr;
  const auto& skills = solution->skills;
  const auto found = std::ranges::find(skills, skill.id, &model::Skill::id);
  WEFT_ASSERT(found != skills.end() && found->input_schema);
  auto& slot = schemas->slots[static_cast<std::size_t>(found - skills.begin())];
  std::call_once(slot.once, [&] { slot.schema.emplace(Schema::create(*found->input_schema)); });
  if (*slot.schema) return &**slot.schema;
  Error error = slot.schema->error();
  error.reason = Reason::upstream_protocol;
  error.code = code_of(error.reason);
  error.solution = solution->id.str();
  error.message = std::format("the input schema that `{}` gives for `{}` cannot be used: {}",
                              solution->id.str(), skill.id.str(), error.message);
  return fail(std::move(error));
}

const Entry* Snapshot::find(std::string_view solution_id) const {
  const auto at = std::lower_bound(entries.begin(), entries.end(), solution_id, before);
  return at != entries.end() && (*at)->solution->id.str() == solution_id ? at->get() : nullptr;
}

std::shared_ptr<const Entry> Snapshot::find_shared(std::string_view solution_id) const {
  const auto at = std::lower_bound(entries.begin(), entries.end(), solution_id, before);
  return at != entries.end() && (*at)->solution->id.str() == solution_id ? *at : nullptr;
}

Registry::Registry() : current_(std::make_shared<const Snapshot>()) {}

std::shared_ptr<const Snapshot> Registry::snapshot() const {
  return current_.load(std::memory_order_acquire);
}

Result<void> Registry::add(std::shared_ptr<const Entry> entry) {
  WEFT_CHECK(check_id(*entry->solution));
  WEFT_CHECK(check_skills(*entry->solution));
  std::unique_lock lock(mutex_);
  const auto now = snapshot();
  const SolutionId id = entry->solution->id;
  if (const Entry* holder = now->find(id.str())) return fail(taken(*holder, id));
  if (now->entries.size() >= kSolutionsMax) {
    return fail(Reason::rate_limited,
                std::format("{} solutions have joined; no more are taken", kSolutionsMax));
  }
  auto next = std::make_shared<Snapshot>(*now);
  const auto at = std::lower_bound(next->entries.begin(), next->entries.end(), id.str(), before);
  next->entries.insert(at, std::move(entry));
  publish(std::move(next), lock);
  return {};
}

Result<void> Registry::update(const SolutionId& id,
                              std::shared_ptr<const model::Solution> solution) {
  WEFT_ASSERT(solution->id == id);
  WEFT_CHECK(check_skills(*solution));
  std::unique_lock lock(mutex_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  const auto at = std::lower_bound(next->entries.begin(), next->entries.end(), id.str(), before);
  if (at == next->entries.end() || (*at)->solution->id != id) {
    return fail(Reason::solution_not_found, std::format("no solution `{}` has joined", id.str()));
  }
  auto entry = std::make_shared<Entry>(**at);
  entry->schemas = std::make_shared<Entry::Schemas>(solution->skills.size());
  entry->blocked = moved(entry->place, host_of(*solution));
  if (!entry->blocked.empty()) log::warn("{}: {}", id.str(), entry->blocked);
  entry->solution = std::make_shared<const model::Solution>(declared(*solution, entry->request));
  *at = std::move(entry);
  publish(std::move(next), lock);
  return {};
}

Result<void> Registry::replace(std::shared_ptr<const Entry> entry) {
  WEFT_CHECK(check_skills(*entry->solution));
  std::unique_lock lock(mutex_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  const SolutionId id = entry->solution->id;
  const auto at = std::lower_bound(next->entries.begin(), next->entries.end(), id.str(), before);
  if (at == next->entries.end() || (*at)->solution->id != id)
    return fail(Reason::solution_not_found, std::format("no solution `{}` has joined", id.str()));
  *at = std::move(entry);
  publish(std::move(next), lock);
  return {};
}

Result<void> Registry::remove(const SolutionId& id) {
  std::unique_lock lock(mutex_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  const auto removed =
      std::erase_if(next->entries, [&](const auto& entry) { return entry->solution->id == id; });
  if (removed == 0)
    return fail(Reason::solution_not_found, std::format("no solution `{}` has joined", id.str()));
  publish(std::move(next), lock);
  return {};
}

void Registry::set_absent(Absent absent) {
  const std::scoped_lock lock(mutex_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  next->absent = absent.empty() ? nullptr : std::make_shared<const Absent>(std::move(absent));
  current_.store(std::move(next), std::memory_order_release);
}

void Registry::on_change(std::function<void(const Snapshot&)> listener) {
  const std::scoped_lock lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Registry::publish(std::shared_ptr<Snapshot> next, std::unique_lock<std::mutex>& lock) {
  next->version += 1;
  std::shared_ptr<const Snapshot> published = std::move(next);
  current_.store(published, std::memory_order_release);
  const auto listeners = listeners_;
  lock.unlock();
  for (const auto& listener : listeners) listener(*published);
}

std::shared_ptr<const Entry> make_entry(model::Solution solution, std::shared_ptr<Service> service,
                                        JoinRequest request, std::string found_by) {
  auto entry = std::make_shared<Entry>();
  entry->schemas = std::make_shared<Entry::Schemas>(solution.skills.size());
  entry->place = host_of(solution);
  entry->solution = std::make_shared<const model::Solution>(declared(std::move(solution), request));
  entry->service = std::move(service);
  entry->request = std::move(request);
  entry->request.timeout_ms = std::clamp<std::int64_t>(entry->request.timeout_ms, 0, kTimeoutMsMax);
  entry->found_by = std::move(found_by);
  entry->counters = std::make_shared<Entry::Counters>();
  return entry;
}

}  // namespace weft::hub

#include "weft/hub/joiner.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cctype>
#include <format>
#include <mutex>

#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/hub/approval.h"
#include "weft/hub/join_record.h"
#include "weft/hub/limits.h"
#include "weft/hub/nearest.h"
#include "weft/hub/probing.h"
#include "weft/hub/variables.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

constexpr std::string_view kSpace = "solutions";

/// One that is to be joined and is not yet.
struct Pending {
  JoinRequest request;
  std::string why;
  SteadyTime next_try;
  std::int64_t pause_ms = kRejoinMs;
  bool trying = false;
};

/// A guard that is misspelt makes the hub ask before skills that nobody meant.
void warn_of_unknown(const JoinRequest& request, const model::Solution& solution) {
  for (const auto& name : unknown_approvals(request, solution)) {
    std::vector<std::string> skills;
    skills.reserve(solution.skills.size());
    for (const auto& skill : solution.skills) skills.push_back(skill.id.str());
    log::warn(
        "{}: `approval` names `{}`, which is no skill of {}: every skill without an approval of "
        "its "
        "own is asked for until that is put right; nearest: {}",
        request.origin, visible(name), solution.id.str(),
        visible(quoted_list(nearest(name, skills, 1))));
  }
}

}  // namespace

struct Joiner::State : std::enable_shared_from_this<Joiner::State> {
  State(Hub& h, store::Tables& t, std::vector<std::unique_ptr<Protocol>> p)
      : hub(h), tables(t), protocols(std::move(p)) {}

  Hub& hub;
  store::Tables& tables;
  std::vector<std::unique_ptr<Protocol>> protocols;
  std::mutex mutex;
  std::vector<Pending> pending;
  std::map<SolutionId, SteadyTime> refresh_at;

  Result<std::vector<Protocol*>> candidates(const JoinRequest& request) const;
  Awaitable<Result<std::vector<Probed>>> find(JoinRequest request, Executor executor,
                                              CancelToken cancel);
  Awaitable<Result<JoinReport>> join_now(JoinRequest request, Executor executor,
                                         CancelToken cancel);
  Result<JoinReport> add(JoinRequest request, Joined joined, const Probed& by);
  Result<void> check_free(const JoinRequest& request);
  Awaitable<Result<void>> keep(JoinRequest request, std::string protocol);

  /// With the mutex held: callers are told why, and not that there is no such solution.
  void tell_absent();
  void wait_for(JoinRequest request, std::string why, bool at_once);
  void give_up(const SolutionId& id);
  std::vector<JoinRequest> due(bool all);
  void tried(const JoinRequest& request, const Result<JoinReport>& joined);
  /// On the executor's loop. Whether there was one to try.
  Awaitable<bool> try_pending(Executor executor, CancelToken cancel, bool all);
  static Awaitable<> try_one(std::shared_ptr<State> state, JoinRequest request, Executor executor,
                             CancelToken cancel);

  static Awaitable<> keep_joining(std::shared_ptr<State> state, Executor executor,
                                  CancelToken cancel);
  static Awaitable<> keep_refreshing(std::shared_ptr<State> state, Executor executor,
                                     CancelToken cancel);

  std::vector<std::shared_ptr<const Entry>> due_for_refresh();
  Awaitable<> refresh_due(Executor executor, CancelToken cancel);
  static Awaitable<> refresh_one(std::shared_ptr<State> state, std::shared_ptr<const Entry> entry,
                                 CallContext context);

  bool drop_changed(const std::vector<JoinRequest>& configured);
};

/// The protocols that may be asked. A child process speaks MCP over its standard input and output.
Result<std::vector<Protocol*>> Joiner::State::candidates(const JoinRequest& request) const {
  std::string wanted = request.protocol;
  if (!request.command.empty()) {
    if (!wanted.empty() && wanted != "mcp") {
      return fail(make_argument_error(
          "/protocol", std::format("a command is joined as an MCP server; `{}` is not spoken "
                                   "over standard input and output",
                                   wanted)));
    }
    wanted = "mcp";
  }
  std::vector<Protocol*> found;
  std::vector<std::string> names;
  for (const auto& protocol : protocols) {
    names.emplace_back(protocol->name());
    if (wanted.empty() ? protocol->takes(request.url) : protocol->name() == wanted)
      found.push_back(protocol.get());
  }
  if (!found.empty()) return found;
  if (wanted.empty()) {
    return fail(make_argument_error(
        "/url", std::format("no protocol of weft's has URLs like `{}`", request.url)));
  }
  return fail(make_argument_error("/protocol", std::format("weft does not speak `{}`; it speaks {}",
                                                           wanted, quoted_list(names))));
}

Awaitable<Result<std::vector<Probed>>> Joiner::State::find(JoinRequest request, Executor executor,
                                                           CancelToken cancel) {
  WEFT_CO_TRY(auto asked, candidates(request));
  // What would fail at every protocol in turn is said once.
  WEFT_CO_CHECK(check_variables(request));
  if (!request.command.empty()) {
    Probed child{asked.front(), {}};
    child.finding.spoken = true;
    child.finding.confidence = 1;
    child.finding.how =
        std::format("{} was started and spoke MCP on its standard output", place_of(request));
    co_return std::vector<Probed>{std::move(child)};
  }
  auto probed = co_await probe_all(std::move(asked), request, executor, cancel);
  if (probed.front().finding.spoken) co_return probed;
  co_return fail(
      Reason::upstream_protocol,
      std::format("no protocol was recognised at {}; tried:{}\nif it speaks one of these, "
                  "give its exact URL, or more time with `--protocol NAME`",
                  place_of(request), tried_lines(probed)));
}

/// Whether the name is free, the running and the waiting considered.
Result<void> Joiner::State::check_free(const JoinRequest& request) {
  if (request.id.empty()) return {};
  const std::string& id = request.id.str();
  std::string holder;
  if (const auto entry = hub.registry().snapshot()->find_shared(id)) {
    holder = std::format("the solution at {}", place_of(entry->request));
  } else {
    const std::scoped_lock lock(mutex);
    const auto at =
        std::ranges::find(pending, request.id, [](const Pending& p) { return p.request.id; });
    if (at == pending.end()) return {};
    holder = std::format("the solution at {}, which is down", place_of(at->request));
  }
  Error error =
      make_argument_error("/name", std::format("the name `{}` is taken by {}; join this one under "
                                               "another with `--as NAME`, or remove the "
                                               "other with `weft rm {}`",
                                               id, holder, id));
  error.code = Code::already_exists;
  return fail(std::move(error));
}

Result<JoinReport> Joiner::State::add(JoinRequest request, Joined joined, const Probed& by) {
  model::Solution& solution = joined.solution;
  solution.id = request.id.empty() ? name_for(solution, request) : request.id;
  if (solution.protocol.empty()) solution.protocol = by.protocol->name();
  if (solution.protocol_version.empty()) solution.protocol_version = by.finding.protocol_version;
  if (solution.url.empty()) solution.url = by.finding.url.empty() ? request.url : by.finding.url;
  const double confidence = request.protocol.empty() ? by.finding.confidence : 1;
  JoinReport report{solution.id,    solution.protocol, solution.protocol_version,
                    by.finding.how, confidence,        solution.skills.size()};
  request.id = solution.id;
  warn_of_unknown(request, solution);
  auto entry = make_entry(std::move(solution), std::move(joined.service), std::move(request),
                          by.finding.how);
  entry->counters->health = Health::up;
  WEFT_CHECK(hub.registry().add(std::move(entry)));
  return report;
}

Awaitable<Result<JoinReport>> Joiner::State::join_now(JoinRequest request, Executor executor,
                                                      CancelToken cancel) {
  const SteadyTime began = hub.clock().steady();
  WEFT_CO_TRY(const auto probed, co_await find(request, executor, cancel));
  std::string failures;
  Error first;
  for (const auto& by : probed) {
    if (!by.finding.spoken) break;
    const CallContext context{executor, hub.clock().steady() + Milliseconds(kConnectDeadlineMs),
                              cancel};
    auto joined = co_await by.protocol->connect(request, by.finding, context);
    if (joined) {
      WEFT_CO_TRY(auto report, add(request, *std::move(joined), by));
      report.took_ms =
          std::chrono::duration_cast<Milliseconds>(hub.clock().steady() - began).count();
      co_return report;
    }
    if (failures.empty()) first = joined.error();
    failures += std::format("\n  {}: {}", by.protocol->name(), joined.error().message);
  }
  first.message = std::format("{} could not be joined:{}", place_of(request), failures);
  co_return fail(std::move(first));
}

/// The protocol that was found is kept too: it is not asked for again.
Awaitable<Result<void>> Joiner::State::keep(JoinRequest request, std::string protocol) {
  request.protocol = std::move(protocol);
  const std::string id = request.id.str();
  auto kept = co_await tables.put(std::string(kSpace), id, to_json(request));
  co_return kept;
}

void Joiner::State::tell_absent() {
  Absent absent;
  for (const Pending& one : pending) absent.emplace(one.request.id.str(), one.why);
  hub.registry().set_absent(std::move(absent));
}

void Joiner::State::wait_for(JoinRequest request, std::string why, bool at_once) {
  const std::scoped_lock lock(mutex);
  std::erase_if(pending, [&](const Pending& p) { return p.request.id == request.id; });
  Pending one;
  one.request = std::move(request);
  one.why = std::move(why);
  one.next_try = hub.clock().steady() + Milliseconds(at_once ? 0 : kRejoinMs);
  pending.push_back(std::move(one));
  tell_absent();
}

void Joiner::State::give_up(const SolutionId& id) {
  const std::scoped_lock lock(mutex);
  std::erase_if(pending, [&](const Pending& p) { return p.request.id == id; });
  tell_absent();
}

std::vector<JoinRequest> Joiner::State::due(bool all) {
  const std::scoped_lock lock(mutex);
  std::vector<JoinRequest> out;
  for (auto& one : pending) {
    if (one.trying || (!all && one.next_try > hub.clock().steady())) continue;
    one.trying = true;
    out.push_back(one.request);
  }
  return out;
}

void Joiner::State::tried(const JoinRequest& request, const Result<JoinReport>& joined) {
  const std::scoped_lock lock(mutex);
  const auto at =
      std::ranges::find(pending, request.id, [](const Pending& p) { return p.request.id; });
  if (at == pending.end() || !same_request(at->request, request)) {
    // Removed or changed while it was tried: then it must not have come in by this.
    if (joined) (void)hub.registry().remove(request.id);
    return;
  }
  if (joined) {
    pending.erase(at);
    tell_absent();
    return;
  }
  at->trying = false;
  at->why = joined.error().message;
  at->next_try = hub.clock().steady() + Milliseconds(at->pause_ms);
  at->pause_ms = std::min(at->pause_ms * 2, kRejoinMaxMs);
  tell_absent();
}

Awaitable<> Joiner::State::try_one(std::shared_ptr<State> state, JoinRequest request,
                                   Executor executor, CancelToken cancel) {
  auto joined = co_await state->join_now(request, executor, std::move(cancel));
  if (joined) {
    log::info("joined {} ({} {}) with {} skills", request.id.str(), joined->protocol,
              joined->protocol_version, joined->skills);
  } else {
    log::debug("{} at {} has not joined yet: {}", request.id.str(), place_of(request),
               joined.error().message);
  }
  state->tried(request, joined);
}

Awaitable<bool> Joiner::State::try_pending(Executor executor, CancelToken cancel, bool all) {
  auto requests = due(all);
  if (requests.empty()) co_return false;
  TaskGroup group(executor);
  for (auto& request : requests)
    group.spawn(try_one(shared_from_this(), std::move(request), executor, cancel));
  co_await group.join();
  co_return true;
}

std::vector<std::shared_ptr<const Entry>> Joiner::State::due_for_refresh() {
  const SteadyTime now = hub.clock().steady();
  const auto snapshot = hub.registry().snapshot();
  const std::scoped_lock lock(mutex);
  std::erase_if(refresh_at, [&](const auto& item) { return !snapshot->find(item.first.str()); });
  std::vector<std::shared_ptr<const Entry>> out;
  for (const auto& entry : snapshot->entries) {
    if (entry->request.source == Source::built_in) continue;
    auto [at, fresh] =
        refresh_at.try_emplace(entry->solution->id, now + Milliseconds(kRefreshEveryMs));
    if (fresh || at->second > now) continue;
    at->second = now + Milliseconds(kRefreshEveryMs);
    out.push_back(entry);
  }
  return out;
}

Awaitable<> Joiner::State::refresh_one(std::shared_ptr<State> state,
                                       std::shared_ptr<const Entry> entry, CallContext context) {
  auto newer = co_await entry->service->refresh(std::move(context));
  const SolutionId id = entry->solution->id;
  if (!newer) {
    log::debug("{} could not be asked for its description: {}", id.str(), newer.error().message);
    const bool gone =
        newer.error().reason == Reason::unavailable || newer.error().reason == Reason::deadline;
    if (gone) entry->counters->health = Health::down;
    co_return;
  }
  if (entry->counters->unreached < kFailuresToDown) entry->counters->health = Health::up;
  if (!*newer) co_return;
  auto solution = std::make_shared<model::Solution>(**newer);
  solution->id = id;
  if (solution->protocol.empty()) solution->protocol = entry->solution->protocol;
  if (solution->url.empty()) solution->url = entry->solution->url;
  if (unknown_approvals(entry->request, *solution) !=
      unknown_approvals(entry->request, *entry->solution)) {
    warn_of_unknown(entry->request, *solution);
  }
  auto updated = state->hub.registry().update(id, std::move(solution));
  if (!updated)
    log::warn("the new description of {} is not taken: {}", id.str(), updated.error().message);
}

Awaitable<> Joiner::State::refresh_due(Executor executor, CancelToken cancel) {
  const auto entries = due_for_refresh();
  if (entries.empty()) co_return;
  TaskGroup group(executor);
  const CallContext context{executor, hub.clock().steady() + Milliseconds(kRefreshDeadlineMs),
                            std::move(cancel)};
  for (const auto& entry : entries) group.spawn(refresh_one(shared_from_this(), entry, context));
  co_await group.join();
}

Awaitable<> Joiner::State::keep_joining(std::shared_ptr<State> state, Executor executor,
                                        CancelToken cancel) {
  while (!cancel.cancelled()) {
    co_await state->try_pending(executor, cancel, false);
    co_await sleep_for(Milliseconds(kFreshTickMs), cancel);
  }
}

Awaitable<> Joiner::State::keep_refreshing(std::shared_ptr<State> state, Executor executor,
                                           CancelToken cancel) {
  while (!cancel.cancelled()) {
    co_await state->refresh_due(executor, cancel);
    co_await sleep_for(Milliseconds(kFreshTickMs), cancel);
  }
}

/// Lets go of the configured ones that are configured no more, or otherwise, and of added ones
/// whose name is taken by the configuration. Whether any was.
bool Joiner::State::drop_changed(const std::vector<JoinRequest>& configured) {
  const auto wanted = [&](const JoinRequest& held) {
    const auto at = std::ranges::find(configured, held.id, &JoinRequest::id);
    if (held.source == Source::built_in) return true;
    if (held.source == Source::added) return at == configured.end();
    return at != configured.end() && same_request(*at, held);
  };
  bool any = false;
  // Held by name: GCC 14 does not yet extend the life of a temporary in a range (P2718).
  const auto snapshot = hub.registry().snapshot();
  for (const auto& entry : snapshot->entries) {
    if (wanted(entry->request)) continue;
    any = true;
    if (auto removed = hub.registry().remove(entry->solution->id); removed) {
      log::info("{} ({}) has left", entry->solution->id.str(), to_string(entry->request.source));
    }
  }
  const std::scoped_lock lock(mutex);
  std::erase_if(pending, [&](const Pending& p) { return !wanted(p.request); });
  tell_absent();
  return any;
}

bool Protocol::takes(std::string_view url) const {
  const auto end = url.find("://");
  if (end == url.npos) return true;
  std::string scheme(url.substr(0, end));
  std::ranges::transform(scheme, scheme.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return scheme == "http" || scheme == "https" || scheme == "file";
}

Joiner::Joiner(Hub& hub, store::Tables& tables, std::vector<std::unique_ptr<Protocol>> protocols)
    : state_(std::make_shared<State>(hub, tables, std::move(protocols))) {}
Joiner::~Joiner() = default;

Awaitable<Result<JoinReport>> Joiner::join(JoinRequest request, Executor executor) {
  const auto state = state_;
  if (request.origin.empty())
    request.origin = request.source == Source::added ? "weft add" : to_string(request.source);
  if (!request.id.empty() && slug(request.id.str()) != request.id.str()) {
    co_return fail(make_argument_error(
        "/name", std::format("`{}` is no name for a solution; `{}` would be one", request.id.str(),
                             slug(request.id.str()))));
  }
  WEFT_CO_CHECK(state->check_free(request));
  const CancelToken never;
  auto joining = state->join_now(request, executor, never);
  WEFT_CO_TRY(auto report, co_await on_loop(executor, std::move(joining)));
  if (request.source != Source::added) co_return report;
  request.id = report.id;
  auto kept = co_await state->keep(request, report.protocol);
  if (!kept) {
    (void)state->hub.registry().remove(report.id);
    co_return fail(std::move(kept).error());
  }
  co_return report;
}

Awaitable<Result<void>> Joiner::leave(SolutionId id, Executor) {
  const auto state = state_;
  std::optional<JoinRequest> held;
  if (const auto entry = state->hub.registry().snapshot()->find_shared(id.str()))
    held = entry->request;
  for (const auto& one : waiting()) {
    if (one.request.id == id) held = one.request;
  }
  if (!held)
    co_return fail(Reason::solution_not_found,
                   std::format("no solution `{}` has joined", id.str()));
  if (held->source != Source::added) {
    co_return fail(
        Reason::unsupported,
        std::format("`{}` is {}: {}", id.str(), to_string(held->source),
                    held->source == Source::configured ? "remove it there: " + held->origin
                                                       : std::string("it cannot be removed")));
  }
  WEFT_CO_CHECK(co_await state->tables.erase(std::string(kSpace), id.str()));
  state->give_up(id);
  (void)state->hub.registry().remove(id);
  co_return Result<void>();
}

Awaitable<Result<std::vector<JoinRequest>>> Joiner::restore() {
  const auto state = state_;
  std::vector<JoinRequest> restored;
  std::string after;
  while (true) {
    WEFT_CO_TRY(const auto rows, co_await state->tables.scan(std::string(kSpace), "", after, 256));
    if (rows.empty()) break;
    for (const auto& row : rows) {
      auto request = join_request_from(row.value);
      if (!request) {
        log::error("what was kept of the solution {} cannot be read: {}", row.key,
                   request.error().message);
        continue;
      }
      request->source = Source::added;
      state->wait_for(*request, "it was not tried yet", true);
      restored.push_back(*std::move(request));
    }
    after = rows.back().key;
  }
  co_return restored;
}

Awaitable<> Joiner::reconcile(std::vector<JoinRequest> configured, Executor executor,
                              CancelToken cancel) {
  const auto state = state_;
  state->drop_changed(configured);
  for (auto& request : configured) {
    request.source = Source::configured;
    const bool joined = state->hub.registry().snapshot()->find(request.id.str()) != nullptr;
    const auto waits = waiting();
    const bool waits_already =
        std::ranges::contains(waits, request.id, [](const Waiting& w) { return w.request.id; });
    if (!joined && !waits_already)
      state->wait_for(std::move(request), "it was not tried yet", true);
  }
  auto trying = state->try_pending(executor, cancel, true);
  co_await on_loop(executor, std::move(trying));
  if (cancel.cancelled()) co_return;
  for (const auto& one : waiting()) {
    log::warn("{} ({}) has not joined yet: {}", one.request.id.str(), one.request.origin, one.why);
  }
}

std::vector<Joiner::Waiting> Joiner::waiting() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<Waiting> out;
  for (const auto& one : state_->pending) out.push_back({one.request, one.why});
  return out;
}

Awaitable<> Joiner::keep_fresh(Executor executor, CancelToken cancel) {
  const auto state = state_;
  // Apart: a solution that is slow to join does not hold up the others' descriptions.
  TaskGroup group(executor);
  group.spawn(State::keep_joining(state, executor, cancel));
  group.spawn(State::keep_refreshing(state, executor, cancel));
  co_await group.join();
}

}  // namespace weft::hub

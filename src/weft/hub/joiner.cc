#include "weft/hub/joiner.h"

#include <algorithm>
#include <format>
#include <mutex>

#include "weft/base/log.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/hub/join_record.h"
#include "weft/hub/limits.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

constexpr std::string_view kSpace = "solutions";
constexpr Milliseconds kRetryFirst{250};
constexpr Milliseconds kRetryMost{15'000};
constexpr Milliseconds kTick{100};
constexpr Milliseconds kRefreshEvery{30'000};

std::string where(const JoinRequest& request) {
  if (!request.url.empty()) return request.url;
  std::string command;
  for (const auto& word : request.command) command += (command.empty() ? "" : " ") + word;
  return command;
}

/// What a name is made of when the solution gives itself none: the host, or the program.
std::string fallback_name(const JoinRequest& request) {
  if (!request.command.empty()) {
    const std::string& program = request.command.front();
    return slug(program.substr(program.rfind('/') + 1));
  }
  const auto from = request.url.find("://");
  return slug(from == std::string::npos ? request.url : request.url.substr(from + 3));
}

}  // namespace

struct Joiner::State {
  struct Late {
    JoinRequest request;
    std::string why;
    SteadyTime next;
    Milliseconds delay = kRetryFirst;
    bool trying = false;
  };

  Hub& hub;
  store::Tables& tables;
  std::vector<std::unique_ptr<Protocol>> protocols;
  mutable std::mutex mutex;  ///< guards `late` and `joining`; never held across a wait
  std::vector<Late> late;
  std::vector<std::string> joining;

  Protocol* find(std::string_view name) const {
    for (const auto& protocol : protocols) {
      if (protocol->name() == name) return protocol.get();
    }
    return nullptr;
  }

  Error unknown_protocol(const std::string& name) const {
    std::string known;
    for (const auto& protocol : protocols) known += (known.empty() ? "" : ", ") + std::string(protocol->name());
    return make_argument_error("/protocol", std::format("weft does not speak `{}`; it speaks {}", name, known));
  }

  Error taken(const std::string& name) const {
    return make_argument_error(
        "/name", std::format("the name \"{0}\" is taken; choose another with --as NAME, or let the other go with "
                             "`weft rm {0}`",
                             name));
  }

  /// Two joins under one name at the same time: the second is refused like any taken name.
  Result<void> reserve(const std::string& name) {
    const std::scoped_lock lock(mutex);
    if (std::ranges::find(joining, name) != joining.end() || hub.registry().snapshot()->find(name) != nullptr) {
      return fail(taken(name));
    }
    joining.push_back(name);
    return {};
  }

  void release(const std::string& name) {
    const std::scoped_lock lock(mutex);
    std::erase(joining, name);
  }

  void forget_late(const SolutionId& id) {
    const std::scoped_lock lock(mutex);
    std::erase_if(late, [&](const Late& each) { return each.request.id == id; });
  }

  void keep_late(JoinRequest request, std::string why) {
    const std::scoped_lock lock(mutex);
    for (auto& each : late) {
      if (each.request.id != request.id) continue;
      each.request = std::move(request);
      each.why = std::move(why);
      return;
    }
    late.push_back({.request = std::move(request), .why = std::move(why),
                    .next = std::chrono::steady_clock::now() + kRetryFirst});
  }

  struct Probing {
    Protocol* protocol;
    Finding finding;
  };

  static Awaitable<> probe_one(Probing& probing, JoinRequest request, CallContext context, int& left, Signal& done) {
    probing.finding = co_await probing.protocol->probe(std::move(request), std::move(context));
    if (--left == 0) done.notify();
  }

  /// All protocols at once; what each found, or tried.
  Awaitable<std::vector<Probing>> probe_all(JoinRequest request, Executor executor) {
    std::vector<Probing> probes;
    for (const auto& protocol : protocols) probes.push_back({.protocol = protocol.get(), .finding = {}});
    TaskGroup group(executor);
    Signal done(executor);
    int left = static_cast<int>(probes.size());
    CallContext context{.executor = executor,
                        .deadline = std::chrono::steady_clock::now() + Milliseconds(kProbeDeadlineMs),
                        .cancel = group.token()};
    for (auto& probing : probes) group.spawn(probe_one(probing, request, context, left, done));
    if (left > 0) co_await done.wait();
    co_await group.join();
    co_return probes;
  }

  static Error not_recognised(const JoinRequest& request, const std::vector<Probing>& probes) {
    std::string tried;
    for (const auto& probing : probes) {
      tried += std::format("\n  {:<8} {}", probing.protocol->name(),
                           probing.finding.tried.empty() ? "no answer in time" : probing.finding.tried);
    }
    return make_error(Reason::unavailable,
                      std::format("nothing weft knows answers at {}; tried:{}\nname the protocol with --protocol, or "
                                  "the exact URL, if it is one of these",
                                  where(request), tried));
  }

  /// Which protocol, and how it is known.
  Awaitable<Result<Probing>> recognise(JoinRequest request, Executor executor) {
    if (!request.command.empty() && request.protocol.empty()) request.protocol = "mcp";
    if (!request.protocol.empty()) {
      Protocol* named = find(request.protocol);
      if (named == nullptr) co_return std::unexpected(unknown_protocol(request.protocol));
      Finding finding;
      finding.spoken = true;
      finding.confidence = 1;
      finding.url = request.url;
      finding.how = request.command.empty() ? std::string("being told (--protocol)")
                                            : std::string("its standard input and output");
      co_return Probing{.protocol = named, .finding = std::move(finding)};
    }
    auto probes = co_await probe_all(request, executor);
    const auto best = std::ranges::max_element(probes, {}, [](const Probing& p) {
      return p.finding.spoken ? p.finding.confidence : -1.0;
    });
    if (best == probes.end() || !best->finding.spoken) co_return std::unexpected(not_recognised(request, probes));
    co_return *best;
  }

  Awaitable<Result<JoinReport>> connect(JoinRequest request, Probing found, SteadyTime began, Executor executor) {
    CallContext context{.executor = executor,
                        .deadline = std::chrono::steady_clock::now() + Milliseconds(kConnectDeadlineMs),
                        .cancel = {}};
    WEFT_CO_TRY(Joined joined, co_await found.protocol->connect(request, found.finding, context));
    if (request.id.empty()) request.id = SolutionId(slug(joined.solution.title));
    if (request.id.empty()) request.id = SolutionId(fallback_name(request));
    if (joined.solution.skills.size() > kSkillsPerSolutionMax) {
      co_return fail(Reason::too_large, std::format("it offers {} skills; at most {} are taken", joined.solution.skills.size(),
                                                    kSkillsPerSolutionMax));
    }
    const std::string name = request.id.str();
    WEFT_CO_CHECK(reserve(name));
    auto added = co_await add(std::move(request), std::move(joined), std::move(found), began);
    release(name);
    co_return added;
  }

  Awaitable<Result<JoinReport>> add(JoinRequest request, Joined joined, Probing found, SteadyTime began) {
    joined.solution.id = request.id;
    JoinReport report;
    report.id = request.id;
    report.protocol = std::string(found.protocol->name());
    report.protocol_version = joined.solution.protocol_version;
    report.how = found.finding.how;
    report.skills = joined.solution.skills.size();
    if (request.source == Source::added) {
      // What was recognised is kept, so that a restart does not ask again.
      JoinRequest kept = request;
      kept.protocol = report.protocol;
      if (!found.finding.url.empty()) kept.url = found.finding.url;
      WEFT_CO_CHECK(co_await tables.put(std::string(kSpace), request.id.str(), to_json(kept)));
    }
    WEFT_CO_CHECK(hub.registry().add(make_entry(std::move(joined.solution), std::move(joined.service), request, report.how)));
    forget_late(request.id);
    report.took_ms =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count();
    co_return report;
  }

  Awaitable<Result<JoinReport>> join(JoinRequest request, Executor executor) {
    const SteadyTime began = std::chrono::steady_clock::now();
    if (!request.id.empty() && hub.registry().snapshot()->find(request.id.str()) != nullptr) {
      co_return std::unexpected(taken(request.id.str()));
    }
    WEFT_CO_TRY(Probing found, co_await recognise(request, executor));
    if (!found.finding.url.empty()) request.url = found.finding.url;
    co_return co_await connect(std::move(request), std::move(found), began, executor);
  }

  /// Those whose time has come by then, marked as being tried.
  std::vector<JoinRequest> due(SteadyTime then) {
    const std::scoped_lock lock(mutex);
    std::vector<JoinRequest> out;
    for (auto& each : late) {
      if (each.trying || each.next > then) continue;
      each.trying = true;
      out.push_back(each.request);
    }
    return out;
  }

  Awaitable<> try_again(JoinRequest request, Executor executor) {
    const SolutionId id = request.id;
    auto joined = co_await join(std::move(request), executor);
    if (joined) {
      log::info("solution \"{}\" has joined ({})", id.str(), joined->protocol);
      co_return;
    }
    const std::scoped_lock lock(mutex);
    for (auto& each : late) {
      if (each.request.id != id) continue;
      each.why = joined.error().message;
      each.trying = false;
      each.delay = std::min(each.delay * 2, kRetryMost);
      each.next = std::chrono::steady_clock::now() + each.delay;
    }
  }

  Awaitable<> refresh_one(std::shared_ptr<const Entry> entry, Executor executor, CancelToken cancel) {
    CallContext context{.executor = executor,
                        .deadline = std::chrono::steady_clock::now() + Milliseconds(kConnectDeadlineMs),
                        .cancel = cancel};
    auto newer = co_await entry->service->refresh(std::move(context));
    if (!newer || !*newer) co_return;
    auto solution = std::make_shared<model::Solution>(**newer);
    solution->id = entry->solution->id;
    if (auto updated = hub.registry().update(solution->id, solution); updated) {
      log::info("solution \"{}\" describes itself anew: {} skills", solution->id.str(), solution->skills.size());
    }
  }
};

Joiner::Joiner(Hub& hub, store::Tables& tables, std::vector<std::unique_ptr<Protocol>> protocols)
    : state_(new State{.hub = hub, .tables = tables, .protocols = std::move(protocols), .mutex = {}, .late = {}, .joining = {}}) {}

Joiner::~Joiner() = default;

Awaitable<Result<JoinReport>> Joiner::join(JoinRequest request, Executor executor) {
  return state_->join(std::move(request), executor);
}

Awaitable<Result<void>> Joiner::leave(SolutionId id, Executor) {
  const auto snapshot = state_->hub.registry().snapshot();
  const Entry* entry = snapshot->find(id.str());
  if (entry != nullptr && entry->request.source == Source::configured) {
    co_return fail(Reason::unsupported, std::format("\"{}\" is named in {}; remove it there (weft reads the file again by itself)",
                                                    id.str(), entry->request.origin));
  }
  WEFT_CO_TRY(const bool kept, co_await state_->tables.erase(std::string(kSpace), id.str()));
  state_->forget_late(id);
  if (entry == nullptr && kept) co_return Result<void>();
  co_return state_->hub.registry().remove(id);
}

Awaitable<Result<std::vector<JoinRequest>>> Joiner::restore() {
  std::vector<JoinRequest> out;
  std::string after;
  while (true) {
    WEFT_CO_TRY(std::vector<store::Row> rows, co_await state_->tables.scan(std::string(kSpace), "", after, 256));
    for (const auto& row : rows) {
      after = row.key;
      auto request = join_request_from_json(row.value);
      if (!request) {
        log::error("the solution \"{}\" of an earlier life cannot be read: {}", row.key, request.error().message);
        continue;
      }
      out.push_back(*request);
      state_->keep_late(*std::move(request), "not tried yet");
    }
    if (rows.empty()) co_return out;
  }
}

Awaitable<> Joiner::reconcile(std::vector<JoinRequest> configured, Executor executor) {
  const auto snapshot = state_->hub.registry().snapshot();
  const auto wanted = [&](const SolutionId& id) {
    return std::ranges::find(configured, id, &JoinRequest::id);
  };
  for (const auto& entry : snapshot->entries) {
    if (entry->request.source != Source::configured) continue;
    const auto match = wanted(entry->solution->id);
    if (match != configured.end() && same_request(*match, entry->request)) continue;
    (void)state_->hub.registry().remove(entry->solution->id);
  }
  for (const auto& waiting : this->waiting()) {
    if (waiting.request.source == Source::configured && wanted(waiting.request.id) == configured.end()) {
      state_->forget_late(waiting.request.id);
    }
  }
  TaskGroup group(executor);
  for (auto& request : configured) {
    const Entry* present = state_->hub.registry().snapshot()->find(request.id.str());
    if (present != nullptr && present->request.source == Source::configured) continue;
    // weft.yaml wins over what was added under the same name.
    if (present != nullptr) (void)state_->hub.registry().remove(request.id);
    state_->keep_late(request, "not tried yet");
  }
  for (auto& request : state_->due(SteadyTime::max())) group.spawn(state_->try_again(std::move(request), executor));
  while (group.size() > 0) (void)co_await sleep_for(Milliseconds(10), {});
  co_await group.join();
}

std::vector<Joiner::Waiting> Joiner::waiting() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<Waiting> out;
  for (const auto& each : state_->late) out.push_back({.request = each.request, .why = each.why});
  return out;
}

Awaitable<> Joiner::keep_fresh(Executor executor, CancelToken cancel) {
  TaskGroup group(executor);
  SteadyTime refresh = std::chrono::steady_clock::now() + kRefreshEvery;
  while (co_await sleep_for(kTick, cancel)) {
    for (auto& request : state_->due(std::chrono::steady_clock::now())) group.spawn(state_->try_again(std::move(request), executor));
    if (std::chrono::steady_clock::now() < refresh) continue;
    refresh = std::chrono::steady_clock::now() + kRefreshEvery;
    const auto snapshot = state_->hub.registry().snapshot();
    for (const auto& entry : snapshot->entries) group.spawn(state_->refresh_one(entry, executor, group.token()));
  }
  co_await group.join();
}

}  // namespace weft::hub

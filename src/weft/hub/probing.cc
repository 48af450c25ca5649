#include "weft/hub/probing.h"

#include <algorithm>
#include <format>

#include "weft/base/task_group.h"
#include "weft/hub/limits.h"

namespace weft::hub {
namespace {

/// What the probes of one place share while they run.
struct Probing {
  explicit Probing(Executor executor) : changed(executor) {}
  std::vector<Probed> probed;
  std::size_t running = 0;
  Signal changed;

  /// An explicit mark: nothing can be surer.
  bool certain() const {
    return std::ranges::any_of(
        probed, [](const Probed& p) { return p.finding.spoken && p.finding.confidence >= 1; });
  }
};

Awaitable<> probe_one(std::shared_ptr<Probing> probing, std::size_t index, JoinRequest request,
                      CallContext context) {
  Protocol* protocol = probing->probed[index].protocol;
  auto finding = co_await protocol->probe(std::move(request), std::move(context));
  probing->probed[index].finding = std::move(finding);
  probing->running -= 1;
  probing->changed.notify();
}

}  // namespace

Awaitable<std::vector<Probed>> probe_all(std::vector<Protocol*> protocols, JoinRequest request,
                                         Executor executor, CancelToken cancel) {
  const auto probing = std::make_shared<Probing>(executor);
  TaskGroup group(executor);
  for (auto* protocol : protocols) probing->probed.push_back({protocol, {}});
  probing->running = protocols.size();
  CancelSource stop;
  stop.follow(cancel);
  // One that was named has the time it needs.
  const Milliseconds limit(protocols.size() == 1 ? kConnectDeadlineMs : kProbeDeadlineMs);
  const CallContext context{executor, std::chrono::steady_clock::now() + limit, stop.token()};
  for (std::size_t i = 0; i < protocols.size(); ++i)
    group.spawn(probe_one(probing, i, request, context));
  while (probing->running > 0 && !probing->certain()) co_await probing->changed.wait();
  stop.cancel(make_error(Reason::cancelled, "the protocol is known"));
  co_await group.join();
  auto probed = std::move(probing->probed);
  std::ranges::stable_sort(probed, std::greater(), [](const Probed& p) {
    return p.finding.spoken ? 1 + p.finding.confidence : 0;
  });
  co_return probed;
}

std::string tried_lines(const std::vector<Probed>& probed) {
  std::string out;
  for (const auto& one : probed) {
    const std::string& tried = one.finding.tried;
    out += std::format("\n  {}: {}", one.protocol->name(),
                       tried.empty() ? "no answer in time" : tried);
  }
  return out;
}

}  // namespace weft::hub

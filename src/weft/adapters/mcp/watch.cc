#include "weft/adapters/mcp/watch.h"

#include <boost/asio/post.hpp>

#include "weft/adapters/mcp/limits.h"
#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

namespace {

constexpr Milliseconds kWatchPause{5'000};
constexpr Milliseconds kWatchRefresh{10'000};
/// A server that says several times in a row that its tools changed is asked once.
constexpr Milliseconds kWatchGather{100};

struct Watching {
  hub::Hub& hub;
  std::weak_ptr<Client> client;
  Executor executor;
  std::shared_ptr<CancelSource> cancel = std::make_shared<CancelSource>();
};

std::shared_ptr<const hub::Entry> entry_of(hub::Hub& hub, const Client& client) {
  const auto snapshot = hub.registry().snapshot();
  for (const auto& entry : snapshot->entries) {
    if (entry->service.get() == &client) return entry;
  }
  return nullptr;
}

/// False when the client is gone.
Awaitable<bool> update(std::shared_ptr<Watching> w) {
  auto client = w->client.lock();
  if (!client) co_return false;
  hub::CallContext context{w->executor, w->hub.clock().steady() + kWatchRefresh,
                           w->cancel->token()};
  auto newer = co_await client->refresh(context);
  const auto entry = entry_of(w->hub, *client);
  if (!newer || !*newer || !entry) co_return true;
  auto solution = std::make_shared<model::Solution>(**newer);
  const SolutionId id = entry->solution->id;
  solution->id = id;
  auto updated = w->hub.registry().update(id, std::move(solution));
  if (!updated)
    log::warn("mcp: the new tools of {} are not taken: {}", id.str(), updated.error().message);
  co_return true;
}

bool tells_change(std::string_view data) {
  auto message = wire::parse_jsonrpc(data);
  const auto* rpc = message ? std::get_if<wire::JsonRpcRequest>(&*message) : nullptr;
  return rpc != nullptr && rpc->method == "notifications/tools/list_changed";
}

/// One stream from its beginning to its end. False when the server offers none, or the client is
/// gone.
Awaitable<bool> listen(std::shared_ptr<Watching> w, std::weak_ptr<HttpLink> listened) {
  auto link = listened.lock();
  if (!link) co_return false;
  hub::CallContext context{w->executor, w->hub.clock().steady() + kWatchRefresh,
                           w->cancel->token()};
  auto response = co_await link->listen(context);
  link.reset();
  if (!response) co_return response.error().reason != Reason::unsupported;
  wire::SseReader reader(kMessageBytesMax);
  while (true) {
    auto piece = co_await (*response)->read_some();
    if (!piece || piece->empty()) co_return true;
    const bool fed = reader.feed(*piece).has_value();
    bool changed = false;
    while (auto event = reader.next()) changed = changed || tells_change(event->data);
    if (changed) {
      const bool alive = co_await update(w);
      if (!alive) co_return false;
    }
    if (!fed) co_return true;
  }
}

Awaitable<> follow(std::shared_ptr<Watching> w, std::weak_ptr<HttpLink> link) {
  while (!w->cancel->cancelled()) {
    const bool again = co_await listen(w, link);
    if (!again) co_return;
    const bool slept = co_await sleep_for(kWatchPause, w->cancel->token());
    if (!slept) co_return;
    // What changed while nobody listened.
    const bool alive = co_await update(w);
    if (!alive) co_return;
  }
}

Awaitable<> follow(std::shared_ptr<Watching> w, std::shared_ptr<Listeners::Listener> changes) {
  while (true) {
    CancelToken token = w->cancel->token();
    co_await changes->wait(token);
    const bool slept = co_await sleep_for(kWatchGather, token);
    if (!slept) co_return;
    const bool alive = co_await update(w);
    if (!alive) co_return;
  }
}

void run(Pumps& pumps, const std::shared_ptr<Watching>& watching, Awaitable<> work) {
  auto stop = [executor = watching->executor, weak = std::weak_ptr(watching->cancel)] {
    boost::asio::post(executor, [weak] {
      if (auto cancel = weak.lock())
        cancel->cancel(make_error(Reason::cancelled, "the hub lets the solution go"));
    });
  };
  if (auto held = watching->client.lock()) held->on_gone(stop);
  pumps.run(watching->executor, std::move(work), stop);
}

}  // namespace

void watch(Pumps& pumps, hub::Hub& hub, std::weak_ptr<Client> client,
           std::shared_ptr<HttpLink> link, Executor executor) {
  if (!tells_changes(link->handshake())) return;
  auto watching = std::make_shared<Watching>(Watching{hub, client, executor});
  run(pumps, watching, follow(watching, std::weak_ptr(link)));
}

void watch(Pumps& pumps, hub::Hub& hub, std::weak_ptr<Client> client,
           std::shared_ptr<StdioLink> link, Executor executor) {
  auto changes = tells_changes(link->handshake()) ? link->changes(executor) : nullptr;
  if (!changes) return;
  auto watching = std::make_shared<Watching>(Watching{hub, client, executor});
  run(pumps, watching, follow(watching, std::move(changes)));
}

}  // namespace weft::adapters::mcp

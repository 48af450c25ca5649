#include "weft/adapters/a2a/resent.h"

#include <boost/asio/post.hpp>

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/limits.h"

namespace weft::adapters::a2a {
namespace {

/// One that waits for what a first sending leads to.
struct Waiter {
  explicit Waiter(Executor executor) : signal(executor) {}
  Signal signal;
};
using Waiters = std::vector<std::weak_ptr<Waiter>>;

void wake(const Waiters& waiters) {
  for (const auto& weak : waiters) {
    auto waiter = weak.lock();
    if (!waiter) continue;
    const Executor loop = waiter->signal.executor();
    boost::asio::post(loop, [held = std::move(waiter)] { held->signal.notify(); });
  }
}

/// The lengths keep two rows of strings from meaning one key.
std::string key_of(const Sending& sending) {
  std::string key;
  for (const std::string* text : {&sending.principal, &sending.solution, &sending.message_id}) {
    key += std::to_string(text->size());
    key += ':';
    key += *text;
  }
  return key;
}

std::size_t bytes_of(const LedTo& what) {
  std::size_t bytes = 0;
  if (!what.answer) return bytes;
  for (const model::Part& part : what.answer->parts) bytes += size_of(part);
  return bytes;
}

}  // namespace

/// Guarded by the state's mutex.
struct Resent::Entry {
  std::string key;
  std::size_t content = 0;
  std::int64_t since_ms = 0;
  std::size_t bytes = 0;
  std::optional<LedTo> led_to;
  Waiters waiters;
};

struct Resent::State {
  using Entries = std::list<std::shared_ptr<Entry>>;

  explicit State(const Clock& c) : clock(c) {}

  /// The entry of a sending like this one; null when there was none, or too long ago.
  std::shared_ptr<Entry> find(const std::string& key, std::size_t content) const {
    const auto found = index.find(key);
    if (found == index.end() || (*found->second)->content != content) return nullptr;
    const std::shared_ptr<Entry>& entry = *found->second;
    const bool answered = entry->led_to && entry->led_to->answer;
    if (answered && clock.unix_ms() - entry->since_ms > kResentMs) return nullptr;
    return entry;
  }

  std::shared_ptr<Entry> put(const std::string& key, std::size_t content) {
    drop(key);
    auto entry = std::make_shared<Entry>();
    entry->key = key;
    entry->content = content;
    entries.push_front(entry);
    index.emplace(key, entries.begin());
    shrink();
    return entry;
  }

  bool holds(const Entry& entry) const {
    const auto found = index.find(entry.key);
    return found != index.end() && found->second->get() == &entry;
  }

  void drop(const std::string& key) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    bytes -= (*found->second)->bytes;
    entries.erase(found->second);
    index.erase(found);
  }

  void shrink() {
    while (entries.size() > kResentMax || bytes > kResentBytesMax) {
      const std::string oldest = entries.back()->key;
      drop(oldest);
    }
  }

  const Clock& clock;
  std::mutex mutex;
  Entries entries;  ///< the newest in front
  std::unordered_map<std::string, Entries::iterator> index;
  std::size_t bytes = 0;
};

Resent::Resent(const Clock& clock) : state_(std::make_shared<State>(clock)) {}

bool Resent::unique(std::string_view message_id) { return message_id.size() >= kUniqueIdCharsMin; }

Awaitable<Result<Resent::Place>> Resent::place(Sending sending, Executor executor,
                                               CancelToken cancel) {
  const std::shared_ptr<State> state = state_;
  const std::string key = key_of(sending);
  const auto waiter = std::make_shared<Waiter>(executor);
  const auto registration = cancel.on_cancel([waiter] { waiter->signal.notify(); });
  std::shared_ptr<Entry> awaited;
  while (true) {
    if (cancel.cancelled()) co_return fail(cancel.why());
    {
      const std::scoped_lock lock(state->mutex);
      if (awaited && awaited->led_to) co_return Place{nullptr, awaited->led_to};
      awaited = state->find(key, sending.content);
      if (!awaited)
        co_return Place{std::make_unique<First>(state, state->put(key, sending.content)), {}};
      if (awaited->led_to) co_return Place{nullptr, awaited->led_to};
      awaited->waiters.push_back(waiter);
    }
    co_await waiter->signal.wait();
  }
}

std::unique_ptr<Resent::First> Resent::anew(const Sending& sending) {
  const std::string key = key_of(sending);
  const std::scoped_lock lock(state_->mutex);
  return std::make_unique<First>(state_, state_->put(key, sending.content));
}

Resent::First::First(std::shared_ptr<State> state, std::shared_ptr<Entry> entry)
    : state_(std::move(state)), entry_(std::move(entry)) {}

Resent::First::~First() {
  Waiters waiters;
  {
    const std::scoped_lock lock(state_->mutex);
    if (entry_->led_to) return;
    if (state_->holds(*entry_)) state_->drop(entry_->key);
    waiters = std::move(entry_->waiters);
  }
  wake(waiters);
}

void Resent::First::led_to(LedTo what) {
  const std::size_t bytes = bytes_of(what);
  Waiters waiters;
  {
    const std::scoped_lock lock(state_->mutex);
    entry_->led_to = std::move(what);
    entry_->since_ms = state_->clock.unix_ms();
    waiters = std::move(entry_->waiters);
    const bool held = state_->holds(*entry_);
    if (held && bytes > kResentAnswerBytesMax) {
      state_->drop(entry_->key);
    } else if (held) {
      entry_->bytes = bytes;
      state_->bytes += bytes;
      state_->shrink();
    }
  }
  wake(waiters);
}

}  // namespace weft::adapters::a2a

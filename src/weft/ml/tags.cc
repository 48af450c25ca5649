#include "weft/ml/tags.h"

#include <boost/asio/this_coro.hpp>

#include <deque>
#include <format>
#include <optional>
#include <utility>

#include "weft/base/on_loop.h"
#include "weft/ml/catalog/catalog.h"
#include "weft/ml/limits.h"

namespace weft::ml {
namespace {

TagMap tags_of(const RecordPtr& record) {
  TagMap out;
  if (!record) return out;
  for (const auto& [key, value] : record->body) {
    if (value.is_string()) out[key] = value.get_string();
  }
  return out;
}

}  // namespace

struct Tags::State {
  explicit State(store::Tables& tables) : catalog(tables, "ml.tags") {}

  Catalog catalog;
  /// Where changes are made, one after the other: each reads what it changes.
  std::optional<Executor> loop;
  bool changing = false;
  std::deque<Signal*> waiting;

  Awaitable<> enter() {
    if (!std::exchange(changing, true)) co_return;
    Signal turn(*loop);
    waiting.push_back(&turn);
    co_await turn.wait();
  }
  void leave() {
    changing = !waiting.empty();
    if (!changing) return;
    waiting.front()->notify();
    waiting.pop_front();
  }

  Awaitable<Result<void>> load() {
    loop = co_await boost::asio::this_coro::executor;
    co_return co_await catalog.load();
  }

  Awaitable<Result<void>> keep(std::string owner, std::string on, TagMap tags) {
    if (tags.size() > kTagsMax) {
      co_return fail(Reason::invalid_argument,
                     std::format("{} tags on `{}`; at most {} can be", tags.size(), on, kTagsMax));
    }
    const bool there = catalog.find(owner, on) != nullptr;
    if (tags.empty()) {
      WEFT_CO_TRY(const bool was, co_await catalog.erase(std::move(owner), std::move(on)));
      (void)was;
      co_return Result<void>();
    }
    Record record{.owner = std::move(owner), .name = std::move(on), .status = "", .body = {}};
    for (const auto& [key, value] : tags) record.body[key] = value;
    auto kept = there ? catalog.replace(std::move(record)) : catalog.create(std::move(record));
    co_return co_await std::move(kept);
  }

  Awaitable<Result<void>> change(std::string owner, std::string on, TagMap more,
                                 std::vector<std::string> fewer) {
    co_await enter();
    TagMap tags = tags_of(catalog.find(owner, on));
    for (auto& [key, value] : more) tags[key] = value;
    for (const std::string& key : fewer) tags.erase(key);
    auto kept = co_await keep(std::move(owner), std::move(on), std::move(tags));
    leave();
    co_return kept;
  }

  Awaitable<Result<void>> forget(std::string owner, std::string on) {
    co_await enter();
    auto kept = co_await keep(std::move(owner), std::move(on), {});
    leave();
    co_return kept;
  }
};

Tags::Tags(store::Tables& tables) : state_(std::make_unique<State>(tables)) {}
Tags::~Tags() = default;

Awaitable<Result<void>> Tags::start() { co_return co_await state_->load(); }

Awaitable<Result<void>> Tags::add(std::string owner, std::string on, TagMap tags) {
  auto work = state_->change(std::move(owner), std::move(on), std::move(tags), {});
  co_return co_await on_loop(*state_->loop, std::move(work));
}

Awaitable<Result<void>> Tags::remove(std::string owner, std::string on,
                                     std::vector<std::string> keys) {
  auto work = state_->change(std::move(owner), std::move(on), {}, std::move(keys));
  co_return co_await on_loop(*state_->loop, std::move(work));
}

TagMap Tags::of(std::string_view owner, std::string_view on) const {
  return tags_of(state_->catalog.find(owner, on));
}

Awaitable<Result<void>> Tags::forget(std::string owner, std::string on) {
  auto work = state_->forget(std::move(owner), std::move(on));
  co_return co_await on_loop(*state_->loop, std::move(work));
}

}  // namespace weft::ml

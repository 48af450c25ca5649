#include "weft/base/async.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <map>

namespace weft {

struct Signal::Waiter {
  boost::asio::any_completion_handler<void()> handler;
};

Signal::Signal(Executor executor) : executor_(executor) {}

Signal::~Signal() {
  if (waiter_) notify();
}

void Signal::notify() {
  if (!waiter_) {
    set_ = true;
    return;
  }
  auto waiter = std::move(waiter_);
  boost::asio::post(executor_, std::move(waiter->handler));
}

Awaitable<> Signal::wait() {
  if (set_) {
    set_ = false;
    co_return;
  }
  WEFT_ASSERT(!waiter_);
  co_await boost::asio::async_initiate<decltype(kAwait), void()>(
      [this](auto handler) { waiter_ = std::make_unique<Waiter>(std::move(handler)); }, kAwait);
}

struct CancelToken::State {
  using Actions = std::map<std::uint64_t, std::move_only_function<void()>>;
  bool cancelled = false;
  Error why;
  std::uint64_t next_id = 1;
  /// In the order of their registration.
  Actions actions;

  void remove(std::uint64_t id) {
    // What the action holds may drop other registrations as it goes: let go of it last.
    const auto gone = actions.extract(id);
  }
};

CancelRegistration::CancelRegistration(CancelRegistration&& other) noexcept
    : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}

CancelRegistration& CancelRegistration::operator=(CancelRegistration&& other) noexcept {
  if (this != &other) {
    CancelRegistration gone(std::move(*this));
    state_ = std::move(other.state_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

CancelRegistration::~CancelRegistration() {
  if (id_ == 0) return;
  if (auto state = std::static_pointer_cast<CancelToken::State>(state_.lock())) state->remove(id_);
}

bool CancelToken::cancelled() const { return state_ && state_->cancelled; }

Error CancelToken::why() const {
  WEFT_ASSERT(cancelled());
  return state_->why;
}

CancelRegistration CancelToken::on_cancel(std::move_only_function<void()> action) const {
  CancelRegistration registration;
  if (!state_) return registration;
  if (state_->cancelled) {
    action();
    return registration;
  }
  registration.state_ = state_;
  registration.id_ = state_->next_id++;
  state_->actions.emplace(registration.id_, std::move(action));
  return registration;
}

CancelSource::CancelSource() { token_.state_ = std::make_shared<CancelToken::State>(); }

void CancelSource::cancel(Error why) {
  auto state = token_.state_;
  if (state->cancelled) return;
  state->cancelled = true;
  state->why = std::move(why);
  // One by one: each may drop registrations whose turn has not come.
  while (!state->actions.empty()) {
    const auto next = state->actions.extract(state->actions.begin());
    next.mapped()();
  }
}

void CancelSource::follow(const CancelToken& parent) {
  // The state, not this object: a source may move while its parent lives on.
  std::weak_ptr<CancelToken::State> weak = token_.state_;
  parent_ = parent.on_cancel([weak, parent] {
    if (auto state = weak.lock()) {
      CancelSource source;
      source.token_.state_ = state;
      source.cancel(parent.why());
    }
  });
}

}  // namespace weft

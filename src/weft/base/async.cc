#include "weft/base/async.h"

#include <boost/asio/post.hpp>

#include <map>

namespace weft {

Signal::Signal(Executor executor) : executor_(executor) {}

Signal::~Signal() {
  if (waiter_) notify();
}

void Signal::notify() {
  if (!waiter_) {
    set_ = true;
    return;
  }
  Resume waiter = *std::exchange(waiter_, std::nullopt);
  boost::asio::post(executor_, std::move(waiter));
}

void Signal::begin(Resume waiter) {
  WEFT_ASSERT(!waiter_);
  waiter_.emplace(std::move(waiter));
  if (std::exchange(set_, false)) notify();
}

struct CancelToken::State {
  using Action = std::move_only_function<void()>;
  bool cancelled = false;
  Error why;
  std::uint64_t next_id = 1;
  /// In the order of their registration: the first one in place (most tokens never have a second),
  /// the others in `actions`.
  std::uint64_t first_id = 0;
  Action first;
  std::map<std::uint64_t, Action> actions;

  std::uint64_t add(Action action) {
    const std::uint64_t id = next_id++;
    if (first_id == 0 && actions.empty()) {
      first_id = id;
      first = std::move(action);
    } else {
      actions.emplace(id, std::move(action));
    }
    return id;
  }

  /// What the action holds may drop other registrations as it goes: let go of it last.
  void remove(std::uint64_t id) {
    if (id == first_id) {
      (void)take_first();
    } else {
      const auto gone = actions.extract(id);
    }
  }

  Action take_first() {
    first_id = 0;
    return std::exchange(first, nullptr);
  }

  /// The next in order; empty when none is left.
  Action take_next() {
    if (first_id != 0) return take_first();
    if (actions.empty()) return nullptr;
    return std::move(actions.extract(actions.begin()).mapped());
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
  registration.id_ = state_->add(std::move(action));
  return registration;
}

CancelSource::CancelSource() { token_.state_ = std::make_shared<CancelToken::State>(); }

void CancelSource::cancel(Error why) {
  auto state = token_.state_;
  if (state->cancelled) return;
  state->cancelled = true;
  state->why = std::move(why);
  // One by one: each may drop registrations whose turn has not come.
  while (auto next = state->take_next()) next();
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

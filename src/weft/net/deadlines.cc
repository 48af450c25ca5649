#include "weft/net/deadlines.h"

#include "weft/net/limits.h"

namespace weft::net {

Deadlines::Node::~Node() {
  if (list_ != nullptr) list_->remove(*this);
}

Deadlines::Deadlines(Executor executor) : executor_(executor) {}

Deadlines::~Deadlines() {
  if (swept_away_ != nullptr) *swept_away_ = true;
  while (first_ != nullptr) remove(*first_);
}

void Deadlines::set(Node& node, SteadyTime when) {
  node.when_ = when;
  if (node.list_ == nullptr) {
    node.list_ = this;
    node.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &node;
    first_ = &node;
  }
  if (when < next_sweep_) arm(when);
}

void Deadlines::remove(Node& node) {
  if (node.list_ != this) return;
  if (cursor_ == &node) cursor_ = node.next_;
  if (node.previous_ != nullptr) node.previous_->next_ = node.next_;
  if (node.next_ != nullptr) node.next_->previous_ = node.previous_;
  if (first_ == &node) first_ = node.next_;
  node.list_ = nullptr;
  node.previous_ = node.next_ = nullptr;
  node.when_ = SteadyTime::max();
}

void Deadlines::arm(SteadyTime when) {
  next_sweep_ = when;
  timer_ = run_at(executor_, when, [this] { sweep(); });
}

void Deadlines::sweep() {
  const SteadyTime now = std::chrono::steady_clock::now();
  // Deadlines that are set while others are told must not arm the timer once each.
  next_sweep_ = SteadyTime::min();
  bool gone = false;
  swept_away_ = &gone;
  for (Node* node = first_; node != nullptr; node = cursor_) {
    cursor_ = node->next_;
    if (node->when_ > now) continue;
    node->when_ = SteadyTime::max();
    node->on_deadline();
    // Who was told may have been the last who needed this.
    if (gone) return;
  }
  swept_away_ = nullptr;
  next_sweep_ = SteadyTime::max();
  SteadyTime earliest = SteadyTime::max();
  for (const Node* node = first_; node != nullptr; node = node->next_)
    earliest = std::min(earliest, node->when_);
  if (earliest != SteadyTime::max()) arm(std::max(earliest, now + kSweepMin));
}

}  // namespace weft::net

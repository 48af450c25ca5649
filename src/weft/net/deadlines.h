// Many deadlines at the price of a store each: they are kept in a list and looked through when the
// earliest may have passed. Fit for deadlines that are nearly always lifted in time. Owned by a
// loop; that loop's thread only.
#pragma once

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/timers.h"

namespace weft::net {

class Deadlines {
 public:
  class Node {
   public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    /// The deadline passed (up to a sweep ago); it is lifted by then. The Deadlines may go in it.
    virtual void on_deadline() = 0;
    SteadyTime deadline() const { return when_; }

   protected:
    virtual ~Node();

   private:
    friend class Deadlines;
    Deadlines* list_ = nullptr;
    Node* previous_ = nullptr;
    Node* next_ = nullptr;
    SteadyTime when_ = SteadyTime::max();
  };

  explicit Deadlines(Executor executor);
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  void set(Node& node, SteadyTime when);
  /// The node stays known: lifting and setting again costs nothing.
  void lift(Node& node) { node.when_ = SteadyTime::max(); }
  void remove(Node& node);

 private:
  void sweep();
  void arm(SteadyTime when);

  Executor executor_;
  Timer timer_;
  SteadyTime next_sweep_ = SteadyTime::max();
  Node* first_ = nullptr;
  Node* cursor_ = nullptr;
  bool* swept_away_ = nullptr;  ///< where a running sweep is told that this is gone
};

}  // namespace weft::net

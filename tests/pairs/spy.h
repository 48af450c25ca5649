// A look at what a hub's client handed to its hub: between two crossings, so that each can be held
// against its own protocol's word. Owned by a chain; written on its loop, read when a call is over.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "weft/hub/registry.h"

namespace weft::pairs {

/// The last call that a spied solution had, and what came of it.
class Spied {
 public:
  struct Look {
    model::Call call;
    std::vector<model::Event> events;
  };
  void clear();
  void begin(const model::Call& call);
  void add(const model::Event& event);
  Look look() const;

 private:
  mutable std::mutex mutex_;
  Look look_;
};

/// The entry with its calls told to `spied`.
std::shared_ptr<const hub::Entry> spied_entry(const hub::Entry& entry,
                                              std::shared_ptr<Spied> spied);

}  // namespace weft::pairs

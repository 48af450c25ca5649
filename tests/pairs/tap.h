// A tap on the wire: what a hub's door answered, so that the losses it told can be counted. Owned
// by a chain; any thread.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "weft/model/event.h"
#include "weft/net/http_server.h"

namespace weft::pairs {

class Tap {
 public:
  /// The same handler, with every answer noted.
  net::Handler on(net::Handler handler);
  /// Forgets what was noted.
  void clear();
  /// The losses that the answers since clear() told, in whatever way their protocol tells them.
  std::vector<model::Loss> losses() const;
  /// The answers themselves, for people who look for a fault.
  std::string transcript() const;

  struct Answer {
    std::string request;
    std::string loss_header;
    std::string body;
  };
  std::size_t begin(Answer answer);
  void add(std::size_t at, std::string_view piece);

 private:
  mutable std::mutex mutex_;
  std::vector<Answer> answers_;
  std::size_t first_ = 0;
};

/// What one answer tells: the header `Weft-Loss`, `_meta["weft/loss"]`, metadata `weft.loss`,
/// `losses` of an event, or the comment of a chat's stream (protocols.md §14.4.11). Pure.
std::vector<model::Loss> losses_in(const Tap::Answer& answer);

}  // namespace weft::pairs

// The caller side: weft as A2A agents. `/.well-known/agent-card.json` is the hub's card,
// `/a2a/SOLUTION` one solution, `/a2a` all of them. Owned by the app; any loop.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/adapters/a2a/binding.h"

namespace weft::adapters::a2a {

/// Since when a card reads as it does, for Last-Modified; any thread.
class CardDates {
 public:
  /// The time this version of the card was first seen.
  std::int64_t seen(const std::string& path, const std::string& etag, std::int64_t now_ms);

 private:
  struct Mark {
    std::string etag;
    std::int64_t since_ms = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Mark> marks_;
};

std::vector<Route> routes(Environment& environment);

/// A strong entity tag of the bytes.
std::string etag_of(std::string_view body);
/// `Mon, 23 Nov 2026 09:00:00 GMT`.
std::string http_date(std::int64_t unix_ms);

}  // namespace weft::adapters::a2a

// The HTTP+JSON binding: 1.0's paths, and 0.3's below `/v1`. Owned by the server; one request each.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/a2a/binding.h"

namespace weft::adapters::a2a {

/// What a path and a method mean; nothing when they mean no operation.
struct RestCall {
  Version version = Version::v10;
  Verb verb = Verb::get;
  /// The task, where the path names one.
  std::string id;
  /// The path is one of ours, but not for this method.
  bool wrong_method = false;
};
std::optional<RestCall> read_rest(std::string_view method, const std::vector<std::string>& path);

/// Answers a request below `/a2a` (solution empty) or `/a2a/SOLUTION`; `path` is what follows.
Awaitable<> serve_rest(Desk& desk, Request& request, std::string solution,
                       std::vector<std::string> path);

}  // namespace weft::adapters::a2a

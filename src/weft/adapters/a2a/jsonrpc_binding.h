// The JSON-RPC binding: methods of 1.0 and 0.3 on one endpoint, told apart by their names. Owned by
// the server; one request each.
#pragma once

#include "weft/adapters/a2a/binding.h"

namespace weft::adapters::a2a {

struct Method {
  std::string_view name;
  Version version;
  Verb verb;
};
/// Null when no version has a method of that name.
const Method* find_method(std::string_view name);

/// Answers a POST to `/a2a` (solution empty) or `/a2a/SOLUTION`.
Awaitable<> serve_jsonrpc(Desk& desk, Request& request, std::string solution);

}  // namespace weft::adapters::a2a

// URLs of servers that are reached by gRPC: `grpc://HOST:PORT`, or with TLS `grpcs://…`. Owned by
// base; any thread.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/url.h"

namespace weft {

bool is_grpc_url(std::string_view text);
/// As the http or https URL of the same origin and path. Errors: as parse_url().
Result<Url> parse_grpc_url(std::string_view text);
/// The other way round, without the path.
std::string grpc_url(const Url& url);

}  // namespace weft

// The extensions that one request activates, which a header names: A2A-Extensions, in 0.3
// X-A2A-Extensions. Owned by adapters/a2a; pure.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/a2a/codec.h"
#include "weft/wire/headers.h"

namespace weft::adapters::a2a {

/// Those that a head names, in either spelling; at most kExtensionsMax.
std::vector<std::string> extensions_in(const wire::Headers& headers);
/// Names them in the version's spelling; no header when there are none, and of what cannot be sent.
void name_extensions(wire::Headers& headers, const std::vector<std::string>& extensions,
                     Version version);

}  // namespace weft::adapters::a2a

// Request bodies of every media type that weft writes. Owned by adapters/openapi; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/openapi/operation.h"

namespace weft::adapters::openapi {

struct WrittenBody {
  std::string content_type;
  std::string bytes;
};

/// JSON, urlencoded and multipart forms, text, and bytes as they are.
Result<WrittenBody> write_body(const Body& body, const json::value& value,
                               std::string_view boundary);

}  // namespace weft::adapters::openapi

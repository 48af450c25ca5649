// The OpenAPI 3.1 document of weft's own REST, made from the skills. Owned by adapters/openapi;
// pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/hub/registry.h"

namespace weft::adapters::openapi {

/// One solution's operations; operationId is the skill.
json::object solution_document(const model::Solution& solution, std::string_view public_url);
/// Those of every solution that `shown` lets through; operationId is the tool name
/// `SOLUTION__SKILL`.
json::object hub_document(const hub::Snapshot& snapshot, std::string_view public_url,
                          const std::function<bool(const model::Solution&)>& shown);

}  // namespace weft::adapters::openapi

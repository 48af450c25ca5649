// Credentials for an operation, from what the operator configured. Owned by adapters/openapi; pure
// but for the environment that ${NAME} in a configured header is taken from.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/openapi/operation.h"
#include "weft/hub/registry.h"
#include "weft/wire/http.h"

namespace weft::adapters::openapi {

struct Credentials {
  wire::Headers headers;
  /// `key=value` pairs, encoded, for the query and for Cookie.
  std::string query;
  std::string cookies;
};

/// Names that keys go by in queries and cookies anywhere in the document: such a configured header
/// is never sent as one.
std::vector<std::string> key_names(const Catalog& catalog);
/// The first way in that is wholly configured. Errors name the schemes that are not, and how to
/// give them.
Result<Credentials> credentials_for(const Operation& operation, const hub::JoinRequest& request,
                                    const std::vector<std::string>& key_names);

}  // namespace weft::adapters::openapi

// The caller side: /v1 as OpenAI's SDKs know it. Owned by the front door; every handler runs on its
// exchange's loop.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/openai/contexts.h"
#include "weft/adapters/openai/limits.h"
#include "weft/hub/names.h"

namespace weft::adapters::openai {

/// What all requests share. Lives as long as the routes.
struct Door {
  Environment& environment;
  Contexts contexts{kContextsMax, kContextKept};
};

std::vector<Route> make_routes(Environment& environment);
Adapter adapter();

/// The x-request-id of an answer that is no call's.
std::string make_request_id(Environment& environment);
/// Answers with an OpenAI error; `id` becomes x-request-id.
void respond_error(net::Exchange& exchange, Error error, std::string id);
/// The HTTP status that OpenAI has for an error.
int openai_status(const Error& error);

/// /v1/chat/completions for a skill that is not an OpenAI-compatible server's: through the model
/// and back.
Awaitable<> serve_translated_chat(Door& door, Request& request, std::string body,
                                  hub::ModelRef target);
/// /v1/embeddings, the same.
Awaitable<> serve_translated_embeddings(Environment& environment, Request& request,
                                        std::string body, hub::ModelRef target);

}  // namespace weft::adapters::openai

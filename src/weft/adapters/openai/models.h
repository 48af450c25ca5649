// Finding out whether a server speaks OpenAI, and which models it has. Owned by adapters/openai.
#pragma once

#include <string>
#include <vector>

#include "weft/hub/service.h"
#include "weft/net/http_client.h"

namespace weft::adapters::openai {

/// The ids of a model list; an error says why the document is none. Pure.
Result<std::vector<std::string>> decode_models(std::string_view body);
/// Whether the document marks itself as a list of models (`object: list`). Pure.
bool marked_as_list(std::string_view body);
/// Base URLs to try for a URL that a person gave: with `/v1` or without. Pure.
std::vector<Url> base_candidates(const Url& given);
/// How sure a list of models under `base` makes that an OpenAI-compatible server was given: quite,
/// when the very URL was that has it. Pure.
double confidence_of(const Url& given, const Url& base, bool marked);

/// The client by reference, fit to be handed into a coroutine.
using HttpClientRef = std::reference_wrapper<net::HttpClient>;
/// Sends a GET and reads the ids.
Awaitable<Result<std::vector<std::string>>> fetch_models(HttpClientRef client,
                                                         net::ClientRequest request,
                                                         CancelToken cancel);

}  // namespace weft::adapters::openai

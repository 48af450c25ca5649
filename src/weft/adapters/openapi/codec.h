// An operation's call, both ways: arguments to an HTTP request, and an HTTP answer to an output.
// Owned by adapters/openapi; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/adapters/openapi/operation.h"
#include "weft/model/event.h"
#include "weft/wire/http.h"

namespace weft::adapters::openapi {

/// A request without its origin and its credentials.
struct BoundRequest {
  std::string method;
  /// The operation's path with its parameters, percent-encoded; joined to the server's by the
  /// client.
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string cookies;
  std::string content_type;
  std::string body;
};

/// Everything a caller gave stands in the request as data: the path is the template's, the names of
/// the query, of the headers and of the cookies are the document's. `boundary` parts a multipart
/// body and must not be guessable. Errors point at the argument.
Result<BoundRequest> bind_request(const Operation& operation, const json::value& args,
                                  std::string_view boundary);

/// The answer of a 2xx response.
Result<model::Output> decode_answer(int status, std::string_view content_type,
                                    std::string_view body);
/// The error of any other: `problem+json` in its own words, with the status and a piece of the
/// body.
Error decode_failure(int status, const wire::Headers& headers, std::string_view body);

}  // namespace weft::adapters::openapi

// The little that has to be read of a request that passes through: `model` and `stream`. Owned by
// adapters/openai; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::adapters::openai {

struct Scanned {
  std::string model;
  bool stream = false;
  /// Where the value of `model` stands in the body, quotes included.
  std::size_t model_at = 0;
  std::size_t model_size = 0;
};

/// Checks that the body is one JSON object (grammar, UTF-8, depth) and finds the two fields; a
/// field that stands twice is refused, since two readers could differ on which counts. The body's
/// capacity may grow (padding); its bytes stay.
Result<Scanned> scan_request(std::string& body);

/// Puts another model name into the body.
void replace_model(std::string& body, const Scanned& scanned, std::string_view model);

/// Whether an answer that passes through is one JSON object in UTF-8 whose `member` is an array;
/// what is inside is the caller's to read. Errors: Reason::upstream_protocol. Up to `readable`
/// bytes (net::kViewSlack more than the body at least) may be looked at.
Result<void> check_answer(std::string_view body, std::size_t readable, std::string_view member);

}  // namespace weft::adapters::openai

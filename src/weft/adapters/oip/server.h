// The caller side: /v2 as KServe's and Triton's clients know it. Owned by the front door; every
// handler runs on its exchange's loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/names.h"
#include "weft/ml/api.h"

namespace weft::adapters::oip {

std::vector<Route> make_routes(Environment& environment);
Adapter adapter();

/// Says how long the JSON of a body is that tensors follow.
inline constexpr std::string_view kJsonLengthHeader = "Inference-Header-Content-Length";

/// A model that was asked for, as its path names it.
struct Asked {
  Environment& environment;
  Request& request;
  std::string name;
  hub::SkillRef ref;
  /// The deployed model behind it, unless a person has to approve its calls.
  ml::Inferring* deployed = nullptr;
};

/// POST …/infer of a deployed model: the bytes as they are, both ways.
Awaitable<> serve_deployed(Asked asked);
/// POST …/infer of a model on another server of this protocol, likewise; nothing when it is none,
/// or has to go through the model.
std::optional<Awaitable<>> pass_through(Asked& asked);
/// POST …/infer of any other solution.
Awaitable<> serve_translated(Asked asked);
/// POST …/generate and …/generate_stream.
Awaitable<> serve_generate(Asked asked, bool stream);

/// The model as it is shown: of a deployed one what it says of itself.
ModelView view_of(const Asked& asked);
/// The length that the request's header names. Errors: Reason::invalid_argument.
Result<std::optional<std::size_t>> json_length_of(const wire::Headers& headers);
/// Whether the request's body came with a Content-Encoding.
bool packed(const net::Exchange& exchange);
/// The request's body, unpacked where it came packed. Errors: Reason::too_large,
/// Reason::invalid_argument when it cannot be unpacked.
Awaitable<Result<std::string>> read_request_body(net::Exchange& exchange,
                                                 std::size_t bytes_max = kRequestBytesMax);
/// Answers with a body of tensors.
void respond_body(net::Exchange& exchange, const wire::OipBody& body,
                  const std::vector<model::Loss>& losses);

}  // namespace weft::adapters::oip

// The chat completion request, both ways: body to call and call to body. Owned by adapters/openai;
// pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::adapters::openai {

/// What a caller asks of /v1/chat/completions.
struct ChatRequest {
  /// The name as sent; the call's own `model` is what the name resolves to.
  std::string model;
  bool stream = false;
  /// stream_options.include_usage: a last chunk with the usage.
  bool include_usage = false;
  /// metadata.weft_context: the conversation this request goes on with.
  std::string context;
  /// turns, tools, tool_choice, parallel_tools, gen and meta; nothing else is set.
  model::Call call;
};

/// Reads a request. Fields without a place in the model ride in `call.gen.extra` under their own
/// names.
Result<ChatRequest> decode_chat_request(std::string_view body);

/// The request for an upstream model. What the wire has no field for is noted in `losses`.
json::object encode_chat_request(const model::Call& call, std::string_view model, bool stream,
                                 std::vector<model::Loss>& losses);

}  // namespace weft::adapters::openai

// Embeddings, both ways. In the model they are `{"embeddings":[[…]…]}`. Owned by adapters/openai;
// pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::adapters::openai {

struct EmbeddingRequest {
  std::string model;
  /// encoding_format: base64 (little-endian float32) instead of numbers.
  bool base64 = false;
  /// args and gen.extra alone are set.
  model::Call call;
};

/// Reads a request; token arrays are refused by name.
Result<EmbeddingRequest> decode_embedding_request(std::string_view body);
/// The request for an upstream. Errors when the arguments hold no input.
Result<json::object> encode_embedding_request(const model::Call& call, std::string_view model);

/// The answer `{object:list, data:[{embedding}…]}`. Errors when the output holds no vectors.
Result<json::object> encode_embeddings(const model::Output& output, std::string_view model,
                                       bool base64);
/// Reads an upstream's answer, in either encoding.
Result<model::Output> decode_embeddings(std::string_view body);

}  // namespace weft::adapters::openai

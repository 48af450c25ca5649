// Requests to BlazingText in any of the forms there are. Owned by the worker; pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/ml/worker/serve.h"
#include "weft/wire/oip.h"

namespace weft::ml::blazingtext {

enum class Form : std::uint8_t {
  list,     ///< application/json, text/plain: answered as one list
  lines,    ///< application/jsonlines: answered line by line
  tensors,  ///< the Open Inference Protocol
};

struct Asked {
  Form form = Form::list;
  std::vector<std::string> texts;
  /// How many labels are wanted of each text: of all, or one after the other.
  std::vector<std::size_t> counts;
  wire::OipRequest request;  ///< of tensors; without them

  std::size_t count(std::size_t text) const {
    return counts.size() == 1 ? counts[0] : counts[text];
  }
};

/// application/json `{"instances": ["a text", …], "configuration": {"k": 2}}`,
/// application/jsonlines `{"source": "a text", "k": 2}`, text/plain with a text in each line, or a
/// tensor of BYTES [texts] or [texts, 1] with the parameter `k`. Errors: Reason::content_type for
/// what cannot be read as its type, Reason::invalid_argument for a `k` or a tensor that cannot be.
Result<Asked> read_request(const worker::Request& request);

}  // namespace weft::ml::blazingtext

// A worker that answers requests: reads all that is there, has it answered as one batch, and sends
// the answers. Nothing waits for a timer: while a batch is being answered the next one comes
// together by itself. Owned by the program's main; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/wire/worker_frames.h"

namespace weft::ml::worker {

/// Texts are valid as long as answer() runs.
struct Request {
  bool tensors = false;  ///< an Open Inference Protocol request
  std::string_view type;
  std::string_view accept;
  std::string_view attributes;
  std::string_view body;
};

struct Reply {
  std::uint16_t status = 200;
  std::string type = "text/plain";
  std::string attributes;
  std::string body;
};

/// A reply that says what is wrong.
Reply refusal(std::uint16_t status, std::string message);

class ModelHost {
 public:
  virtual ~ModelHost() = default;
  /// What the model says of itself, as JSON: inputs, outputs, features.
  virtual std::string about() const = 0;
  /// As many replies as requests, in their order. What is wrong with one may not spoil the others.
  virtual void answer(std::span<const Request> requests, std::span<Reply> replies) = 0;
};

struct ServeLimits {
  std::size_t frame_bytes_max = 256 * 1024 * 1024;
  /// What one batch takes at most: while it is answered nobody else is.
  std::size_t batch_requests_max = 256;
  /// A hub that does not read its answers is not read either.
  std::size_t unsent_bytes_max = 64 * 1024 * 1024;
};

/// Says `ready` on every link, then answers until the hub closes them all, or SIGTERM came and
/// nothing is left to answer. Errors: a link breaks the format.
Result<void> serve(ModelHost& host, std::span<const int> links, ServeLimits limits = {});
/// Says why there is nothing to ask here.
void tell_failure(std::span<const int> links, std::string_view why);

}  // namespace weft::ml::worker

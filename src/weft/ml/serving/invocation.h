// One request to a model and its answer, in the bytes of whoever asks. Owned by ml; values, and the
// way in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::ml {

struct Invocation {
  /// False: SageMaker's request (a body of `type`). True: an Open Inference Protocol request, whose
  /// `accept` is the length of its JSON in decimal, empty for all of it (wire/worker_frames.h).
  bool tensors = false;
  std::string type;
  std::string accept;
  std::string attributes;  ///< X-Amzn-SageMaker-Custom-Attributes
  std::string_view body;   ///< the caller's, until the answer is there
  std::string variant;     ///< TargetVariant; empty: by weight
  /// When the request came in, for OverheadLatency; nothing: when invoke() began.
  std::optional<SteadyTime> began;
};

struct InvocationReply {
  std::uint16_t status = 200;  ///< as the model says it; from 400 on `body` is its message
  std::string type;            ///< of tensors: the length of the JSON, empty for all of it
  std::string attributes;
  std::string body;
  std::string variant;
  std::string log_stream;  ///< of a status from 400 on: the stream of the worker that said so
};

/// What the model says of itself: `inputs`, `outputs` (name, datatype, shape), `features`.
struct ModelAbout {
  std::string variant;
  json::object about;
};

/// A deployed model as the adapters of tensors and of SageMaker's runtime call it: bytes in, bytes
/// out. What implements hub::Service for a deployed model implements this too. Any loop.
class Inferring {
 public:
  virtual ~Inferring() = default;
  /// Errors: Reason::unavailable (no worker is ready), Reason::deadline, Reason::cancelled,
  /// Reason::invalid_argument (a variant that is none), Reason::solution_failed (the worker died;
  /// the message names its log stream). What the model itself finds wrong is a reply.
  virtual Awaitable<Result<InvocationReply>> invoke(Invocation invocation, SteadyTime deadline,
                                                    CancelToken cancel) = 0;
  /// The same in pieces as they come: `piece` is awaited for each before the next is read, and gets
  /// what is known of the reply so far (variant, type, attributes) with the piece as its body; the
  /// reply's body is what came last (empty when all of it was pieces).
  using TakePiece = std::function<Awaitable<Result<void>>(InvocationReply)>;
  virtual Awaitable<Result<InvocationReply>> stream(Invocation invocation, SteadyTime deadline,
                                                    CancelToken cancel, TakePiece piece) = 0;
  /// Null when no worker is ready.
  virtual std::shared_ptr<const ModelAbout> about() const = 0;
  /// Whose endpoint it is.
  virtual const std::string& owner() const = 0;
};

}  // namespace weft::ml

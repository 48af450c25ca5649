// What the hub and a worker say to each other over a socket pair. Owned by wire; pure.
//
//   u32 bytes behind this number | u32 id | u8 kind | u8 4 (parts) | u16 status | u32 lengths of
//   type, accept and attributes | type, accept, attributes, body; little endian (both are on one
//   machine)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

enum class WorkerFrameKind : std::uint8_t {
  invoke,  ///< to the worker: type, accept, attributes, body: SageMaker's request
  infer,  ///< to the worker: an Open Inference Protocol request: type, length of its JSON, "", body
  cancel,  ///< to the worker: nobody waits for the answer any more
  reply,   ///< of the worker: status, type, "", attributes, body; the last of its id
  part,    ///< of the worker: a piece of an answer that goes on
  ready,   ///< of the worker, id 0: it can be asked; body: what the model says of itself (JSON)
  failed,  ///< of the worker, id 0: it cannot; body: why
  ping,    ///< to the worker, id 0: it has said nothing for a while; is it still there?
  pong,    ///< of the worker, id 0: it is
};

struct WorkerFrame {
  WorkerFrameKind kind = WorkerFrameKind::invoke;
  std::uint32_t id = 0;
  std::uint16_t status = 0;  ///< of a reply: as HTTP has it
  std::string_view type;
  std::string_view accept;
  std::string_view attributes;
  std::string_view body;
  friend bool operator==(const WorkerFrame&, const WorkerFrame&) = default;
};

void write_frame(std::string& out, const WorkerFrame& frame);

/// Reads frames from bytes that come in any pieces.
class WorkerFrameReader {
 public:
  explicit WorkerFrameReader(std::size_t frame_bytes_max) : bytes_max_(frame_bytes_max) {}

  /// Where the next bytes from the socket go (at least `room` of them); then took().
  char* space(std::size_t room);
  std::size_t space_size() const { return buffer_.size() - filled_; }
  void took(std::size_t bytes) { filled_ += bytes; }

  /// The next whole frame, whose texts are valid until the next call of space(); nothing when more
  /// bytes are needed. Errors: Reason::too_large, or lengths that cannot be; nothing can be read
  /// after one.
  Result<std::optional<WorkerFrame>> next();

 private:
  std::size_t bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace weft::wire

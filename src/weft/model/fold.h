// Folding: a stream of events into the one answer it means. Law: fold(stream) equals the unary
// answer. Owned by model; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/model/event.h"

namespace weft::model {

/// Takes in one artifact event: a new artifact, one in place of that with the same id, or more
/// parts of it.
void add_artifact(std::vector<Artifact>& artifacts, const Artifact& artifact);

/// Collects events; what End leaves out (turns, artifacts, usage) is filled in from what streamed
/// before it.
class Fold {
 public:
  /// An answer that outgrows the limit is the named solution's fault.
  explicit Fold(std::size_t bytes_max, std::string solution = {});
  /// Errors with Reason::too_large when the answer outgrows the limit.
  Result<void> add(const Event& event);
  /// The same; an End is moved from.
  Result<void> add(Event&& event);
  bool ended() const { return end_.has_value(); }
  /// The whole answer; only when ended().
  End take();

 private:
  void add_delta(const Delta& delta);
  Result<void> add_end(End end);
  Result<void> check_size() const;
  std::size_t bytes_max_;
  std::string solution_;
  std::size_t bytes_ = 0;
  std::vector<Part> parts_;
  /// Where the tool call of an index is among the parts.
  std::map<int, std::size_t> tools_;
  std::vector<Artifact> artifacts_;
  std::optional<Usage> usage_;
  std::optional<End> end_;
};

}  // namespace weft::model

// What the events of one stream tell: what streamed is not lost where a structured result stands
// alone at the end. Owned by adapters/openapi; pure, one thread.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "weft/adapters/openapi/rest_codec.h"
#include "weft/model/fold.h"

namespace weft::adapters::openapi {

class Telling {
 public:
  /// Whether the stream's End has the whole answer, as a job's has, or leaves out what came before.
  enum class Ends : bool { bare, whole };
  Telling(model::Shape shape, Ends ends);

  /// The event as it is told. The last tells the whole answer, so that who reads only that has it
  /// all, unless it is longer than an answer that does not stream may be. Nothing after it.
  RestEvent tell(const model::Event& event, const TaskId& job);
  /// An event that the reader has had before.
  void skip(const model::Event& event);

 private:
  model::Output rest_of(model::Output output) const;

  model::Shape shape_;
  std::optional<model::Fold> fold_;
  std::set<std::string> told_;
  std::set<model::Delta::Kind> said_;
};

}  // namespace weft::adapters::openapi

// A streamed answer as lines of JSON, or as server-sent events, in the shape that was asked in:
// what the parts of a response stream hold (protocols.md §14.6, SageMaker ->). Owned by
// adapters/sagemaker/runtime; pure, for one stream.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/runtime/bodies.h"

namespace weft::adapters::sagemaker::runtime {

class LineWriter {
 public:
  LineWriter(BodyForm form, std::string_view accept);
  /// `text/event-stream` or `application/jsonlines`.
  std::string_view type() const { return events_ ? "text/event-stream" : "application/jsonlines"; }
  /// What an event says; nothing for those that lines do not tell.
  void add(std::string& out, const model::Event& event);
  /// What did not stream of the whole answer, what was lost, and the mark of the end.
  void end(std::string& out, const model::Output& output, std::vector<model::Loss> losses);

 private:
  void line(std::string& out, const json::object& object) const;
  void words(std::string& out, std::string_view text);

  BodyForm form_;
  bool events_;
  std::string said_;
  /// The part that grows, the calls that did, and whether the next words are a line of their own.
  std::optional<model::Delta::Kind> part_;
  std::set<int> calls_;
  bool own_line_ = false;
};

}  // namespace weft::adapters::sagemaker::runtime

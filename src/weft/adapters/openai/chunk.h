// The chunks of a streamed completion, both ways. Owned by adapters/openai; pure, one thread each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/openai/answer.h"
#include "weft/adapters/openai/trail.h"
#include "weft/model/event.h"

namespace weft::adapters::openai {

/// Events to `data:` lines, ready for the socket. Every function appends to `out`.
class ChunkWriter {
 public:
  /// `hold_text`: nothing of the text goes out before the end (a structured answer is wanted).
  ChunkWriter(const CompletionHead& head, bool include_usage, bool hold_text);

  /// Deltas and artifacts as they come; events that chat has no word for leave nothing.
  void add(const model::Event& event, std::string& out);
  /// What of the whole answer did not stream, the finish, the usage when asked for, and [DONE].
  /// False when words of the answer and of artifacts stand between one another.
  bool end(const model::Output& whole, std::string& out);
  /// The end at a question: the turn that asks, the finish and [DONE].
  void ask(const model::Turn& question, std::string& out);
  /// The whole text that was written so far.
  std::string content() const { return trail_.said() + rest_; }
  /// The error in place of an end: no [DONE] follows.
  void fail(const Error& error, std::string& out);

 private:
  void chunk(std::string_view delta, std::string_view finish, std::string& out);
  void field(std::string_view name, std::string_view text, std::string& out);
  void tool_call(const model::Delta& delta, std::string& out);
  void last(const model::Output& whole, std::string& out);
  void rest_of_content(const model::Output& whole, std::string& out);
  void rest_of_tool_calls(const model::Output& whole, std::string& out);

  std::string prefix_;
  bool include_usage_;
  bool hold_text_;
  bool began_ = false;
  bool reasoned_ = false;
  bool refused_ = false;
  int tool_calls_ = 0;
  TextTrail trail_;
  /// What of the text was written at the end.
  std::string rest_;
};

/// An upstream's chunks to events.
class ChunkReader {
 public:
  /// One `data:` payload. Errors: the upstream's own error object, or Reason::upstream_protocol.
  Result<std::vector<model::Event>> read(std::string_view data);
  /// [DONE] was read.
  bool done() const { return done_; }
  /// A finish_reason or [DONE] was read: the answer is whole.
  bool whole() const { return done_ || finished_; }
  /// What the stream said besides its deltas.
  model::Output take();

 private:
  void read_delta(const json::object& delta, std::vector<model::Event>& events);
  Result<void> read_tool_calls(const json::array& calls, std::vector<model::Event>& events);

  model::Output output_;
  std::vector<bool> tools_seen_;
  bool done_ = false;
  bool finished_ = false;
};

}  // namespace weft::adapters::openai

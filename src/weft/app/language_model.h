// The language model that the concierge may ask: a joined solution, called through the hub for the
// person whose sentence it is. Rests after failures. Owned by the concierge; any loop.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "weft/app/config_concierge.h"
#include "weft/dialogue/llm/prompt.h"
#include "weft/hub/hub.h"

namespace weft::app {

/// So many failures in a row let it rest, for so long; then one call tries again.
inline constexpr int kModelFailuresMax = 3;
inline constexpr std::int64_t kModelRestMs = 30'000;

class LanguageModel {
 public:
  LanguageModel(hub::Hub& hub, LanguageModelConfig config)
      : hub_(hub), config_(std::move(config)) {}

  /// Whose sentence it is, and how long there is for it.
  struct Asker {
    model::Principal principal;
    model::Trace trace;
    int depth = 0;
    Executor executor;
    CancelToken cancel;
    SteadyTime until;
  };
  struct Answer {
    std::string model;
    json::value response;  ///< as it is kept; tool_calls_of() reads it
    std::int64_t tokens = 0;
  };
  /// Whether it can be asked for this person now: it has joined, the key may call it, it does not
  /// rest. After a rest one is let through to try.
  bool ready(const model::Principal& principal);
  /// Errors: Reason::deadline (no first token, or not all, in time), and whatever the call comes
  /// to.
  Awaitable<Result<Answer>> ask(dialogue::ModelRequest request, Asker asker);

  const LanguageModelConfig& config() const { return config_; }

 private:
  Result<model::Call> call_of(const dialogue::ModelRequest& request, const Asker& asker);
  Awaitable<Result<model::Output>> run(model::Call call, Asker asker);
  Result<std::pair<const hub::Entry*, const model::Skill*>> found(const hub::Snapshot& snapshot);
  void note(const Result<model::Output>& outcome, bool given_up);
  Error complain(std::string why);

  hub::Hub& hub_;
  LanguageModelConfig config_;
  std::mutex mutex_;
  int failures_ = 0;
  SteadyTime rests_until_;
  std::string complaint_;  ///< said in the log already
};

std::vector<model::ToolCall> tool_calls_of(const json::value& response);
/// What a request costs at least: a token has about four bytes.
std::int64_t tokens_of(const dialogue::ModelRequest& request);

}  // namespace weft::app

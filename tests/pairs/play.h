// The scripted solution at the far end of a chain: it plays what a test gave it, and tells what it
// was asked. Owned by a chain; the script runs on the chain's loop, the rest from any thread.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "weft/hub/testing.h"

namespace weft::pairs {

/// What the skills `play` (it takes arguments) and `talk` (it converses) do when they are called.
struct Play {
  std::vector<model::Event> events;
  Result<model::Output> outcome = model::Output{};
  /// After the events it works on until it is told to stop.
  bool waits = false;
};

class Stage {
 public:
  void set(Play play);
  Play play() const;
  /// The answer that the play comes to.
  model::End whole() const;
  /// The last call as it arrived; without a skill when none did since forget().
  model::Call heard() const;
  void forget();

  /// Calls that began, and those of them that are over.
  std::atomic<int> started{0};
  std::atomic<int> released{0};
  /// Calls that have told all their events and work on.
  std::atomic<int> waiting{0};

 private:
  friend Awaitable<Result<model::Output>> run_script(Stage&, std::shared_ptr<const model::Call>,
                                                     hub::Emitter&);
  void hear(const model::Call& call);
  mutable std::mutex mutex_;
  Play play_;
  model::Call heard_;
};

/// Runs one call of the scripted solution.
Awaitable<Result<model::Output>> run_script(Stage& stage, std::shared_ptr<const model::Call> call,
                                            hub::Emitter& out);
/// `talk` comes first: a model server without a named model answers with it.
std::vector<model::Skill> scripted_skills();

}  // namespace weft::pairs

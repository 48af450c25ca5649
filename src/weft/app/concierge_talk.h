// One call of the concierge, from a sentence until nothing is left to do: asks the person, calls
// the solutions, and writes down each step before it is taken. Owned by the call's stream; one
// loop.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/understanding.h"
#include "weft/base/async.h"
#include "weft/dialogue/talk/concierge.h"
#include "weft/hub/hub.h"
#include "weft/hub/producer.h"

namespace weft::app {

class ConciergeTalk {
 public:
  struct Parts {
    hub::Hub& hub;
    const model::Call& call;
    ContextId context;  ///< under which the conversation is kept
    std::shared_ptr<const dialogue::Repertoire> repertoire;
    LanguageModel* model;  ///< null: none
    hub::Emitter& out;
  };
  explicit ConciergeTalk(Parts parts);

  /// `resumes`: this call was begun in an earlier life of weft; what it asked is asked again.
  Awaitable<Result<model::Output>> run(bool resumes);

 private:
  Awaitable<Result<void>> load();
  Awaitable<Result<void>> save();
  Awaitable<Result<void>> hear(std::string words);
  Awaitable<Result<std::string>> ask(std::string text);
  json::value report() const;
  Awaitable<Result<void>> call_skill(const dialogue::Step& step);
  Awaitable<Result<void>> follow(std::unique_ptr<hub::EventStream> stream, std::string digest);
  Awaitable<Result<void>> ask_consent(hub::EventStream& stream);
  Awaitable<Result<void>> pass_on(hub::EventStream& stream, model::Ask ask);
  Awaitable<Result<void>> take_up();
  Awaitable<Result<void>> show_progress(std::string line);
  Result<model::Call> call_of(const dialogue::Step& step) const;
  std::string told_so_far();
  std::chrono::local_seconds now() const;

  Parts parts_;
  dialogue::Concierge concierge_;
  Understanding understanding_;
  dialogue::Conversation conversation_;
  std::vector<std::string> told_;  ///< and not heard yet
  bool corrected_ = false;         ///< the call was given up for another with other values
};

}  // namespace weft::app

// One call of the concierge, from a sentence until nothing is left to do: asks the person, calls
// the solutions, and writes down each step before it is taken. Owned by the call's stream; one
// loop.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/understanding.h"
#include "weft/base/async.h"
#include "weft/dialogue/talk/concierge.h"
#include "weft/hub/hub.h"
#include "weft/hub/producer.h"

namespace weft::app {

/// What the person said last.
std::string last_words(const model::Call& call);

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
  /// The person says this while a solution works; gives what is said to it. Nothing when a question
  /// waits: then it is that question's answer. On the loop that run() is on.
  std::optional<std::string> interrupt(std::string_view words);
  /// Keeps the conversation as it is now. Touches nothing of this once it waits.
  Awaitable<Result<void>> save();

 private:
  Awaitable<Result<void>> load();
  Awaitable<Result<void>> hear(std::string words);
  Awaitable<Result<std::string>> ask(std::string text);
  json::value report() const;
  bool can_stop(const dialogue::Wish& wish) const;
  std::optional<std::string> correct(std::string_view words);
  void ended(const model::End& end);
  bool shows_what_is_sent(const json::object& raw) const;
  Awaitable<Result<void>> call_skill(const dialogue::Step& step);
  Awaitable<Result<void>> follow(std::unique_ptr<hub::EventStream> stream);
  bool asks_for_consent(const model::Ask::Item& item) const;
  Awaitable<Result<void>> ask_consent(hub::EventStream& stream);
  Awaitable<Result<void>> pass_on(hub::EventStream& stream, model::Ask ask);
  Awaitable<Result<void>> take_up(bool resumes);
  Awaitable<Result<void>> show_progress(std::string line);
  json::object shared_with(const std::string& solution) const;
  Result<model::Call> call_of(const dialogue::Step& step) const;
  std::string told_so_far();
  std::chrono::local_seconds now() const;

  Parts parts_;
  dialogue::Concierge concierge_;
  Understanding understanding_;
  dialogue::Conversation conversation_;
  std::vector<std::string> told_;        ///< and not heard yet
  bool corrected_ = false;               ///< the call was given up for another with other values
  bool stopped_ = false;                 ///< the call was given up
  hub::EventStream* running_ = nullptr;  ///< of the call that works now
  json::object sent_;                    ///< its arguments
  std::string by_;                       ///< who gave the last answer, where that is known
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace weft::app

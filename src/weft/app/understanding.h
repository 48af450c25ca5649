// How a conversation hears a sentence: by the concierge's own policy, and where that is in doubt by
// what a language model makes of it, if one is configured. Owned by the conversation's call; one
// loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/language_model.h"
#include "weft/dialogue/llm/doubt.h"
#include "weft/dialogue/llm/log.h"
#include "weft/dialogue/talk/commanded.h"
#include "weft/dialogue/talk/concierge.h"
#include "weft/hub/producer.h"

namespace weft::app {

class Understanding {
 public:
  struct Parts {
    LanguageModel* model;  ///< null: none
    hub::Hub& hub;
    const model::Call& call;
    const dialogue::Concierge& concierge;
    std::shared_ptr<const dialogue::Repertoire> repertoire;
    hub::Emitter& out;
  };
  explicit Understanding(Parts parts);

  /// Keeps the conversation as it is, with this log.
  using Save = std::function<Awaitable<Result<void>>()>;
  /// The person said this; gives what is to be told at once. Errors: what cannot be kept.
  Awaitable<Result<std::vector<std::string>>> hear(dialogue::Conversation& conversation,
                                                   std::string words,
                                                   std::chrono::local_seconds now, std::string zone,
                                                   Save save);
  /// Said without being heard here: weft's own question, a yes or no. Never what a solution said.
  void say(bool by_person, std::string_view text);

  /// The log's place in what is kept, and its counts in what is reported.
  void read(const json::value& kept);
  void add_to(json::value& kept) const;
  void report_to(json::value& report) const;

 private:
  Awaitable<Result<std::optional<dialogue::Commanded>>> ask_model(const dialogue::Scene& scene,
                                                                  dialogue::ModelTurn& turn,
                                                                  Save save);
  Awaitable<Result<bool>> answer(std::size_t round, const dialogue::ModelRequest& request,
                                 SteadyTime until, dialogue::ModelTurn& turn, const Save& save);

  Parts parts_;
  dialogue::ReadValues extract_;
  dialogue::ModelLog log_;
};

}  // namespace weft::app

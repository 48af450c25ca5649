// How well slots are filled and states are kept on recorded dialogues: before each turn of the user
// the tracker hears the recorded turn of the system; its own state comes from its own earlier
// predictions. Owned by whoever measures.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/replay/conversation.h"
#include "weft/dialogue/replay/metrics.h"
#include "weft/dialogue/slots/decide.h"

namespace weft::dialogue {

/// Shares of 1. The first four are the official ones of DSTC8, over frames of the user.
struct FillFigures {
  Mean intent;
  Mean requested_f1;  ///< over frames where the record or the tracker has a requested slot
  Mean average_goal;
  Mean joint_goal;
  std::array<Mean, 4> decide;  ///< by the recorded move (Decision::Kind)
  Mean decide_all;
  Mean re_ask;  ///< listed slots that the record has already, per recorded ask answered by one
  Mean false_call;
  Mean false_call_transactional;
  Mean call_exact;
};

struct FillReport {
  FillFigures all;
  FillFigures seen;  ///< services that the weights were trained with
  FillFigures unseen;
  FillFigures single;  ///< dialogues over one service
  FillFigures multi;
  std::size_t dialogues = 0;
  std::array<std::array<std::size_t, 4>, 4> moves{};  ///< recorded, decided
};

/// What went wrong, one line each, for who looks into it.
using Complain = std::function<void(const std::string&)>;

/// Values that an utterance names.
using Extract = std::function<std::vector<Value>(std::string_view)>;

struct FillOptions {
  std::set<std::string, std::less<>> seen;  ///< names of services
  /// The recorded state after each turn in place of the tracker's: then all is right, or the
  /// measure is wrong.
  bool oracle = false;
  Complain complain;
  Extract extract;
};

class FillReplay {
 public:
  FillReplay(const LinearModel& model, const SgdServices& services, const Vocabulary& vocabulary,
             FillOptions options)
      : model_(model), services_(services), vocabulary_(vocabulary), options_(std::move(options)) {}

  void add(const SgdDialogue& dialogue);
  const FillReport& report() const { return report_; }

 private:
  class Dialogue;

  const LinearModel& model_;
  const SgdServices& services_;
  const Vocabulary& vocabulary_;
  FillOptions options_;
  FillReport report_;
};

json::object to_json(const FillReport& report);

}  // namespace weft::dialogue

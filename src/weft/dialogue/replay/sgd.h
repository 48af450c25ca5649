// Dialogues and services in the form of the Schema-Guided Dialogue dataset (Rastogi et al., AAAI
// 2020), read from its own JSON files. Owned by whoever replays; plain data.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/slots/form.h"

namespace weft::dialogue {

struct SgdAct {
  std::string act;
  std::string slot;
  std::vector<std::string> values;
  std::vector<std::string> canonical;
};

struct SgdSpan {
  std::string slot;
  std::size_t begin = 0;  ///< bytes (the files count characters)
  std::size_t end = 0;
};

using SgdFields = std::vector<std::pair<std::string, std::string>>;

struct SgdState {
  std::string active_intent;
  std::vector<std::string> requested;
  /// By slot; the accepted spellings of each.
  std::vector<std::pair<std::string, std::vector<std::string>>> values;

  const std::vector<std::string>* find(std::string_view slot) const;
};

struct SgdCall {
  std::string method;
  SgdFields parameters;
};

struct SgdFrame {
  std::string service;
  std::vector<SgdAct> acts;
  std::vector<SgdSpan> spans;
  std::optional<SgdState> state;  ///< of the user's turns
  std::optional<SgdCall> call;    ///< of the system's
  std::vector<SgdFields> results;

  bool has(std::string_view act) const;
};

struct SgdTurn {
  bool user = false;
  std::string utterance;
  std::vector<SgdFrame> frames;
};

struct SgdDialogue {
  std::string id;
  std::vector<std::string> services;
  std::vector<SgdTurn> turns;
};

/// A `schema.json`. Errors: the file's own, Reason::invalid_argument with the pointer.
Result<std::vector<Form>> read_sgd_schema(const std::filesystem::path& file);
Result<std::vector<Form>> sgd_forms_of(const json::value& schema);

/// The files `dialogues_*.json` of a folder, in the order of their names.
Result<std::vector<std::filesystem::path>> sgd_files_of(const std::filesystem::path& folder);
/// One of them.
Result<std::vector<SgdDialogue>> read_sgd_dialogues(const std::filesystem::path& file);
Result<std::vector<SgdDialogue>> sgd_dialogues_of(const json::value& document);

}  // namespace weft::dialogue

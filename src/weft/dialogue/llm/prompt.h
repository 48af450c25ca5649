// The request to a language model: what it is shown and asked, in no protocol's words. Pure.
#pragma once

#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/llm/commands.h"
#include "weft/dialogue/llm/scene.h"

namespace weft::dialogue {

struct ModelRequest {
  std::string instructions;
  /// The scene as one JSON document: all that others said stands in it as quoted text.
  std::string scene;
  std::vector<model::ToolDecl> tools;
  /// Of the one repair round: what was answered first, and what is wrong with it, one for each.
  std::vector<model::ToolCall> answered;
  std::vector<std::string> faults;
};

ModelRequest request_for(const Scene& scene);

/// The whole of it, for its digest.
json::value to_json(const ModelRequest& request);

}  // namespace weft::dialogue

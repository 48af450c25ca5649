// The main of a worker program: it trains or serves, and all that differs is the engine. Owned by
// the program's main; one thread.
#pragma once

#include <memory>
#include <span>

#include "weft/ml/worker/serve.h"
#include "weft/ml/worker/serving_view.h"
#include "weft/ml/worker/training_view.h"

namespace weft::ml::worker {

struct Engine {
  /// Null: its models come from elsewhere.
  Result<void> (*train)(const TrainingView& view, const TrainingWatch& watch) = nullptr;
  /// The model of the view's folder, warmed. Errors name what is wrong with which file.
  Result<std::unique_ptr<ModelHost>> (*load)(const ServingView& view) = nullptr;
};

/// Does what the words say (program.h). Gives the program's exit code.
int run_program(std::span<char* const> words, const Engine& engine);

}  // namespace weft::ml::worker

// The hyper-parameters of SageMaker's BlazingText, and what a job's come to. Owned by ml; pure: the
// engine that trains with them is in a process of its own (engine/).
#pragma once

#include <cstdint>
#include <span>

#include "weft/ml/algorithms/hyperparameters.h"

namespace weft::ml::blazingtext {

std::span<const Hyperparameter> hyperparameters();

enum class Mode : std::uint8_t { supervised, cbow, skipgram };

/// What a job is to do. What SageMaker leaves open is as the fastText program has it.
struct Plan {
  Mode mode = Mode::supervised;
  std::int64_t epochs = 5;
  std::int64_t buckets = 2'000'000;
  std::int64_t min_count = 5;
  std::int64_t vector_dim = 100;
  double learning_rate = 0.05;
  // supervised
  std::int64_t word_ngrams = 2;
  bool early_stopping = false;
  std::int64_t patience = 4;
  std::int64_t min_epochs = 5;
  // cbow and skipgram
  std::int64_t negative_samples = 5;
  std::int64_t window_size = 5;
  double sampling_threshold = 1e-4;
  bool subwords = false;
  std::int64_t min_char = 3;
  std::int64_t max_char = 6;
  /// WordSimilarity-353, which is not there to evaluate on.
  bool evaluation = true;
};

/// Errors as check_hyperparameters() has them; batch_skipgram by name. What only the other mode
/// uses is read and left alone, as SageMaker does it.
Result<Plan> plan_of(const Given& given);

}  // namespace weft::ml::blazingtext

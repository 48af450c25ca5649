// What a training program finds around it: SageMaker's container contract (`/opt/ml`, sagemaker.md
// 1.5), at a place of the sandbox's choosing. Owned by the worker; one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "weft/base/result.h"

namespace weft::ml::worker {

struct ChannelView {
  std::string content_type;
  std::string input_mode;    ///< `File`, `Pipe`, `FastFile`
  std::string distribution;  ///< `FullyReplicated`, `ShardedByS3Key`
  std::filesystem::path folder;
};

struct TrainingView {
  std::map<std::string, std::string, std::less<>> hyperparameters;
  std::map<std::string, ChannelView, std::less<>> channels;
  std::filesystem::path model;
  std::filesystem::path output_data;
  std::filesystem::path failure;
  std::filesystem::path artifacts;
  /// Empty: none are to be kept.
  std::filesystem::path checkpoints;
  /// How often; 0: at every occasion.
  std::int64_t checkpoint_every_s = 0;
  /// For what only lasts as long as the job.
  std::filesystem::path scratch;
  /// What the job may use.
  int threads = 1;
  std::uint64_t memory_bytes = 0;  ///< 0: no limit is known
};

/// What the one who runs a training wants to know meanwhile.
struct TrainingWatch {
  /// Rounds (or epochs) done, of how many.
  std::function<void(std::int64_t, std::int64_t)> progress = [](auto, auto) {};
  /// Asked after each round: somebody wants it to end now.
  std::function<bool()> stopped = [] { return false; };
};

/// Reads `ROOT/input/config/*.json`. Errors name the file.
Result<TrainingView> read_training_view(const std::filesystem::path& root);

/// Writes why the job failed to where SageMaker looks for it, and to the log. `ClientError: …` is
/// for what the job's maker can mend, `AlgorithmError: …` for the rest.
void report_failure(const TrainingView& view, const Error& error);

/// What the program left, as archives where the hub looks for them: `artifacts/model.tar.gz` and
/// `artifacts/output.tar.gz`; what is empty is none.
Result<void> pack_artifacts(const TrainingView& view);

}  // namespace weft::ml::worker

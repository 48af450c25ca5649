// Which jobs and models run the user's own program whatever their image is, and what the worker
// `script` has to be given for it (docs/script-mode.md). Owned by ml; pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/ml/jobs/training_job.h"

namespace weft::ml {

using Variables = std::map<std::string, std::string, std::less<>>;

/// The algorithm that runs them.
inline constexpr std::string_view kScriptAlgorithm = "script";
/// Where the worker looks for the source archive: under input/config of a job, beside the model.
inline constexpr std::string_view kSourceArchive = "sourcedir.tar.gz";

/// Whether the job names a program of its own: the hyper-parameter (or variable) sagemaker_program,
/// or an entry point. An image of a built-in algorithm is then only its framework
/// (sagemaker-xgboost in script mode).
bool wants_script(const TrainingSpec& spec);
/// The same of a model, by its environment: SAGEMAKER_PROGRAM, SAGEMAKER_SERVE_COMMAND.
bool wants_script(const Variables& environment);

/// The source archive that has to be fetched before the job's program begins
/// (sagemaker_submit_directory, JSON-encoded or plain); nothing when it comes some other way.
/// Errors: Reason::invalid_argument for an address that is none.
Result<std::optional<ObjectUri>> source_archive(const TrainingSpec& spec);
/// The same of a model (SAGEMAKER_SUBMIT_DIRECTORY).
Result<std::optional<ObjectUri>> source_archive(const Variables& environment);

/// What comes behind `train --root DIR`: the entry point and its arguments behind `--`; nothing
/// when the job has none.
std::vector<std::string> script_arguments(const TrainingSpec& spec);

}  // namespace weft::ml

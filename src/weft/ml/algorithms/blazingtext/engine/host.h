// Serving a model of fastText, as SageMaker's BlazingText does. Owned by the program's main; one
// thread.
#pragma once

#include <filesystem>
#include <memory>

#include "weft/ml/worker/serve.h"

namespace weft::ml::blazingtext {

/// Loads `model.bin` or `vectors.bin` of the folder, or the only .bin or .ftz file there. A model
/// of labels gives them to texts; one of words gives their vectors. Errors:
/// Reason::invalid_argument with what is wrong with which file.
Result<std::unique_ptr<worker::ModelHost>> load_host(const std::filesystem::path& folder);

}  // namespace weft::ml::blazingtext

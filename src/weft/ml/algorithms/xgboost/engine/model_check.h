// Whether a model file's trees hang together, before libxgboost gets to see it: it does not check
// them itself, and crashes on those that do not. Owned by the worker; pure.
#pragma once

#include <string_view>

#include "weft/base/result.h"

namespace weft::ml::xgboost {

/// JSON or UBJSON. For each tree: arrays of one length, children inside of it, two or none, each
/// node reached once from the root, features the model has. Errors: Reason::invalid_argument with
/// the tree and the node, or what the file is instead (a pickle, the old binary format).
Result<void> check_model(std::string_view bytes);

}  // namespace weft::ml::xgboost

// Whether an ONNX file may be given to ONNX Runtime: it refers to nothing outside of its folder,
// needs no operators of somebody's own, and its tensors are as large as they say. Owned by the
// worker; pure but for looking at the files beside it.
#pragma once

#include <filesystem>
#include <string_view>

#include "weft/base/result.h"

namespace weft::ml::onnx {

/// `folder` is where the file lies. Errors: Reason::invalid_argument with what is wrong: a tensor
/// by its name, an operator by its domain, or what the file is instead.
Result<void> check_model(std::string_view bytes, const std::filesystem::path& folder);

}  // namespace weft::ml::onnx

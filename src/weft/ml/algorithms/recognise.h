// What a model's file is and who serves it: an ONNX model, XGBoost's, fastText's. Owned by ml;
// pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::ml {

enum class ModelFormat : std::uint8_t { onnx, xgboost_json, xgboost_ubj, fasttext };

struct ModelFile {
  ModelFormat format = ModelFormat::onnx;
  /// The algorithm that serves it, as a model's image: `onnx`, `xgboost`, `blazingtext`.
  std::string image;
  /// Whether the bytes say so; else the name does, and the bytes do not speak against it.
  bool certain = false;
  /// What it was known by: `its first bytes, which are fastText's`.
  std::string how;
};

/// So much of a file is enough to tell.
inline constexpr std::size_t kRecognisedBytes = 64 * 1024;

/// From a file's name and its first bytes: all of them, or kRecognisedBytes and more. Errors:
/// Reason::invalid_argument, and why: an archive (which does not say who serves what is in it), a
/// pickle, a name that promises what the bytes do not hold, or nothing that is known.
Result<ModelFile> recognise_model(std::string_view name, std::string_view head);

}  // namespace weft::ml

// What a model's file is and who serves it: an ONNX model, XGBoost's, fastText's, an archive of one
// of them or of a program. Owned by ml; pure but for recognise_file(), which blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml {

enum class ModelFormat : std::uint8_t { onnx, xgboost_json, xgboost_ubj, fasttext, script };

struct ModelFile {
  ModelFormat format = ModelFormat::onnx;
  /// The algorithm that serves it, as a model's image: `onnx`, `xgboost`, `blazingtext`,
  /// `script`.
  std::string image;
  /// Whether the bytes say so; else the name does, and the bytes do not speak against it.
  bool certain = false;
  /// What it was known by: `its first bytes, which are fastText's`.
  std::string how;
  /// It lies in an archive.
  bool packed = false;
  /// Without which it is not found.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// So much of a file is enough to tell.
inline constexpr std::size_t kRecognisedBytes = 64 * 1024;

/// From a file's name and its first bytes: all of them, or kRecognisedBytes and more. Errors:
/// Reason::invalid_argument, and why: an archive (which does not say who serves what is in it), a
/// pickle, a name that promises what the bytes do not hold, or nothing that is known.
Result<ModelFile> recognise_model(std::string_view name, std::string_view head);

/// A Python pickle, or the zip archive that PyTorch puts one into.
bool is_pickle(std::string_view head);
/// Whether they begin a tar archive, packed with gzip or not.
bool is_archive(std::string_view head);

/// The same of a file here; an archive is looked through, within limits. Errors: also what the file
/// cannot be read for.
Result<ModelFile> recognise_file(const std::filesystem::path& path);

}  // namespace weft::ml

// Files that a person named, read whole. Owned by app.
#pragma once

#include <iosfwd>
#include <string>

#include "weft/base/result.h"

namespace weft::app {

/// Errors say why: there is none, it is a folder, reading failed half-way.
Result<std::string> read_file(const std::string& path);
/// What is left of a stream, which errors call `name`.
Result<std::string> read_rest(std::istream& in, const std::string& name);
/// What --input means: `-` standard input, `@FILE` a file, anything else itself.
Result<std::string> read_input(const std::string& input);

struct ModelInput {
  std::string data;
  std::string file;  ///< where it was read from; empty: nowhere
};
/// What --input of `weft predict` means: `-` standard input, `@FILE` or the name of a file that is
/// there, that file; else the data itself, which is JSON or has a comma or a blank. Errors: also
/// for what is neither.
Result<ModelInput> read_model_input(const std::string& input);

}  // namespace weft::app

#include "weft/app/files.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <format>
#include <fstream>
#include <iostream>

#include "weft/base/json.h"

namespace weft::app {
namespace {

std::unexpected<Error> unreadable(const std::string& name, int why) {
  return fail(
      Reason::invalid_argument,
      std::format("{} cannot be read: {}", name, why == 0 ? "it broke off" : std::strerror(why)));
}

}  // namespace

Result<std::string> read_rest(std::istream& in, const std::string& name) {
  std::string out;
  std::array<char, 16 * 1024> piece;
  errno = 0;
  do {
    in.read(piece.data(), piece.size());
    out.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad()) return unreadable(name, errno);
  return out;
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(path, errno);
  return read_rest(in, path);
}

Result<std::string> read_input(const std::string& input) {
  if (input == "-") return read_rest(std::cin, "standard input");
  return input.starts_with('@') ? read_file(input.substr(1)) : input;
}

Result<ModelInput> read_model_input(const std::string& input) {
  std::error_code ignored;
  ModelInput out;
  if (input.starts_with('@')) {
    out.file = input.substr(1);
  } else if (input != "-" && std::filesystem::exists(input, ignored)) {
    out.file = input;
  }
  if (out.file.empty()) {
    if (input != "-" && input.find_first_of(", \t\n") == input.npos && !json::parse(input)) {
      return fail(Reason::invalid_argument,
                  std::format("there is no file `{0}`, and as data it has neither a comma nor a "
                              "blank and is no JSON; as it is it goes by standard input: --input -",
                              input));
    }
    WEFT_TRY(out.data, read_input(input));
  } else {
    WEFT_TRY(out.data, read_file(out.file));
  }
  return out;
}

}  // namespace weft::app

#include "weft/app/files.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <iostream>

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

}  // namespace weft::app

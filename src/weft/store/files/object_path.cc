#include "weft/store/files/object_path.h"

#include <algorithm>
#include <utility>

namespace weft::store::files {
namespace {

/// A piece of a segment is over as soon as its name is this long: the next byte does not count, so
/// that all keys with the same beginning lie in the same folder. An escape may reach past it, and
/// `%=` comes on top; every file system takes 255.
constexpr std::size_t kNameFull = 248;

void append_escaped(std::string& out, char c) {
  if (c == '%') {
    out += "%25";
  } else if (c == '\0') {
    out += "%00";
  } else {
    out += c;
  }
}

/// What no file can be called by its own name.
void finish_name(std::string& name) {
  if (name.empty()) name = "%";
  if (name == ".") name = "%2E";
  if (name == "..") name = "%2E%2E";
}

void append_names(std::vector<std::string>& out, std::string_view segment) {
  std::string name;
  for (const char c : segment) {
    append_escaped(name, c);
    if (name.size() < kNameFull) continue;
    name += kContinued;
    out.push_back(std::exchange(name, {}));
  }
  finish_name(name);
  out.push_back(std::move(name));
}

std::optional<std::string> unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      out += name[i];
      continue;
    }
    const std::string_view escape = name.substr(i, 3);
    if (escape == "%25") {
      out += '%';
    } else if (escape == "%2E") {
      out += '.';
    } else if (escape == "%00") {
      out += '\0';
    } else {
      return std::nullopt;
    }
    i += 2;
  }
  return out;
}

}  // namespace

std::vector<std::string> names_of_key(std::string_view key) {
  std::vector<std::string> out;
  while (true) {
    const auto end = std::min(key.find('/'), key.size());
    append_names(out, key.substr(0, end));
    if (end == key.size()) return out;
    key.remove_prefix(end + 1);
  }
}

std::optional<std::string> key_piece(std::string_view name, bool folder) {
  const std::string_view written = name;
  const bool continued = folder && name.ends_with(kContinued);
  if (continued) name.remove_suffix(kContinued.size());
  if (!folder && name.ends_with(kBesideFolder)) name.remove_suffix(kBesideFolder.size());
  auto piece = name == "%" ? std::optional<std::string>("") : unescaped(name);
  if (!piece || piece->contains('/')) return std::nullopt;
  // Only what a key is written as: another spelling could not be found again.
  const auto names = names_of_key(*piece);
  const bool own = continued ? names.size() == 2 && names.front() == written
                             : names.size() == 1 && names.front() == name;
  if (!own) return std::nullopt;
  if (folder && !continued) *piece += '/';
  return piece;
}

}  // namespace weft::store::files

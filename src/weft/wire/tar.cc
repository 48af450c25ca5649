#include "weft/wire/tar.h"

#include <algorithm>
#include <format>

namespace weft::wire {
namespace {

struct Field {
  std::size_t at;
  std::size_t length;
};
constexpr Field kName{.at = 0, .length = 100};
constexpr Field kMode{.at = 100, .length = 8};
constexpr Field kOwner{.at = 108, .length = 8};
constexpr Field kGroup{.at = 116, .length = 8};
constexpr Field kSize{.at = 124, .length = 12};
constexpr Field kTime{.at = 136, .length = 12};
constexpr Field kSum{.at = 148, .length = 8};
constexpr std::size_t kTypeAt = 156;
constexpr std::size_t kMagicAt = 257;
constexpr std::string_view kMagic{"ustar\00000", 8};
constexpr Field kPrefix{.at = 345, .length = 155};

std::string_view text_in(std::string_view block, Field field) {
  const std::string_view all = block.substr(field.at, field.length);
  return all.substr(0, all.find('\0'));
}

std::optional<std::uint64_t> number_in(std::string_view block, Field field) {
  std::string_view digits = block.substr(field.at, field.length);
  std::uint64_t out = 0;
  // GNU's way for what needs more digits: the bytes of the number itself.
  if (digits.front() == '\x80') {
    for (const char c : digits.substr(1)) {
      if (out >> 55 != 0) return std::nullopt;
      out = out << 8 | static_cast<unsigned char>(c);
    }
    return out;
  }
  digits = text_in(block, field);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  digits = digits.substr(0, digits.find(' '));
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    out = out << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

/// Of all bytes, those of the sum itself as blanks.
std::uint64_t sum_of(std::string_view block) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kSum.at && i < kSum.at + kSum.length;
    out += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return out;
}

void put(std::string& block, Field field, std::uint64_t number) {
  block.replace(field.at, field.length - 1, std::format("{:0{}o}", number, field.length - 1));
}

}  // namespace

Result<std::optional<TarEntry>> read_tar_block(std::string_view block) {
  WEFT_ASSERT(block.size() == kTarBlockBytes);
  if (block.find_first_not_of('\0') == block.npos) return std::nullopt;
  const auto sum = number_in(block, kSum);
  const auto bytes = number_in(block, kSize);
  if (!sum || !bytes || *sum != sum_of(block))
    return fail(Reason::invalid_argument, "it is no tar archive, or a damaged one");
  TarEntry out;
  out.name = text_in(block, kName);
  const bool posix = block.substr(kMagicAt, kMagic.size()) == kMagic;
  if (const auto prefix = text_in(block, kPrefix); posix && !prefix.empty())
    out.name = std::format("{}/{}", prefix, out.name);
  const char type = block[kTypeAt];
  out.regular = (type == '0' || type == '\0' || type == '7') && !out.name.ends_with('/');
  out.bytes = *bytes;
  return out;
}

Result<std::string> tar_block(std::string_view name, std::uint64_t bytes) {
  std::string out(kTarBlockBytes, '\0');
  std::string_view prefix;
  std::string_view rest = name;
  if (rest.size() > kName.length) {
    // As much of it as fits goes before.
    const auto slash = name.substr(0, kPrefix.length + 1).rfind('/');
    if (slash != name.npos && slash > 0) {
      prefix = name.substr(0, slash);
      rest = name.substr(slash + 1);
    }
  }
  if (rest.empty() || rest.size() > kName.length)
    return fail(Reason::invalid_argument, std::format("the name `{}` is too long", name));
  if (bytes >> 33 != 0) {
    return fail(Reason::invalid_argument,
                std::format("`{}` has more than 8 GiB: a tar archive has no room for it", name));
  }
  out.replace(kName.at, rest.size(), rest);
  out.replace(kPrefix.at, prefix.size(), prefix);
  put(out, kMode, 0644);
  put(out, kOwner, 0);
  put(out, kGroup, 0);
  put(out, kSize, bytes);
  put(out, kTime, 0);
  out[kTypeAt] = '0';
  out.replace(kMagicAt, kMagic.size(), kMagic);
  // Here the blank follows the zero.
  put(out, {.at = kSum.at, .length = kSum.length - 1}, sum_of(out));
  out[kSum.at + kSum.length - 1] = ' ';
  return out;
}

std::size_t tar_padding(std::uint64_t bytes) {
  return static_cast<std::size_t>((kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes);
}

}  // namespace weft::wire

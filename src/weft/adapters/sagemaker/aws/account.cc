#include "weft/adapters/sagemaker/aws/account.h"

#include <algorithm>
#include <cstdint>
#include <format>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kLocalAccount = "000000000000";
/// Accounts begin with another digit than 0, so that none is that of `local`.
constexpr std::uint64_t kFirstAccount = 100'000'000'000;
constexpr std::uint64_t kAccounts = 900'000'000'000;
constexpr std::size_t kRegionCharsMax = 32;

}  // namespace

std::string account_of(std::string_view principal) {
  if (principal == "local") return std::string(kLocalAccount);
  const wire::Sha256 digest = wire::sha256(principal);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8 | digest[i];
  return std::format("{}", kFirstAccount + number % kAccounts);
}

std::string canonical_user_of(std::string_view principal) {
  return wire::hex(wire::sha256(principal));
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionCharsMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string arn_of(const AwsCaller& caller, std::string_view kind, std::string_view name) {
  std::string small(name);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::format("arn:aws:sagemaker:{}:{}:{}/{}", caller.region, caller.account, kind, small);
}

}  // namespace weft::adapters::sagemaker

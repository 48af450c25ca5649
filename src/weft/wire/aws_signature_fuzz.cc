// Any head: what is read of a signature can be computed, and what we sign is read back and fits.
#include <cstdint>

#include "weft/wire/aws_signature.h"

namespace weft::wire {
namespace {

/// The text up to the mark; what is behind it stays.
std::string_view piece(std::string_view& rest) {
  const auto end = std::min(rest.find('\xff'), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view service = rest.size() % 2 == 0 ? "s3" : "sagemaker";
  const std::string_view target = piece(rest);
  Headers headers;
  headers.add("Host", piece(rest));
  headers.add("Authorization", piece(rest));
  headers.add("x-amz-date", piece(rest));
  headers.add("x-note", rest);
  const AwsRequest request{"GET", target, headers};
  const Sha256 key = sha256("key");
  const auto read = read_aws_signature(request);
  if (read && *read) {
    if (aws_scope_of(request) != (*read)->scope) __builtin_trap();
    (void)aws_signature_of(key, **read, request, kUnsignedPayload);
  }
  sign_aws("GET", target, headers, kUnsignedPayload, {"AKID", "secret", ""}, "r", service, 1);
  const AwsRequest again{"GET", target, headers};
  const auto made = read_aws_signature(again);
  if (!made || !*made) __builtin_trap();
  const Sha256 signing = aws_signing_key("secret", (*made)->scope);
  if (aws_signature_of(signing, **made, again, kUnsignedPayload) != (*made)->signature) {
    __builtin_trap();
  }
  return 0;
}

}  // namespace weft::wire

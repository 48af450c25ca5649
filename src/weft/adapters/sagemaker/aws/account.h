// The AWS account of a principal: what stands in ARNs and says whose a bucket is. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <string>
#include <string_view>

namespace weft::adapters::sagemaker {

/// The region of callers that name none.
inline constexpr std::string_view kDefaultRegion = "us-east-1";

/// 12 digits that are the same for the same name for ever; `000000000000` for `local`.
std::string account_of(std::string_view principal);
/// What S3 calls an owner by: 64 hexadecimal digits.
std::string canonical_user_of(std::string_view principal);
/// Whether a text may stand in an ARN as its region.
bool is_region(std::string_view text);

}  // namespace weft::adapters::sagemaker

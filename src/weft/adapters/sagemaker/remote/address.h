// Where a bucket and its keys are in the store: the target and the host of a request. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/adapters/sagemaker/remote/remote_objects.h"
#include "weft/base/result.h"

namespace weft::adapters::sagemaker::remote {

/// Names and values, not encoded. A name without a value stands alone (`?uploads`).
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Place {
  Url url;             ///< scheme, host and port
  std::string target;  ///< path and query
};

/// Whether a bucket can be called so: what is none is asked of no store.
bool is_bucket_name(std::string_view name);
/// Whether the key can be forwarded. Errors: Reason::invalid_argument for one that is empty, too
/// long, no UTF-8, or has a segment `.` or `..`: whoever stands between might take that for another
/// bucket.
Result<void> check_key(std::string_view key);

/// Of the service (both empty), a bucket (no key) or an object.
Place place_of(const RemoteStore& store, std::string_view bucket, std::string_view key,
               const Parameters& parameters);

}  // namespace weft::adapters::sagemaker::remote

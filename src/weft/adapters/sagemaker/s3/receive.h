// Taking a body into the store. Owned by the operation; its request's loop.
#pragma once

#include <map>
#include <string>

#include "weft/adapters/sagemaker/s3/call.h"

namespace weft::adapters::sagemaker::s3 {

struct Received {
  /// What was sent and is right, by its name, in base64.
  std::map<std::string, std::string> checksums;
};
/// All of the request's body to the writer, checked; nothing is committed. Errors: Incoming's,
/// MissingContentLength, the store's.
Awaitable<Result<Received>> receive(S3Call& call, store::ObjectWriter& writer);

}  // namespace weft::adapters::sagemaker::s3

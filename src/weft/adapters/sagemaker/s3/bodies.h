// The requests of S3 that are XML. Owned by adapters/sagemaker; pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"

namespace weft::adapters::sagemaker::s3 {

/// Number and ETag (without quotes) of each part of a CompleteMultipartUpload. Errors:
/// MalformedXML.
Result<std::vector<std::pair<int, std::string>>> read_parts(std::string_view xml);

struct Deletion {
  std::vector<std::string> keys;
  bool quiet = false;
};
/// A Delete of many objects. Errors: MalformedXML (also for more than a thousand), NotImplemented
/// for versions.
Result<Deletion> read_deletion(std::string_view xml);

/// The LocationConstraint of a CreateBucketConfiguration; empty when there is none. Errors:
/// MalformedXML, NotImplemented.
Result<std::string> read_location(std::string_view xml);

}  // namespace weft::adapters::sagemaker::s3

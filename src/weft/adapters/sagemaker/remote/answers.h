// What an S3-compatible store answers in XML. Owned by adapters/sagemaker; pure.
//
// Errors of all readers: Reason::upstream_protocol, with what the answer is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/store/objects.h"

namespace weft::adapters::sagemaker::remote {

/// An error of the store in its own words; all empty when it said none.
struct Fault {
  std::string code;
  std::string message;
  std::string region;  ///< where the bucket is instead
};
/// Never fails: what is no error of S3's has no code.
Fault read_fault(std::string_view xml);

/// One page; `next` is what the store wants to be asked with for the one after it, empty at the
/// end.
struct Buckets {
  std::vector<store::BucketInfo> buckets;
  std::string next;
};
Result<Buckets> read_buckets(std::string_view xml);

struct Listing {
  std::vector<store::ObjectInfo> objects;
  std::vector<std::string> common_prefixes;
  std::string next;
};
Result<Listing> read_listing(std::string_view xml);

struct Parts {
  std::vector<store::PartInfo> parts;
  std::string next;
};
Result<Parts> read_parts(std::string_view xml);

struct Uploads {
  std::vector<store::UploadInfo> uploads;
  std::string next_key;
  std::string next_id;
};
Result<Uploads> read_uploads(std::string_view xml);

Result<std::string> read_upload_id(std::string_view xml);
/// The ETag of the object. An error that came with a good status has a code in read_fault().
Result<std::string> read_completed(std::string_view xml);

/// An ETag without its quotes, and without the mark of a weak one.
std::string bare_etag(std::string_view text);

}  // namespace weft::adapters::sagemaker::remote

// S3's operations, each over store::Objects. Owned by the S3 route; the loop of the request.
#pragma once

#include "weft/adapters/sagemaker/s3/call.h"

namespace weft::adapters::sagemaker::s3 {

// The service and buckets (buckets.cc, listing.cc)
Answered list_buckets(S3Call& call);
Answered create_bucket(S3Call& call);
Answered head_bucket(S3Call& call);
Answered delete_bucket(S3Call& call);
Answered bucket_location(S3Call& call);
Answered bucket_versioning(S3Call& call);
Answered list_objects(S3Call& call);
Answered list_objects_v2(S3Call& call);
Answered list_uploads(S3Call& call);

// Objects (get.cc, put.cc, remove.cc, copy.cc)
Answered get_object(S3Call& call);  ///< HEAD too
Answered object_attributes(S3Call& call);
Answered put_object(S3Call& call);
Answered copy_object(S3Call& call);
Answered delete_object(S3Call& call);
Answered delete_objects(S3Call& call);

// Uploads in parts (parts.cc, copy.cc)
Answered begin_upload(S3Call& call);
Answered put_part(S3Call& call);
Answered copy_part(S3Call& call);
Answered complete_upload(S3Call& call);
Answered abort_upload(S3Call& call);
Answered list_parts(S3Call& call);

/// A number of the query within bounds; `otherwise` when it is not there. Errors: InvalidArgument.
Result<std::size_t> number_in(const Query& query, std::string_view name, std::size_t otherwise,
                              std::size_t max);
/// Which part of which upload a request is about. Errors: InvalidArgument.
struct PartName {
  std::string upload;
  int number = 0;
};
Result<PartName> part_named(const Query& query);
/// The condition of a write (If-None-Match: *, If-Match), asked while the place is held. Errors:
/// PreconditionFailed, ConditionalRequestConflict, NoSuchKey, NotImplemented.
Awaitable<Result<Commits::Claim>> claim_place(S3Call& call);

}  // namespace weft::adapters::sagemaker::s3

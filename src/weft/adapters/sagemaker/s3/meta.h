// What is said of an object in headers, on its way in and out. Owned by adapters/sagemaker; pure.
#pragma once

#include "weft/adapters/sagemaker/s3/address.h"
#include "weft/store/objects.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::s3 {

/// Errors: MetadataTooLarge; what weft does not do for objects (encryption, ACLs, tags, locks,
/// storage classes), by name.
Result<store::ObjectMeta> meta_from(const wire::Headers& headers);
/// Checks the headers alone.
Result<void> check_supported(const wire::Headers& headers);

/// ETag, Last-Modified, the type and all that was given with the object.
void describe(wire::Headers& out, const store::ObjectInfo& info);
/// x-amz-checksum-…, for whoever asked for them.
void describe_checksums(wire::Headers& out, const store::ObjectMeta& meta);
/// `response-content-type=…` of a query in the place of what the object says. Errors:
/// InvalidArgument.
Result<void> override_headers(wire::Headers& out, const Query& query);

std::string etag_text(std::string_view etag);

}  // namespace weft::adapters::sagemaker::s3

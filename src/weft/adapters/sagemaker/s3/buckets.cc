#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/bodies.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/incoming.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/base/clock.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// The page of buckets behind a name.
std::string buckets_xml(const S3Call& call, const std::vector<store::BucketInfo>& buckets,
                        std::string_view after, std::size_t max) {
  const std::string_view prefix = call.query.get("prefix");
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "ListAllMyBucketsResult", kXmlNamespace);
    {
      const XmlElement owner(out, "Owner");
      append_xml(out, "ID", canonical_user_of(call.entrance.principal.name));
      append_xml(out, "DisplayName", call.entrance.principal.name);
    }
    std::string last;
    std::size_t count = 0;
    bool more = false;
    {
      const XmlElement all(out, "Buckets");
      for (const store::BucketInfo& bucket : buckets) {
        if (bucket.name <= after || !bucket.name.starts_with(prefix)) continue;
        if (count++ == max) {
          more = true;
          break;
        }
        const XmlElement element(out, "Bucket");
        append_xml(out, "Name", last = bucket.name);
        append_xml(out, "CreationDate", to_rfc3339(bucket.created_ms));
        append_xml(out, "BucketRegion", call.entrance.region);
      }
    }
    if (more) append_xml(out, "ContinuationToken", last);
    if (!prefix.empty()) append_xml(out, "Prefix", prefix);
  }
  return out;
}

Awaitable<Result<store::BucketInfo>> existing(S3Call& call) {
  WEFT_CO_TRY(auto found, co_await call.objects->bucket(call.address.bucket));
  if (!found) co_return wrong("NoSuchBucket");
  co_return *std::move(found);
}

}  // namespace

Reply xml_reply(std::string body) {
  Reply out;
  out.headers.add("Content-Type", "application/xml");
  out.body = std::move(body);
  return out;
}

Result<std::size_t> number_in(const Query& query, std::string_view name, std::size_t otherwise,
                              std::size_t max) {
  const std::string_view text = query.get(name);
  if (text.empty()) return otherwise;
  std::size_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return wrong("InvalidArgument",
                 std::format("Provided {} not an integer or within integer range", name));
  }
  return std::min(out, max);
}

Answered list_buckets(S3Call& call) {
  WEFT_CO_TRY(const std::size_t max,
              number_in(call.query, "max-buckets", kBucketsListedMax, kBucketsListedMax));
  WEFT_CO_TRY(const auto buckets, co_await call.objects->buckets());
  co_return xml_reply(buckets_xml(call, buckets, call.query.get("continuation-token"), max));
}

Answered create_bucket(S3Call& call) {
  WEFT_CO_CHECK(check_supported(call.headers()));
  WEFT_CO_TRY(const std::string body, co_await whole_body(call, kXmlBytesMax));
  // Where it is to be is read and not gone by: there is one place.
  if (!body.empty()) WEFT_CO_CHECK(read_location(body));
  auto made = co_await call.objects->make_bucket(call.address.bucket);
  // In the oldest region making one's own again is no error (API_CreateBucket,
  // BucketAlreadyOwnedByYou).
  const bool own = !made && made.error().code == Code::already_exists &&
                   made.error().reason != Reason::permission_denied;
  if (!made && !(own && call.entrance.region == kDefaultRegion)) {
    co_return fail(std::move(made).error());
  }
  Reply out;
  out.headers.add("Location", "/" + call.address.bucket);
  co_return out;
}

Answered head_bucket(S3Call& call) {
  WEFT_CO_CHECK(co_await existing(call));
  Reply out;
  out.headers.add("x-amz-bucket-region", call.entrance.region);
  out.headers.add("x-amz-access-point-alias", "false");
  co_return out;
}

Answered delete_bucket(S3Call& call) {
  WEFT_CO_CHECK(co_await call.objects->remove_bucket(call.address.bucket));
  Reply out;
  out.status = 204;
  co_return out;
}

Answered bucket_location(S3Call& call) {
  WEFT_CO_CHECK(co_await existing(call));
  std::string out(kXmlHead);
  {
    // S3 has no word for its first region.
    const XmlElement location(out, "LocationConstraint", kXmlNamespace);
    if (call.entrance.region != kDefaultRegion) append_xml_text(out, call.entrance.region);
  }
  co_return xml_reply(std::move(out));
}

Answered bucket_versioning(S3Call& call) {
  WEFT_CO_CHECK(co_await existing(call));
  std::string out(kXmlHead);
  {
    const XmlElement never(out, "VersioningConfiguration", kXmlNamespace);
  }
  co_return xml_reply(std::move(out));
}

}  // namespace weft::adapters::sagemaker::s3

// DeleteObject and DeleteObjects.
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/bodies.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/incoming.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/operations.h"

namespace weft::adapters::sagemaker::s3 {

Answered delete_object(S3Call& call) {
  if (call.headers().has("If-Match") || call.headers().has("x-amz-if-match-size"))
    co_return not_implemented("weft does not delete under a condition; leave If-Match out");
  if (call.query.has("versionId") && call.query.get("versionId") != "null")
    co_return wrong("InvalidArgument", "Invalid version id specified");
  // Also when there was none: it is not there.
  WEFT_CO_CHECK(co_await call.objects->remove(call.address.bucket, call.address.key));
  Reply out;
  out.status = 204;
  co_return out;
}

Answered delete_objects(S3Call& call) {
  WEFT_CO_TRY(const std::string body, co_await whole_body(call, kXmlBytesMax));
  WEFT_CO_TRY(const Deletion deletion, read_deletion(body));
  std::string entries;
  for (const std::string& key : deletion.keys) {
    const auto removed = co_await call.objects->remove(call.address.bucket, key);
    if (removed && deletion.quiet) continue;
    const XmlElement element(entries, removed ? "Deleted" : "Error");
    append_xml(entries, "Key", key);
    if (removed) continue;
    const Told error = told(removed.error());
    // A bucket that is none is an error of the whole request.
    if (error.code == "NoSuchBucket" || error.code == "AccessDenied")
      co_return fail(removed.error());
    append_xml(entries, "Code", error.code);
    append_xml(entries, "Message", error.message);
  }
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "DeleteResult", kXmlNamespace);
    out += entries;
  }
  co_return xml_reply(std::move(out));
}

}  // namespace weft::adapters::sagemaker::s3

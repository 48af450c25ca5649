// DeleteObject and DeleteObjects.
#include <algorithm>
#include <optional>

#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/bodies.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/incoming.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/base/task_group.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// The removals of one request, some at a time.
struct Removals {
  S3Call& call;
  const std::vector<std::string>& keys;
  std::size_t next = 0;
  std::vector<std::optional<Told>> said;  ///< the error of each key that has one
  std::optional<Error> refused;           ///< the whole request's
};

Awaitable<> remove_some(Removals& removals) {
  while (removals.next < removals.keys.size() && !removals.refused) {
    const std::size_t at = removals.next++;
    const Address& address = removals.call.address;
    const auto removed = co_await removals.call.objects->remove(address.bucket, removals.keys[at]);
    if (removed) continue;
    Told error = told(removed.error());
    // A bucket that is none is an error of the whole request.
    if (error.code == "NoSuchBucket" || error.code == "AccessDenied") {
      removals.refused = removed.error();
    } else {
      removals.said[at] = std::move(error);
    }
  }
}

}  // namespace

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
  const std::vector<std::string>& keys = deletion.keys;
  Removals removals{.call = call, .keys = keys, .said = {}, .refused = {}};
  removals.said.resize(keys.size());
  TaskGroup group(call.exchange.executor());
  const std::size_t beside = std::min(kRemovalsAtOnce, keys.size());
  for (std::size_t i = 0; i < beside; ++i) group.spawn(remove_some(removals));
  co_await group.join();
  if (removals.refused) co_return fail(*std::move(removals.refused));
  std::string entries;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::optional<Told>& error = removals.said[i];
    if (!error && deletion.quiet) continue;
    const XmlElement element(entries, error ? "Error" : "Deleted");
    append_xml(entries, "Key", keys[i]);
    if (!error) continue;
    append_xml(entries, "Code", error->code);
    append_xml(entries, "Message", error->message);
  }
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "DeleteResult", kXmlNamespace);
    out += entries;
  }
  co_return xml_reply(std::move(out));
}

}  // namespace weft::adapters::sagemaker::s3

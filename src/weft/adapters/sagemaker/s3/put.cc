// PutObject, and what every write shares.
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/incoming.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/adapters/sagemaker/s3/receive.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// Whether what is there lets this write go on.
Awaitable<Result<void>> check_condition(S3Call& call) {
  const std::string_view match = call.headers().get("If-Match");
  WEFT_CO_TRY(const auto there, co_await call.objects->head(call.address.bucket, call.address.key));
  if (!match.empty()) {
    if (!there) co_return wrong("NoSuchKey");
    const std::string own = etag_text(there->etag);
    if (match != "*" && match != own && match != there->etag) co_return wrong("PreconditionFailed");
  } else if (there) {
    co_return wrong("PreconditionFailed");
  }
  co_return Result<void>();
}

}  // namespace

Awaitable<Result<Commits::Claim>> claim_place(S3Call& call) {
  const wire::Headers& headers = call.headers();
  const std::string_view none = headers.get("If-None-Match");
  if (none.empty() && headers.get("If-Match").empty()) co_return Commits::Claim();
  if (!none.empty() && none != "*")
    co_return not_implemented("of a write If-None-Match may only be `*`");
  Commits::Claim claim = call.commits.claim(call.address.bucket, call.address.key);
  if (!claim.held()) co_return wrong("ConditionalRequestConflict");
  WEFT_CO_CHECK(co_await check_condition(call));
  co_return claim;
}

Awaitable<Result<Received>> receive(S3Call& call, store::ObjectWriter& writer) {
  const bool has_length = call.head().body_length.has_value() || call.head().chunked;
  if (!has_length) co_return wrong("MissingContentLength");
  WEFT_CO_TRY(Incoming incoming, Incoming::open(call, kPutBytesMax));
  while (true) {
    WEFT_CO_TRY(std::string piece, co_await incoming.next());
    if (piece.empty()) break;
    WEFT_CO_CHECK(co_await writer.write(std::move(piece)));
  }
  WEFT_CO_CHECK(incoming.finish());
  co_return Received{.checksums = incoming.checksums()};
}

Answered put_object(S3Call& call) {
  if (call.headers().has("x-amz-copy-source")) co_return co_await copy_object(call);
  WEFT_CO_TRY(store::ObjectMeta meta, meta_from(call.headers()));
  {
    // What will not be taken is said before its bytes come.
    WEFT_CO_CHECK(co_await claim_place(call));
  }
  WEFT_CO_TRY(auto writer, co_await call.objects->put(call.address.bucket, call.address.key));
  WEFT_CO_TRY(Received received, co_await receive(call, *writer));
  meta.checksums = std::move(received.checksums);
  WEFT_CO_TRY(const auto claim, co_await claim_place(call));
  WEFT_CO_TRY(const store::ObjectInfo info, co_await writer->commit(std::move(meta)));
  Reply out;
  out.headers.add("ETag", etag_text(info.etag));
  describe_checksums(out.headers, info.meta);
  co_return out;
}

}  // namespace weft::adapters::sagemaker::s3

// Objects and parts on their way into the store.
#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/operations.h"

namespace weft::adapters::sagemaker::remote {
namespace {

Awaitable<Result<store::ObjectInfo>> put_whole(Client& client, std::string bucket, std::string key,
                                               std::shared_ptr<const Body> body,
                                               store::ObjectMeta meta) {
  Ask ask;
  ask.method = "PUT";
  ask.bucket = bucket;
  ask.key = key;
  ask.body = body;
  describe(ask.headers, meta);
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (!answer.good()) co_return client.refused(answer, bucket);
  std::string etag = bare_etag(answer.headers.get("ETag"));
  if (etag.empty()) co_return client.garbled("it says no ETag of what was put");
  co_return store::ObjectInfo{.key = std::move(key),
                              .size = body->size,
                              .modified_ms = client.clock().unix_ms(),
                              .etag = std::move(etag),
                              .meta = std::move(meta)};
}

/// Parts of one size, but for the last.
std::uint64_t part_bytes(std::uint64_t size) {
  return std::max(kTakenPartBytes, (size + kPartsMax - 1) / kPartsMax);
}

Awaitable<Result<store::ObjectInfo>> put_parts(Client& client, std::string bucket, std::string key,
                                               std::string upload, Body body) {
  std::vector<std::pair<int, std::string>> made;
  const std::uint64_t step = part_bytes(body.size);
  for (std::uint64_t done = 0; done < body.size; done += step) {
    const std::uint64_t size = std::min(step, body.size - done);
    WEFT_CO_TRY(Body piece, co_await body_of(client.pool(), body.file, body.offset + done, size));
    const int number = static_cast<int>(made.size()) + 1;
    auto of = std::make_shared<const Body>(std::move(piece));
    WEFT_CO_TRY(std::string etag,
                co_await put_part(client, bucket, key, upload, number, std::move(of)));
    made.emplace_back(number, std::move(etag));
  }
  co_return co_await complete_upload(client, std::move(bucket), std::move(key), std::move(upload),
                                     std::move(made));
}

class ForwardedWriter : public store::ObjectWriter {
 public:
  ForwardedWriter(Client& client, std::string bucket, std::string key)
      : client_(client),
        spool_(client.pool(), client.folder()),
        bucket_(std::move(bucket)),
        key_(std::move(key)) {}
  Awaitable<Result<void>> write(std::string piece) override {
    return spool_.write(std::move(piece));
  }

 protected:
  Client& client_;
  Spool spool_;
  std::string bucket_;
  std::string key_;
};

class ObjectPut final : public ForwardedWriter {
 public:
  using ForwardedWriter::ForwardedWriter;
  Awaitable<Result<store::ObjectInfo>> commit(store::ObjectMeta meta) override {
    WEFT_CO_TRY(Body body, co_await spool_.finish());
    co_return co_await put(client_, bucket_, key_, std::move(body), std::move(meta), kPutBytesMax);
  }
};

class PartPut final : public ForwardedWriter {
 public:
  PartPut(Client& client, std::string bucket, std::string key, std::string upload, int number)
      : ForwardedWriter(client, std::move(bucket), std::move(key)),
        upload_(std::move(upload)),
        number_(number) {}
  Awaitable<Result<store::ObjectInfo>> commit(store::ObjectMeta) override {
    WEFT_CO_TRY(Body body, co_await spool_.finish());
    const std::uint64_t size = body.size;
    if (size > kPutBytesMax) {
      co_return fail(Reason::too_large, std::format("a part has at most {} bytes", kPutBytesMax));
    }
    auto of = std::make_shared<const Body>(std::move(body));
    WEFT_CO_TRY(std::string etag,
                co_await put_part(client_, bucket_, key_, upload_, number_, std::move(of)));
    co_return store::ObjectInfo{.key = key_,
                                .size = size,
                                .modified_ms = client_.clock().unix_ms(),
                                .etag = std::move(etag),
                                .meta = {}};
  }

 private:
  std::string upload_;
  int number_;
};

}  // namespace

Awaitable<Result<store::ObjectInfo>> put(Client& client, std::string bucket, std::string key,
                                         Body body, store::ObjectMeta meta,
                                         std::uint64_t whole_max) {
  if (body.size <= whole_max) {
    auto of = std::make_shared<const Body>(std::move(body));
    co_return co_await put_whole(client, std::move(bucket), std::move(key), std::move(of),
                                 std::move(meta));
  }
  // Of the whole: of an object in parts the store makes its own.
  meta.checksums.clear();
  WEFT_CO_TRY(const std::string upload,
              co_await begin_upload(client, bucket, key, std::move(meta)));
  auto done = co_await put_parts(client, bucket, key, upload, std::move(body));
  // What cannot be taken away now is the store's to clear: the error that led here says more.
  if (!done) (void)co_await abort_upload(client, bucket, key, upload);
  co_return done;
}

std::unique_ptr<store::ObjectWriter> object_writer(Client& client, std::string bucket,
                                                   std::string key) {
  return std::make_unique<ObjectPut>(client, std::move(bucket), std::move(key));
}

std::unique_ptr<store::ObjectWriter> part_writer(Client& client, std::string bucket,
                                                 std::string key, std::string upload, int number) {
  return std::make_unique<PartPut>(client, std::move(bucket), std::move(key), std::move(upload),
                                   number);
}

}  // namespace weft::adapters::sagemaker::remote

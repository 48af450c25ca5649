#include "weft/adapters/sagemaker/remote/remote_objects.h"

#include <algorithm>
#include <format>
#include <system_error>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/remote/operations.h"

namespace weft::adapters::sagemaker {
namespace remote {
namespace {

namespace fs = std::filesystem;

class Forwarded final : public RemoteObjects {
 public:
  explicit Forwarded(RemoteParts parts) : client_(std::move(parts)) {}

  void end_reading() override { client_.end_reading(); }
  void end_writing() override { client_.end_writing(); }

  Awaitable<Result<std::vector<store::BucketInfo>>> buckets() override {
    return remote::buckets(client_);
  }
  Awaitable<Result<std::optional<store::BucketInfo>>> bucket(std::string name) override {
    return remote::bucket(client_, std::move(name), /*reads=*/true);
  }
  Awaitable<Result<void>> make_bucket(std::string name) override {
    return remote::make_bucket(client_, std::move(name));
  }
  Awaitable<Result<void>> remove_bucket(std::string name) override {
    return remote::remove_bucket(client_, std::move(name));
  }

  Awaitable<Result<std::unique_ptr<store::ObjectWriter>>> put(std::string bucket,
                                                              std::string key) override {
    if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
    WEFT_CO_CHECK(check_key(key));
    co_return object_writer(client_, std::move(bucket), std::move(key));
  }
  Awaitable<Result<std::optional<store::ObjectInfo>>> head(std::string bucket,
                                                           std::string key) override {
    return remote::head(client_, std::move(bucket), std::move(key), /*reads=*/true);
  }
  Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open(std::string bucket,
                                                               std::string key) override {
    return open_reader(client_, std::move(bucket), std::move(key));
  }
  Awaitable<Result<bool>> remove(std::string bucket, std::string key) override {
    return remote::remove(client_, std::move(bucket), std::move(key));
  }
  Awaitable<Result<store::ObjectPage>> list(std::string bucket, store::ObjectQuery query) override {
    return remote::list(client_, std::move(bucket), std::move(query));
  }

  Awaitable<Result<std::string>> begin_upload(std::string bucket, std::string key,
                                              store::ObjectMeta meta) override {
    return remote::begin_upload(client_, std::move(bucket), std::move(key), std::move(meta));
  }
  Awaitable<Result<std::unique_ptr<store::ObjectWriter>>> put_part(std::string bucket,
                                                                   std::string key,
                                                                   std::string upload,
                                                                   int number) override {
    if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
    WEFT_CO_CHECK(check_key(key));
    if (upload.empty()) co_return fail(no_upload(upload));
    co_return part_writer(client_, std::move(bucket), std::move(key), std::move(upload), number);
  }
  Awaitable<Result<std::vector<store::PartInfo>>> parts(std::string bucket, std::string key,
                                                        std::string upload) override {
    return remote::parts(client_, std::move(bucket), std::move(key), std::move(upload));
  }
  Awaitable<Result<store::ObjectInfo>> complete_upload(
      std::string bucket, std::string key, std::string upload,
      std::vector<std::pair<int, std::string>> parts,
      std::optional<store::ObjectDigest> digest) override {
    // The store shows the bytes only once they have taken the place of what was there.
    if (digest) {
      co_return fail(Reason::unsupported,
                     "a checksum of the whole object is not compared where objects lie in another "
                     "store: leave it out; those of the parts are compared as they come");
    }
    co_return co_await remote::complete_upload(client_, std::move(bucket), std::move(key),
                                               std::move(upload), std::move(parts));
  }
  Awaitable<Result<void>> abort_upload(std::string bucket, std::string key,
                                       std::string upload) override {
    return remote::abort_upload(client_, std::move(bucket), std::move(key), std::move(upload));
  }
  Awaitable<Result<std::vector<store::UploadInfo>>> uploads(std::string bucket,
                                                            std::string prefix) override {
    return remote::uploads(client_, std::move(bucket), std::move(prefix));
  }

  Awaitable<Result<bool>> fetch(std::string bucket, std::string key, fs::path to) override {
    return remote::fetch(client_, std::move(bucket), std::move(key), std::move(to));
  }
  Awaitable<Result<store::ObjectInfo>> take(fs::path from, std::string bucket, std::string key,
                                            store::ObjectMeta meta) override {
    return remote::take(client_, std::move(from), std::move(bucket), std::move(key),
                        std::move(meta));
  }

 private:
  Client client_;
};

/// What stands in the header of a signature.
bool is_access_key(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f && c != '/' && c != ',';
  });
}

Result<void> check(const RemoteStore& store) {
  const auto wrong = [&](std::string_view which, std::string_view why) {
    return fail(make_argument_error(std::format("/ml/objects/{}", which),
                                    std::format("{}{}`{}` of `ml.objects` {}", store.origin,
                                                store.origin.empty() ? "" : ": ", which, why)));
  };
  if (!is_access_key(store.access_key))
    return wrong("access_key", "is no access key: one has letters and digits");
  if (store.secret.empty()) return wrong("secret_key", "is empty");
  if (!is_region(store.region)) return wrong("region", "is no region, such as us-east-1");
  if (!store.endpoint.query.empty()) return wrong("endpoint", "must not have a query");
  return {};
}

/// Bodies that waited in an earlier life have no names; a name was left when it ended in between.
Result<void> empty_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder, error);
  if (error) return fail(file_error("make", folder, error.value()));
  return {};
}

}  // namespace
}  // namespace remote

Result<std::unique_ptr<RemoteObjects>> open_remote_objects(RemoteParts parts) {
  WEFT_CHECK(remote::check(parts.store));
  WEFT_CHECK(remote::empty_folder(parts.folder));
  return std::make_unique<remote::Forwarded>(std::move(parts));
}

}  // namespace weft::adapters::sagemaker

#include "weft/store/files/local_objects.h"

#include <format>

#include "weft/store/files/object_folder.h"
#include "weft/store/files/object_meta.h"
#include "weft/wire/digest.h"

namespace weft::store::files {
namespace {

/// A draft on its way in. Its members belong to whichever thread does the one piece of work that is
/// awaited at a time.
struct Incoming {
  explicit Incoming(Draft of) : draft(std::move(of)), digest(wire::DigestKind::md5) {}
  Draft draft;
  wire::Digest digest;
};

class LocalWriter : public ObjectWriter {
 public:
  LocalWriter(WorkPool& pool, Draft draft)
      : pool_(pool), incoming_(std::make_shared<Incoming>(std::move(draft))) {}

  Awaitable<Result<void>> write(std::string piece) override {
    auto work = [incoming = incoming_, piece = std::move(piece)]() -> Result<void> {
      incoming->digest.add(piece);
      return incoming->draft.file().write(piece, incoming->draft.path());
    };
    co_return co_await pool_.run<void>(std::move(work));
  }

 protected:
  WorkPool& pool_;
  std::shared_ptr<Incoming> incoming_;
};

class LocalObjectWriter final : public LocalWriter {
 public:
  LocalObjectWriter(WorkPool& pool, Draft draft, ObjectFolder& folder, std::string bucket,
                    std::string key)
      : LocalWriter(pool, std::move(draft)),
        folder_(folder),
        bucket_(std::move(bucket)),
        key_(std::move(key)) {}

  Awaitable<Result<ObjectInfo>> commit(ObjectMeta meta) override {
    auto work = [&folder = folder_, incoming = std::move(incoming_), bucket = bucket_, key = key_,
                 meta = std::move(meta)]() mutable {
      return folder.commit(std::move(incoming->draft), bucket, key,
                           hex_of(incoming->digest.finish()), std::move(meta));
    };
    co_return co_await pool_.run<ObjectInfo>(std::move(work));
  }

 private:
  ObjectFolder& folder_;
  std::string bucket_;
  std::string key_;
};

class LocalPartWriter final : public LocalWriter {
 public:
  struct Place {
    std::string bucket;
    std::string key;
    std::string upload;
    int number = 0;
  };
  LocalPartWriter(WorkPool& pool, Draft draft, ObjectFolder& folder, Place place)
      : LocalWriter(pool, std::move(draft)), folder_(folder), place_(std::move(place)) {}

  Awaitable<Result<ObjectInfo>> commit(ObjectMeta) override {
    auto work = [&folder = folder_, incoming = std::move(incoming_),
                 place = place_]() -> Result<ObjectInfo> {
      WEFT_TRY(const PartInfo part,
               folder.commit_part(std::move(incoming->draft), place.bucket, place.key, place.upload,
                                  place.number, hex_of(incoming->digest.finish())));
      return ObjectInfo{.key = place.key,
                        .size = part.size,
                        .modified_ms = part.modified_ms,
                        .etag = part.etag,
                        .meta = {}};
    };
    co_return co_await pool_.run<ObjectInfo>(std::move(work));
  }

 private:
  ObjectFolder& folder_;
  Place place_;
};

class LocalReader final : public ObjectReader {
 public:
  LocalReader(WorkPool& pool, Found found)
      : pool_(pool), found_(std::make_shared<Found>(std::move(found))) {}
  const ObjectInfo& info() const override { return found_->info; }
  Awaitable<Result<std::string>> read(std::uint64_t offset, std::size_t bytes_max) override {
    auto work = [found = found_, offset, bytes_max] { return found->file.read(offset, bytes_max); };
    co_return co_await pool_.run<std::string>(std::move(work));
  }

 private:
  WorkPool& pool_;
  std::shared_ptr<Found> found_;
};

class LocalObjects final : public Objects {
 public:
  LocalObjects(std::unique_ptr<ObjectFolder> folder, WorkPool& pool)
      : folder_(std::move(folder)), pool_(pool) {}

  Awaitable<Result<std::vector<BucketInfo>>> buckets() override {
    return on_pool<std::vector<BucketInfo>>([this] { return folder_->buckets(); });
  }
  Awaitable<Result<std::optional<BucketInfo>>> bucket(std::string name) override {
    return on_pool<std::optional<BucketInfo>>(
        [this, name = std::move(name)] { return folder_->bucket(name); });
  }
  Awaitable<Result<void>> make_bucket(std::string name) override {
    return on_pool<void>([this, name = std::move(name)] { return folder_->make_bucket(name); });
  }
  Awaitable<Result<void>> remove_bucket(std::string name) override {
    return on_pool<void>([this, name = std::move(name)] { return folder_->remove_bucket(name); });
  }

  Awaitable<Result<std::unique_ptr<ObjectWriter>>> put(std::string bucket,
                                                       std::string key) override {
    using Made = std::unique_ptr<ObjectWriter>;
    return on_pool<Made>(
        [this, bucket = std::move(bucket), key = std::move(key)]() mutable -> Result<Made> {
          WEFT_CHECK(check_bucket(bucket));
          WEFT_TRY(Draft draft, folder_->draft());
          return std::make_unique<LocalObjectWriter>(pool_, std::move(draft), *folder_,
                                                     std::move(bucket), std::move(key));
        });
  }
  Awaitable<Result<std::optional<ObjectInfo>>> head(std::string bucket, std::string key) override {
    using Info = std::optional<ObjectInfo>;
    return on_pool<Info>(
        [this, bucket = std::move(bucket), key = std::move(key)]() -> Result<Info> {
          WEFT_TRY(auto found, folder_->find(bucket, key));
          return found ? Info(std::move(found->info)) : Info();
        });
  }
  Awaitable<Result<std::unique_ptr<ObjectReader>>> open(std::string bucket,
                                                        std::string key) override {
    using Made = std::unique_ptr<ObjectReader>;
    return on_pool<Made>(
        [this, bucket = std::move(bucket), key = std::move(key)]() -> Result<Made> {
          WEFT_TRY(auto found, folder_->find(bucket, key));
          if (!found) return nullptr;
          return std::make_unique<LocalReader>(pool_, *std::move(found));
        });
  }
  Awaitable<Result<bool>> remove(std::string bucket, std::string key) override {
    return on_pool<bool>([this, bucket = std::move(bucket), key = std::move(key)] {
      return folder_->remove(bucket, key);
    });
  }
  Awaitable<Result<ObjectPage>> list(std::string bucket, ObjectQuery query) override {
    return on_pool<ObjectPage>([this, bucket = std::move(bucket), query = std::move(query)] {
      return folder_->list(bucket, query);
    });
  }

  Awaitable<Result<std::string>> begin_upload(std::string bucket, std::string key,
                                              ObjectMeta meta) override {
    return on_pool<std::string>(
        [this, bucket = std::move(bucket), key = std::move(key), meta = std::move(meta)] {
          return folder_->begin_upload(bucket, key, meta);
        });
  }
  Awaitable<Result<std::unique_ptr<ObjectWriter>>> put_part(std::string bucket, std::string key,
                                                            std::string upload,
                                                            int number) override {
    using Made = std::unique_ptr<ObjectWriter>;
    LocalPartWriter::Place place{std::move(bucket), std::move(key), std::move(upload), number};
    return on_pool<Made>([this, place = std::move(place)]() mutable -> Result<Made> {
      // That it is none is said before its bytes come.
      WEFT_CHECK(folder_->parts(place.bucket, place.key, place.upload));
      WEFT_TRY(Draft draft, folder_->draft());
      return std::make_unique<LocalPartWriter>(pool_, std::move(draft), *folder_, std::move(place));
    });
  }
  Awaitable<Result<std::vector<PartInfo>>> parts(std::string bucket, std::string key,
                                                 std::string upload) override {
    return on_pool<std::vector<PartInfo>>(
        [this, bucket = std::move(bucket), key = std::move(key), upload = std::move(upload)] {
          return folder_->parts(bucket, key, upload);
        });
  }
  Awaitable<Result<ObjectInfo>> complete_upload(std::string bucket, std::string key,
                                                std::string upload,
                                                std::vector<std::pair<int, std::string>> parts,
                                                std::optional<ObjectDigest> digest) override {
    return on_pool<ObjectInfo>([this, bucket = std::move(bucket), key = std::move(key),
                                upload = std::move(upload), parts = std::move(parts),
                                digest = std::move(digest)] {
      return folder_->complete_upload(bucket, key, upload, parts, digest);
    });
  }
  Awaitable<Result<void>> abort_upload(std::string bucket, std::string key,
                                       std::string upload) override {
    return on_pool<void>(
        [this, bucket = std::move(bucket), key = std::move(key), upload = std::move(upload)] {
          return folder_->abort_upload(bucket, key, upload);
        });
  }
  Awaitable<Result<std::vector<UploadInfo>>> uploads(std::string bucket,
                                                     std::string prefix) override {
    return on_pool<std::vector<UploadInfo>>(
        [this, bucket = std::move(bucket), prefix = std::move(prefix)] {
          return folder_->uploads(bucket, prefix);
        });
  }

  Awaitable<Result<bool>> fetch(std::string bucket, std::string key,
                                std::filesystem::path to) override {
    return on_pool<bool>([this, bucket = std::move(bucket), key = std::move(key),
                          to = std::move(to)] { return folder_->fetch(bucket, key, to); });
  }
  Awaitable<Result<ObjectInfo>> take(std::filesystem::path from, std::string bucket,
                                     std::string key, ObjectMeta meta) override {
    return on_pool<ObjectInfo>([this, from = std::move(from), bucket = std::move(bucket),
                                key = std::move(key), meta = std::move(meta)]() mutable {
      return folder_->take(from, bucket, key, std::move(meta));
    });
  }

 private:
  template <class T>
  Awaitable<Result<T>> on_pool(std::move_only_function<Result<T>()> work) {
    return pool_.run<T>(std::move(work));
  }
  Result<void> check_bucket(const std::string& name) const {
    WEFT_TRY(const auto found, folder_->bucket(name));
    if (found) return {};
    Error error =
        make_error(Reason::invalid_argument, std::format("there is no bucket `{}`", name));
    error.code = Code::not_found;
    return fail(std::move(error));
  }

  std::unique_ptr<ObjectFolder> folder_;
  WorkPool& pool_;
};

}  // namespace

Result<std::unique_ptr<Objects>> open_local_objects(std::filesystem::path folder, Random& random,
                                                    WorkPool& pool) {
  WEFT_TRY(auto opened, ObjectFolder::open(std::move(folder), random));
  return std::make_unique<LocalObjects>(std::move(opened), pool);
}

}  // namespace weft::store::files

// Objects that hand everything on to others: a test overrides what is to go wrong. Owned by the
// test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/store/objects.h"

namespace weft::store::testing {

class ObjectsThrough : public Objects {
 public:
  explicit ObjectsThrough(Objects& to) : to_(to) {}

  Awaitable<Result<std::vector<BucketInfo>>> buckets() override { return to_.buckets(); }
  Awaitable<Result<std::optional<BucketInfo>>> bucket(std::string name) override {
    return to_.bucket(std::move(name));
  }
  Awaitable<Result<void>> make_bucket(std::string name) override {
    return to_.make_bucket(std::move(name));
  }
  Awaitable<Result<void>> remove_bucket(std::string name) override {
    return to_.remove_bucket(std::move(name));
  }
  Awaitable<Result<std::unique_ptr<ObjectWriter>>> put(std::string bucket,
                                                       std::string key) override {
    return to_.put(std::move(bucket), std::move(key));
  }
  Awaitable<Result<std::optional<ObjectInfo>>> head(std::string bucket, std::string key) override {
    return to_.head(std::move(bucket), std::move(key));
  }
  Awaitable<Result<std::unique_ptr<ObjectReader>>> open(std::string bucket,
                                                        std::string key) override {
    return to_.open(std::move(bucket), std::move(key));
  }
  Awaitable<Result<bool>> remove(std::string bucket, std::string key) override {
    return to_.remove(std::move(bucket), std::move(key));
  }
  Awaitable<Result<ObjectPage>> list(std::string bucket, ObjectQuery query) override {
    return to_.list(std::move(bucket), std::move(query));
  }
  Awaitable<Result<std::string>> begin_upload(std::string bucket, std::string key,
                                              ObjectMeta meta) override {
    return to_.begin_upload(std::move(bucket), std::move(key), std::move(meta));
  }
  Awaitable<Result<std::unique_ptr<ObjectWriter>>> put_part(std::string bucket, std::string key,
                                                            std::string upload,
                                                            int number) override {
    return to_.put_part(std::move(bucket), std::move(key), std::move(upload), number);
  }
  Awaitable<Result<std::vector<PartInfo>>> parts(std::string bucket, std::string key,
                                                 std::string upload) override {
    return to_.parts(std::move(bucket), std::move(key), std::move(upload));
  }
  Awaitable<Result<ObjectInfo>> complete_upload(std::string bucket, std::string key,
                                                std::string upload,
                                                std::vector<std::pair<int, std::string>> parts,
                                                std::optional<ObjectDigest> digest) override {
    return to_.complete_upload(std::move(bucket), std::move(key), std::move(upload),
                               std::move(parts), std::move(digest));
  }
  Awaitable<Result<void>> abort_upload(std::string bucket, std::string key,
                                       std::string upload) override {
    return to_.abort_upload(std::move(bucket), std::move(key), std::move(upload));
  }
  Awaitable<Result<std::vector<UploadInfo>>> uploads(std::string bucket,
                                                     std::string prefix) override {
    return to_.uploads(std::move(bucket), std::move(prefix));
  }
  Awaitable<Result<bool>> fetch(std::string bucket, std::string key,
                                std::filesystem::path to) override {
    return to_.fetch(std::move(bucket), std::move(key), std::move(to));
  }
  Awaitable<Result<ObjectInfo>> take(std::filesystem::path from, std::string bucket,
                                     std::string key, ObjectMeta meta) override {
    return to_.take(std::move(from), std::move(bucket), std::move(key), std::move(meta));
  }

 private:
  Objects& to_;
};

}  // namespace weft::store::testing

// Objects: bytes by key in named buckets, as S3 has them. Owned by store; every member from any
// loop, the answer comes back on the caller's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/wire/digest.h"

namespace weft::store {

/// What is kept of an object besides its bytes.
struct ObjectMeta {
  std::string content_type;
  /// `content-encoding`, `cache-control`, `x-amz-meta-…` and the like, names in lower case: given
  /// back as they came.
  std::map<std::string, std::string> headers;
  /// By algorithm (`crc32`, `sha256` …), in base64.
  std::map<std::string, std::string> checksums;
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  /// Without quotes: the MD5 of the bytes in hexadecimal; `…-N` for an upload of N parts, and for a
  /// file that was put into the folder by hand (no digest of its bytes then).
  std::string etag;
  ObjectMeta meta;
  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct BucketInfo {
  std::string name;
  std::int64_t created_ms = 0;
};

struct ObjectQuery {
  std::string prefix;
  /// Keys that are alike up to its next occurrence behind the prefix count as one.
  std::string delimiter;
  std::string after;  ///< keys (and common prefixes) after this one
  std::size_t limit = 1000;
};

struct ObjectPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> common_prefixes;
  /// Set when there is more: what to ask `after`.
  std::optional<std::string> next;
};

struct PartInfo {
  int number = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  std::string etag;
};

struct UploadInfo {
  std::string id;
  std::string key;
  std::int64_t begun_ms = 0;
};

/// What the bytes of an object are to come to.
struct ObjectDigest {
  wire::DigestKind kind = wire::DigestKind::crc32;
  std::string bytes;
};

/// An object (or a part) on its way in. What is not committed leaves nothing behind.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual Awaitable<Result<void>> write(std::string piece) = 0;
  /// Durable and visible when it returns, whole or not at all; `key` and `meta` of a part are left
  /// aside.
  virtual Awaitable<Result<ObjectInfo>> commit(ObjectMeta meta) = 0;
};

class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectInfo& info() const = 0;
  /// The bytes from `offset`, at most `bytes_max`; empty at the end. What was there when the reader
  /// was made, whatever becomes of the object meanwhile.
  virtual Awaitable<Result<std::string>> read(std::uint64_t offset, std::size_t bytes_max) = 0;
};

/// Errors besides those named: Reason::storage_full, and Code::not_found with the bucket's name
/// where a bucket is missing.
class Objects {
 public:
  virtual ~Objects() = default;

  virtual Awaitable<Result<std::vector<BucketInfo>>> buckets() = 0;
  virtual Awaitable<Result<std::optional<BucketInfo>>> bucket(std::string name) = 0;
  /// Errors: Code::already_exists.
  virtual Awaitable<Result<void>> make_bucket(std::string name) = 0;
  /// Errors: Code::failed_precondition when it holds objects.
  virtual Awaitable<Result<void>> remove_bucket(std::string name) = 0;

  virtual Awaitable<Result<std::unique_ptr<ObjectWriter>>> put(std::string bucket,
                                                               std::string key) = 0;
  virtual Awaitable<Result<std::optional<ObjectInfo>>> head(std::string bucket,
                                                            std::string key) = 0;
  /// Null when there is none.
  virtual Awaitable<Result<std::unique_ptr<ObjectReader>>> open(std::string bucket,
                                                                std::string key) = 0;
  /// Whether there was one.
  virtual Awaitable<Result<bool>> remove(std::string bucket, std::string key) = 0;
  /// In the order of the keys' bytes.
  virtual Awaitable<Result<ObjectPage>> list(std::string bucket, ObjectQuery query) = 0;

  /// Uploads in parts. Errors: Reason::task_not_found for an upload that is none.
  virtual Awaitable<Result<std::string>> begin_upload(std::string bucket, std::string key,
                                                      ObjectMeta meta) = 0;
  virtual Awaitable<Result<std::unique_ptr<ObjectWriter>>> put_part(std::string bucket,
                                                                    std::string key,
                                                                    std::string upload,
                                                                    int number) = 0;
  virtual Awaitable<Result<std::vector<PartInfo>>> parts(std::string bucket, std::string key,
                                                         std::string upload) = 0;
  /// The object of these parts, in this order; with a digest only when it has that one. Errors:
  /// Reason::invalid_argument for a part that is missing or whose ETag is another, and (`/digest`)
  /// for another digest: the upload and what was there stay then; Reason::unsupported where digests
  /// are not compared.
  virtual Awaitable<Result<ObjectInfo>> complete_upload(
      std::string bucket, std::string key, std::string upload,
      std::vector<std::pair<int, std::string>> parts, std::optional<ObjectDigest> digest) = 0;
  virtual Awaitable<Result<void>> abort_upload(std::string bucket, std::string key,
                                               std::string upload) = 0;
  virtual Awaitable<Result<std::vector<UploadInfo>>> uploads(std::string bucket,
                                                             std::string prefix) = 0;

  /// Puts the object at a place on this machine that does not exist yet: a hard link where it lies
  /// on the same file system, else a copy. False when there is no such object.
  virtual Awaitable<Result<bool>> fetch(std::string bucket, std::string key,
                                        std::filesystem::path to) = 0;
  /// Takes a file on this machine in as an object; the file is gone then. The bucket is made when
  /// it is missing.
  virtual Awaitable<Result<ObjectInfo>> take(std::filesystem::path from, std::string bucket,
                                             std::string key, ObjectMeta meta) = 0;
};

}  // namespace weft::store

// A folder of objects on this machine: one folder a bucket, files under their own names
// (object_path.h). What a file cannot say of itself lies in `.weft/meta`, by the inode it is about,
// so that an object and what is said of it become visible together. Owned by store (LocalObjects);
// any thread, everything blocks.
#pragma once

#include <array>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "weft/base/file.h"
#include "weft/base/ids.h"
#include "weft/store/objects.h"

namespace weft::store::files {

/// A file that is being written and has no name among the objects yet; goes when it is dropped.
class Draft {
 public:
  Draft(File file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  Draft(Draft&&) = default;
  Draft& operator=(Draft&&) = delete;
  ~Draft();
  File& file() { return file_; }
  const std::filesystem::path& path() const { return path_; }
  /// It has another name now.
  void keep() { path_.clear(); }

 private:
  File file_;
  std::filesystem::path path_;
};

/// An object that was found: what is known of it, and its open file.
struct Found {
  ObjectInfo info;
  File file;
};

class ObjectFolder {
 public:
  /// Makes the folder when it is missing and clears away drafts of an earlier life.
  static Result<std::unique_ptr<ObjectFolder>> open(std::filesystem::path root, Random& random);

  Result<std::vector<BucketInfo>> buckets() const;
  Result<std::optional<BucketInfo>> bucket(const std::string& name) const;
  Result<void> make_bucket(const std::string& name);
  Result<void> remove_bucket(const std::string& name);

  Result<Draft> draft();
  /// The draft becomes the object, with `etag` (its MD5, or `…-N`).
  Result<ObjectInfo> commit(Draft draft, const std::string& bucket, const std::string& key,
                            std::string etag, ObjectMeta meta);
  /// Nothing when there is none. Errors: Code::not_found for the bucket.
  Result<std::optional<Found>> find(const std::string& bucket, const std::string& key) const;
  Result<bool> remove(const std::string& bucket, const std::string& key);
  Result<ObjectPage> list(const std::string& bucket, const ObjectQuery& query) const;

  Result<std::string> begin_upload(const std::string& bucket, const std::string& key,
                                   const ObjectMeta& meta);
  Result<PartInfo> commit_part(Draft draft, const std::string& bucket, const std::string& key,
                               const std::string& upload, int number, const std::string& md5);
  Result<std::vector<PartInfo>> parts(const std::string& bucket, const std::string& key,
                                      const std::string& upload) const;
  Result<ObjectInfo> complete_upload(const std::string& bucket, const std::string& key,
                                     const std::string& upload,
                                     const std::vector<std::pair<int, std::string>>& parts,
                                     const std::optional<ObjectDigest>& digest = {});
  Result<void> abort_upload(const std::string& bucket, const std::string& key,
                            const std::string& upload);
  Result<std::vector<UploadInfo>> uploads(const std::string& bucket,
                                          const std::string& prefix) const;

  Result<bool> fetch(const std::string& bucket, const std::string& key,
                     const std::filesystem::path& to) const;
  Result<ObjectInfo> take(const std::filesystem::path& from, const std::string& bucket,
                          const std::string& key, ObjectMeta meta);

 private:
  struct Upload;
  ObjectFolder(std::filesystem::path root, Random& random)
      : root_(std::move(root)), random_(random) {}

  std::filesystem::path own(std::string_view what) const { return root_ / ".weft" / what; }
  Result<std::filesystem::path> bucket_path(const std::string& name) const;
  Result<std::filesystem::path> place_for(const std::filesystem::path& bucket,
                                          const std::string& key);
  std::filesystem::path meta_path(const std::string& bucket, const std::string& key,
                                  std::uint64_t inode) const;
  Result<void> write_meta(const std::string& bucket, const std::string& key, const struct stat& of,
                          const std::string& etag, const ObjectMeta& meta);
  ObjectInfo info_of(const std::string& bucket, const std::string& key,
                     const struct stat& of) const;
  Result<Upload> upload_of(const std::string& bucket, const std::string& key,
                           const std::string& upload) const;
  std::mutex& lock_of(const std::string& bucket);

  std::filesystem::path root_;
  Random& random_;
  mutable std::mutex random_mutex_;
  /// Folders of a bucket come and go under its lock; files are read and written without.
  std::array<std::mutex, 16> locks_;
};

}  // namespace weft::store::files

#include "weft/store/files/object_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <format>
#include <system_error>

#include "weft/base/json.h"
#include "weft/base/log.h"
#include "weft/store/files/object_meta.h"
#include "weft/store/files/object_path.h"
#include "weft/store/files/object_walk.h"
#include "weft/wire/digest.h"

namespace weft::store::files {
namespace {

namespace fs = std::filesystem;

bool is_regular(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::directory;
}

std::int64_t modified_ms(const struct stat& of) {
  return of.st_mtim.tv_sec * 1'000 + of.st_mtim.tv_nsec / 1'000'000;
}

fs::path beside_folder(const fs::path& path) { return path.string() + std::string(kBesideFolder); }

Result<void> make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(file_error("make", path, error.value()));
  return {};
}

Result<void> give_name(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return fail(file_error("name", to, errno));
  return {};
}

Error no_bucket(const std::string& name) {
  Error error = make_error(Reason::invalid_argument, std::format("there is no bucket `{}`", name));
  error.code = Code::not_found;
  return error;
}

/// The object's file, by either of its names; empty when there is none.
fs::path place_of(const fs::path& bucket, const std::string& key) {
  fs::path path = bucket;
  for (const std::string& name : names_of_key(key)) path /= name;
  if (is_regular(path)) return path;
  fs::path beside = beside_folder(path);
  return is_regular(beside) ? beside : fs::path();
}

}  // namespace

Draft::~Draft() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::unique_ptr<ObjectFolder>> ObjectFolder::open(fs::path root, Random& random) {
  auto out = std::unique_ptr<ObjectFolder>(new ObjectFolder(std::move(root), random));
  std::error_code ignored;
  fs::remove_all(out->own("drafts"), ignored);
  for (const char* name : {"drafts", "meta", "uploads"}) WEFT_CHECK(make_folders(out->own(name)));
  return out;
}

std::mutex& ObjectFolder::lock_of(const std::string& bucket) {
  return locks_[std::hash<std::string>{}(bucket) % locks_.size()];
}

Result<fs::path> ObjectFolder::bucket_path(const std::string& name) const {
  // What no bucket can be called is none: `.weft` among it, and every way out of the folder.
  const bool fine = !name.empty() && name.front() != '.' && !name.contains('/') &&
                    !name.contains('\0') && name.size() <= 255;
  fs::path path = root_ / name;
  if (!fine || !is_folder(path)) return fail(no_bucket(name));
  return path;
}

Result<std::vector<BucketInfo>> ObjectFolder::buckets() const {
  std::vector<BucketInfo> out;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(root_, error)) {
    WEFT_TRY(auto found, bucket(each.path().filename().string()));
    if (found) out.push_back(*std::move(found));
  }
  if (error) return fail(file_error("read", root_, error.value()));
  std::ranges::sort(out, {}, &BucketInfo::name);
  return out;
}

Result<std::optional<BucketInfo>> ObjectFolder::bucket(const std::string& name) const {
  const auto path = bucket_path(name);
  if (!path) return std::nullopt;
  struct stat of{};
  if (::stat(path->c_str(), &of) != 0) return std::nullopt;
  return BucketInfo{.name = name, .created_ms = modified_ms(of)};
}

Result<void> ObjectFolder::make_bucket(const std::string& name) {
  const fs::path path = root_ / name;
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno != EEXIST) return fail(file_error("make", path, errno));
    Error error =
        make_error(Reason::invalid_argument, std::format("there is a bucket `{}` already", name));
    error.code = Code::already_exists;
    return fail(std::move(error));
  }
  return sync_folder(root_);
}

Result<void> ObjectFolder::remove_bucket(const std::string& name) {
  const std::scoped_lock lock(lock_of(name));
  WEFT_TRY(const fs::path path, bucket_path(name));
  WEFT_TRY(const bool full, holds_objects(path));
  if (full) {
    Error error =
        make_error(Reason::invalid_argument, std::format("the bucket `{}` holds objects", name));
    error.code = Code::failed_precondition;
    return fail(std::move(error));
  }
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(file_error("remove", path, error.value()));
  for (const char* what : {"meta", "uploads"}) fs::remove_all(own(what) / name, error);
  return sync_folder(root_);
}

Result<Draft> ObjectFolder::draft() {
  std::string name;
  {
    const std::scoped_lock lock(random_mutex_);
    name = random_hex(16, random_);
  }
  fs::path path = own("drafts") / name;
  WEFT_TRY(File file, File::make(path));
  return Draft(std::move(file), std::move(path));
}

fs::path ObjectFolder::meta_path(const std::string& bucket, const std::string& key,
                                 std::uint64_t inode) const {
  const std::string name = wire::hex(wire::sha256(key));
  return own("meta") / bucket / name.substr(0, 2) / std::format("{}.{}", name, inode);
}

Result<void> ObjectFolder::write_meta(const std::string& bucket, const std::string& key,
                                      const struct stat& of, const std::string& etag,
                                      const ObjectMeta& meta) {
  const fs::path path = meta_path(bucket, key, of.st_ino);
  WEFT_CHECK(make_folders(path.parent_path()));
  // Of a file that had this inode before.
  ::unlink(path.c_str());
  WEFT_TRY(File file, File::make(path));
  WEFT_CHECK(file.write(meta_text(key, of, etag, meta), path));
  WEFT_CHECK(file.sync(path));
  return sync_folder(path.parent_path());
}

/// The folders of the key's path, made where they are missing; under the bucket's lock.
Result<fs::path> ObjectFolder::place_for(const fs::path& bucket, const std::string& key) {
  const auto names = names_of_key(key);
  fs::path path = bucket;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const fs::path parent = path;
    path /= names[i];
    if (is_folder(path)) continue;
    if (is_regular(path)) WEFT_CHECK(give_name(path, beside_folder(path)));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return fail(file_error("make", path, errno));
    WEFT_CHECK(sync_folder(parent));
  }
  path /= names.back();
  return is_folder(path) ? beside_folder(path) : path;
}

Result<ObjectInfo> ObjectFolder::commit(Draft draft, const std::string& bucket,
                                        const std::string& key, std::string etag, ObjectMeta meta) {
  WEFT_TRY(const fs::path folder, bucket_path(bucket));
  WEFT_CHECK(draft.file().sync(draft.path()));
  WEFT_TRY(const struct stat of, draft.file().status());
  WEFT_CHECK(write_meta(bucket, key, of, etag, meta));
  const std::scoped_lock lock(lock_of(bucket));
  const fs::path before = place_of(folder, key);
  struct stat replaced{};
  const bool replaces = !before.empty() && ::stat(before.c_str(), &replaced) == 0;
  WEFT_TRY(const fs::path place, place_for(folder, key));
  WEFT_CHECK(give_name(draft.path(), place));
  draft.keep();
  WEFT_CHECK(sync_folder(place.parent_path()));
  // Its other name, from a time when a folder stood in its way.
  if (fs::path beside = beside_folder(place); is_regular(beside) && !is_folder(place))
    ::unlink(beside.c_str());
  if (replaces && replaced.st_ino != of.st_ino)
    ::unlink(meta_path(bucket, key, replaced.st_ino).c_str());
  return ObjectInfo{.key = key,
                    .size = static_cast<std::uint64_t>(of.st_size),
                    .modified_ms = modified_ms(of),
                    .etag = std::move(etag),
                    .meta = std::move(meta)};
}

ObjectInfo ObjectFolder::info_of(const std::string& bucket, const std::string& key,
                                 const struct stat& of) const {
  ObjectInfo out{.key = key,
                 .size = static_cast<std::uint64_t>(of.st_size),
                 .modified_ms = modified_ms(of),
                 .etag = "",
                 .meta = {}};
  const auto text = read_file(meta_path(bucket, key, of.st_ino), kMetaBytesMax);
  if (text && read_meta(*text, of, out)) return out;
  // Put here by hand. An ETag with parts promises no digest of the bytes, so nobody checks them.
  wire::Digest digest(wire::DigestKind::md5);
  digest.add(
      std::format("{} {} {} {}", of.st_ino, of.st_size, of.st_mtim.tv_sec, of.st_mtim.tv_nsec));
  out.etag = std::format("{}-1", hex_of(digest.finish()));
  return out;
}

Result<std::optional<Found>> ObjectFolder::find(const std::string& bucket,
                                                const std::string& key) const {
  WEFT_TRY(const fs::path folder, bucket_path(bucket));
  const fs::path place = place_of(folder, key);
  if (place.empty()) return std::nullopt;
  auto file = File::open(place);
  if (!file && file.error().code == Code::not_found) return std::nullopt;
  if (!file) return fail(std::move(file).error());
  WEFT_TRY(const struct stat of, file->status());
  return Found{.info = info_of(bucket, key, of), .file = *std::move(file)};
}

Result<bool> ObjectFolder::remove(const std::string& bucket, const std::string& key) {
  const std::scoped_lock lock(lock_of(bucket));
  WEFT_TRY(const fs::path folder, bucket_path(bucket));
  const fs::path place = place_of(folder, key);
  if (place.empty()) return false;
  struct stat of{};
  const bool known = ::stat(place.c_str(), &of) == 0;
  if (::unlink(place.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return fail(file_error("remove", place, errno));
  }
  if (known) ::unlink(meta_path(bucket, key, of.st_ino).c_str());
  fs::path parent = place.parent_path();
  WEFT_CHECK(sync_folder(parent));
  // Folders that hold nothing any more are no objects.
  while (parent != folder && ::rmdir(parent.c_str()) == 0) parent = parent.parent_path();
  return true;
}

Result<ObjectPage> ObjectFolder::list(const std::string& bucket, const ObjectQuery& query) const {
  WEFT_TRY(const fs::path folder, bucket_path(bucket));
  ObjectPage out;
  std::string last;
  ObjectWalk walk{.prefix = query.prefix, .after = query.after, .object = nullptr, .skip = ""};
  const auto full = [&] {
    if (out.objects.size() + out.common_prefixes.size() < query.limit) return false;
    out.next = last;
    return true;
  };
  walk.object = [&](const std::string& key, const fs::path& file) {
    const auto at = query.delimiter.empty() ? std::string::npos
                                            : key.find(query.delimiter, query.prefix.size());
    if (at != std::string::npos) {
      walk.skip = key.substr(0, at + query.delimiter.size());
      // The page before ended with it.
      if (walk.skip == query.after) return true;
      if (full()) return false;
      out.common_prefixes.push_back(last = walk.skip);
      return true;
    }
    if (full()) return false;
    struct stat of{};
    if (::lstat(file.c_str(), &of) != 0) return true;
    out.objects.push_back(info_of(bucket, key, of));
    last = key;
    return true;
  };
  if (query.limit > 0) WEFT_CHECK(walk.through(folder));
  return out;
}

Result<bool> ObjectFolder::fetch(const std::string& bucket, const std::string& key,
                                 const fs::path& to) const {
  WEFT_TRY(auto found, find(bucket, key));
  if (!found) return false;
  WEFT_CHECK(make_folders(to.parent_path()));
  // By descriptor: the very file that was found, whatever has its name now.
  const std::string opened = std::format("/proc/self/fd/{}", found->file.descriptor());
  if (::linkat(AT_FDCWD, opened.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST) return fail(file_error("make", to, EEXIST));
  WEFT_TRY(File copy, File::make(to));
  std::uint64_t offset = 0;
  while (true) {
    constexpr std::size_t kPiece = 1024 * 1024;
    WEFT_TRY(const std::string piece, found->file.read(offset, kPiece));
    if (piece.empty()) return true;
    WEFT_CHECK(copy.write(piece, to));
    offset += piece.size();
  }
}

Result<ObjectInfo> ObjectFolder::take(const fs::path& from, const std::string& bucket,
                                      const std::string& key, ObjectMeta meta) {
  if (auto made = make_bucket(bucket); !made && made.error().code != Code::already_exists)
    return fail(std::move(made).error());
  WEFT_TRY(const File source, File::open(from));
  // A copy: whoever wrote the file may still have it open.
  WEFT_TRY(Draft copy, draft());
  wire::Digest digest(wire::DigestKind::md5);
  std::uint64_t offset = 0;
  while (true) {
    constexpr std::size_t kPiece = 1024 * 1024;
    WEFT_TRY(const std::string piece, source.read(offset, kPiece));
    if (piece.empty()) break;
    digest.add(piece);
    WEFT_CHECK(copy.file().write(piece, copy.path()));
    offset += piece.size();
  }
  WEFT_TRY(ObjectInfo info,
           commit(std::move(copy), bucket, key, hex_of(digest.finish()), std::move(meta)));
  ::unlink(from.c_str());
  return info;
}

}  // namespace weft::store::files

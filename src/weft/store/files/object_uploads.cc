// Uploads in parts: `.weft/uploads/BUCKET/ID/` holds `upload` (key and meta) and a file for each
// part, `00042-MD5`, until they become an object.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <format>
#include <system_error>

#include "weft/base/json.h"
#include "weft/store/files/object_folder.h"
#include "weft/store/files/object_meta.h"
#include "weft/wire/digest.h"

namespace weft::store::files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAbout = "upload";
constexpr std::size_t kIdChars = 32;
constexpr std::size_t kPieceBytes = 1024 * 1024;

bool is_id(std::string_view text) {
  return text.size() == kIdChars && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Error no_upload(std::string_view id) {
  return make_error(Reason::task_not_found, std::format("there is no upload `{}`", id));
}

std::int64_t modified_ms(const struct stat& of) {
  return of.st_mtim.tv_sec * 1'000 + of.st_mtim.tv_nsec / 1'000'000;
}

std::string part_name(int number, std::string_view md5) {
  return std::format("{:05}-{}", number, md5);
}

/// What the name and the file say; nothing for other files.
std::optional<PartInfo> part_of(const fs::path& path) {
  const std::string name = path.filename().string();
  PartInfo out;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), out.number);
  const auto at = static_cast<std::size_t>(read.ptr - name.data());
  struct stat of{};
  if (read.ec != std::errc() || at >= name.size() || name[at] != '-' ||
      ::lstat(path.c_str(), &of) != 0) {
    return std::nullopt;
  }
  out.etag = name.substr(at + 1);
  out.size = static_cast<std::uint64_t>(of.st_size);
  out.modified_ms = modified_ms(of);
  return out;
}

std::string bytes_of_hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    int byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

Result<void> append(Draft& to, const fs::path& part, std::optional<wire::Digest>& digest) {
  WEFT_TRY(const File file, File::open(part));
  std::uint64_t offset = 0;
  while (true) {
    WEFT_TRY(const std::string piece, file.read(offset, kPieceBytes));
    if (piece.empty()) return {};
    WEFT_CHECK(to.file().write(piece, to.path()));
    if (digest) digest->add(piece);
    offset += piece.size();
  }
}

}  // namespace

struct ObjectFolder::Upload {
  fs::path folder;
  ObjectMeta meta;
};

Result<ObjectFolder::Upload> ObjectFolder::upload_of(const std::string& bucket,
                                                     const std::string& key,
                                                     const std::string& upload) const {
  WEFT_TRY(const fs::path exists, bucket_path(bucket));
  (void)exists;
  if (!is_id(upload)) return fail(no_upload(upload));
  Upload out{.folder = own("uploads") / bucket / upload, .meta = {}};
  const auto text = read_file(out.folder / kAbout, kMetaBytesMax);
  if (!text) return fail(no_upload(upload));
  WEFT_TRY(const json::object about, json::parse_object(*text, "an upload"));
  if (json::string_at(about, "key") != key) return fail(no_upload(upload));
  out.meta = meta_from(about);
  return out;
}

Result<std::string> ObjectFolder::begin_upload(const std::string& bucket, const std::string& key,
                                               const ObjectMeta& meta) {
  WEFT_TRY(const fs::path exists, bucket_path(bucket));
  (void)exists;
  std::string id;
  {
    const std::scoped_lock lock(random_mutex_);
    id = random_hex(kIdChars / 2, random_);
  }
  const fs::path folder = own("uploads") / bucket / id;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(file_error("make", folder, error.value()));
  json::object about = to_json(meta);
  about["key"] = key;
  WEFT_TRY(File file, File::make(folder / kAbout));
  WEFT_CHECK(file.write(json::write(about), folder / kAbout));
  WEFT_CHECK(file.sync(folder / kAbout));
  WEFT_CHECK(sync_folder(folder));
  return id;
}

Result<PartInfo> ObjectFolder::commit_part(Draft draft, const std::string& bucket,
                                           const std::string& key, const std::string& upload,
                                           int number, const std::string& md5) {
  WEFT_TRY(const Upload to, upload_of(bucket, key, upload));
  WEFT_CHECK(draft.file().sync(draft.path()));
  WEFT_TRY(const struct stat of, draft.file().status());
  const std::scoped_lock lock(lock_of(bucket));
  const std::string name = part_name(number, md5);
  const fs::path place = to.folder / name;
  if (std::rename(draft.path().c_str(), place.c_str()) != 0) {
    // Aborted meanwhile.
    if (errno == ENOENT) return fail(no_upload(upload));
    return fail(file_error("name", place, errno));
  }
  draft.keep();
  WEFT_CHECK(sync_folder(to.folder));
  // The last one of a number counts.
  std::error_code error;
  for (const auto& each : fs::directory_iterator(to.folder, error)) {
    const std::string other = each.path().filename().string();
    if (other != name && other.starts_with(part_name(number, ""))) ::unlink(each.path().c_str());
  }
  return PartInfo{.number = number,
                  .size = static_cast<std::uint64_t>(of.st_size),
                  .modified_ms = modified_ms(of),
                  .etag = md5};
}

Result<std::vector<PartInfo>> ObjectFolder::parts(const std::string& bucket, const std::string& key,
                                                  const std::string& upload) const {
  WEFT_TRY(const Upload of, upload_of(bucket, key, upload));
  std::vector<PartInfo> out;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(of.folder, error)) {
    if (auto part = part_of(each.path())) out.push_back(*std::move(part));
  }
  if (error) return fail(no_upload(upload));
  std::ranges::sort(out, {}, &PartInfo::number);
  return out;
}

Result<ObjectInfo> ObjectFolder::complete_upload(
    const std::string& bucket, const std::string& key, const std::string& upload,
    const std::vector<std::pair<int, std::string>>& parts,
    const std::optional<ObjectDigest>& digest) {
  WEFT_TRY(Upload of, upload_of(bucket, key, upload));
  if (parts.empty()) return fail(Reason::invalid_argument, "an object needs one part at least");
  WEFT_TRY(Draft whole, draft());
  wire::Digest digests(wire::DigestKind::md5);
  std::optional<wire::Digest> of_all;
  if (digest) of_all.emplace(digest->kind);
  int before = 0;
  for (const auto& [number, etag] : parts) {
    if (number <= before)
      return fail(Reason::invalid_argument, "the parts must be named in ascending order");
    before = number;
    const fs::path part = of.folder / part_name(number, etag);
    // The ETag is part of a file's name here: nothing but digits may come in.
    const auto added = is_id(etag) ? append(whole, part, of_all) : fail(no_upload(upload));
    if (!added && (added.error().code == Code::not_found || !is_id(etag))) {
      return fail(make_argument_error(
          std::format("/{}", number),
          std::format("part {} was not uploaded, or has another ETag than `{}`", number, etag)));
    }
    if (!added) return fail(added.error());
    digests.add(bytes_of_hex(etag));
  }
  // Before the object has its name: what was there is not to be lost to what is wrong.
  if (of_all && of_all->finish() != digest->bytes)
    return fail(make_argument_error("/digest", "the parts together have another digest"));
  std::string etag = std::format("{}-{}", hex_of(digests.finish()), parts.size());
  WEFT_TRY(ObjectInfo info,
           commit(std::move(whole), bucket, key, std::move(etag), std::move(of.meta)));
  std::error_code ignored;
  fs::remove_all(of.folder, ignored);
  return info;
}

Result<void> ObjectFolder::abort_upload(const std::string& bucket, const std::string& key,
                                        const std::string& upload) {
  WEFT_TRY(const Upload of, upload_of(bucket, key, upload));
  const std::scoped_lock lock(lock_of(bucket));
  std::error_code error;
  fs::remove_all(of.folder, error);
  if (error) return fail(file_error("remove", of.folder, error.value()));
  return {};
}

Result<std::vector<UploadInfo>> ObjectFolder::uploads(const std::string& bucket,
                                                      const std::string& prefix) const {
  WEFT_TRY(const fs::path exists, bucket_path(bucket));
  (void)exists;
  std::vector<UploadInfo> out;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(own("uploads") / bucket, error)) {
    UploadInfo info{.id = each.path().filename().string(), .key = "", .begun_ms = 0};
    const auto text = read_file(each.path() / kAbout, kMetaBytesMax);
    const auto about = text ? json::parse_object(*text, "an upload") : Result<json::object>();
    struct stat of{};
    if (!text || !about || ::lstat((each.path() / kAbout).c_str(), &of) != 0) continue;
    info.key = json::string_at(*about, "key");
    info.begun_ms = modified_ms(of);
    if (info.key.starts_with(prefix)) out.push_back(std::move(info));
  }
  std::ranges::sort(out, [](const UploadInfo& a, const UploadInfo& b) {
    return a.key != b.key ? a.key < b.key : a.begun_ms < b.begun_ms;
  });
  return out;
}

}  // namespace weft::store::files

#include "weft/ml/worker/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "weft/base/file.h"
#include "weft/ml/worker/packed_files.h"

namespace weft::ml::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = 64 * 1024;
/// Headers and padding of a small archive.
constexpr std::uint64_t kRatioSlack = 1024 * 1024;

struct FreeReader {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
struct FreeWriter {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

std::unexpected<Error> bad(std::string message) {
  return fail(Reason::invalid_argument, std::format("the archive cannot be used: {}", message));
}

std::string reason(archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "it cannot be read" : text;
}

std::unexpected<Error> no_tar(std::string_view why) {
  return bad(std::format("it is no tar archive, with or without gzip ({})", why));
}

/// Archives that are often sent instead, by their first bytes.
Result<void> check_format(const fs::path& archive_file) {
  struct Row {
    std::string_view begins;
    std::string_view name;
  };
  constexpr auto kOthers = std::to_array<Row>({{"Rar!\x1a\x07", "RAR"},
                                               {"PK\x03\x04", "zip"},
                                               {"PK\x05\x06", "zip"},
                                               {"7z\xbc\xaf\x27\x1c", "7-Zip"},
                                               {"\xfd\x37zXZ", "xz"},
                                               {"BZh91AY&SY", "bzip2"},
                                               {"\x28\xb5\x2f\xfd", "Zstandard"},
                                               {"\x04\x22\x4d\x18", "LZ4"}});
  constexpr std::size_t kHeadBytes = 10;
  const auto file = File::open(archive_file);
  if (!file) return no_tar(file.error().message);
  WEFT_TRY(const std::string head, file->read(0, kHeadBytes));
  for (const Row& other : kOthers) {
    if (head.starts_with(other.begins))
      return bad(std::format("it is {}; only tar is read, with or without gzip", other.name));
  }
  return {};
}

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// The entry's place under the folder; nothing when it would lie elsewhere.
std::optional<fs::path> place_of(std::string_view name, std::size_t depth_max) {
  if (name.empty() || name.starts_with('/') || name.contains('\\')) return std::nullopt;
  fs::path out;
  std::size_t depth = 0;
  while (!name.empty()) {
    const auto end = std::min(name.find('/'), name.size());
    const std::string_view segment = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment == ".." || segment.size() > 255 || ++depth > depth_max) return std::nullopt;
    out /= segment;
  }
  return out;
}

class Unpacking {
 public:
  Unpacking(const fs::path& folder, const ArchiveLimits& limits, std::uint64_t archive_bytes)
      : folder_(folder),
        limits_(limits),
        bytes_max_(std::min(limits.bytes_max, archive_bytes * limits.ratio_max + kRatioSlack)) {}

  Result<void> all(archive* reader) {
    while (true) {
      archive_entry* entry = nullptr;
      const int code = archive_read_next_header(reader, &entry);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
        return entries_ == 0 ? no_tar(reason(reader)) : bad(reason(reader));
      if (++entries_ > limits_.entries_max)
        return bad(std::format("it has more than {} entries", limits_.entries_max));
      WEFT_CHECK(one(reader, entry));
    }
  }

 private:
  Result<void> one(archive* reader, archive_entry* entry) {
    const char* text = archive_entry_pathname(entry);
    const std::string name = text == nullptr ? "" : text;
    const auto kind = archive_entry_filetype(entry);
    // The folder itself: what the SageMaker SDK repacks begins with `/`.
    if (kind == AE_IFDIR && name.find_first_not_of('/') == name.npos) return {};
    const auto place = place_of(name, limits_.depth_max);
    if (!place) return bad(std::format("its entry `{}` lies outside of it, or too deep", name));
    if (archive_entry_hardlink(entry) != nullptr || (kind != AE_IFREG && kind != AE_IFDIR))
      return bad(std::format("its entry `{}` is a link or a device", name));
    if (place->empty()) return {};
    WEFT_CHECK(check_case(*place));
    const fs::path path = folder_ / *place;
    std::error_code error;
    fs::create_directories(kind == AE_IFDIR ? path : path.parent_path(), error);
    if (error) return bad(std::format("`{}`: {}", name, error.message()));
    return kind == AE_IFDIR ? Result<void>() : write(reader, name, path);
  }

  /// On many machines two names that differ only in the case of (ASCII) letters are one: there the
  /// archive would be another model than here.
  Result<void> check_case(const fs::path& place) {
    std::size_t folder = 0;
    for (auto part = place.begin(); part != place.end(); ++part) {
      const auto [found, is_new] =
          names_.try_emplace({folder, in_lower_case(part->native())},
                             Name{.number = names_.size() + 1, .spelled = part->native()});
      if (const std::string& other = found->second.spelled; other != part->native()) {
        fs::path above;
        for (auto each = place.begin(); each != part; ++each) above /= *each;
        return bad(
            std::format("its entries `{}` and `{}` differ only in upper and lower case, and many "
                        "machines take them for one",
                        (above / other).native(), (above / *part).native()));
      }
      folder = found->second.number;
    }
    return {};
  }

  Result<void> write(archive* reader, const std::string& name, const fs::path& path) {
    auto file = File::make(path);
    if (!file) {
      // Two entries of one name: the later would hide the earlier.
      return bad(std::format("`{}`: {}", name, file.error().message));
    }
    std::uint64_t end = 0;
    while (true) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(reader, &data, &size, &offset);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return bad(reason(reader));
      // Holes count too.
      const auto reach = static_cast<std::uint64_t>(offset) + size;
      bytes_ += reach > end ? reach - end : 0;
      end = std::max(end, reach);
      if (offset < 0 || bytes_ > bytes_max_)
        return bad(std::format("it unpacks to more than {} bytes", bytes_max_));
      WEFT_CHECK(write_at(*file, path, static_cast<const char*>(data), size, offset));
    }
  }

  static Result<void> write_at(File& file, const fs::path& path, const char* data, std::size_t size,
                               la_int64_t offset) {
    while (size > 0) {
      const auto written = ::pwrite(file.descriptor(), data, size, offset);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail(file_error("write", path, errno));
      data += written;
      size -= static_cast<std::size_t>(written);
      offset += written;
    }
    return {};
  }

  /// What lies in a folder, by that folder's number (0: the archive's own) and its name in lower
  /// case.
  struct Name {
    std::size_t number;
    std::string spelled;
  };

  const fs::path& folder_;
  const ArchiveLimits& limits_;
  std::uint64_t bytes_max_;
  std::map<std::pair<std::size_t, std::string>, Name> names_;
  std::uint64_t bytes_ = 0;
  std::size_t entries_ = 0;
};

Result<void> add_file(archive* writer, const fs::path& folder, const PackedFile& packed) {
  const fs::path path = folder / packed.place;
  WEFT_TRY(const File file, open_below(folder, packed.place));
  WEFT_TRY(const struct stat of, file.status());
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), packed.name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), of.st_size);
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK)
    return fail(Reason::internal,
                std::format("cannot pack `{}`: {}", path.string(), reason(writer)));
  auto left = static_cast<std::uint64_t>(of.st_size);
  for (std::uint64_t offset = 0; left > 0;) {
    WEFT_TRY(
        const std::string piece,
        file.read(offset, static_cast<std::size_t>(std::min<std::uint64_t>(left, kBlockBytes))));
    if (piece.empty()) {
      return fail(Reason::internal,
                  std::format("cannot pack `{}`: it became shorter meanwhile", path.string()));
    }
    if (archive_write_data(writer, piece.data(), piece.size()) < 0)
      return fail(Reason::internal,
                  std::format("cannot pack `{}`: {}", path.string(), reason(writer)));
    offset += piece.size();
    left -= piece.size();
  }
  return {};
}

}  // namespace

Result<void> unpack(const fs::path& archive_file, const fs::path& folder,
                    const ArchiveLimits& limits) {
  WEFT_CHECK(check_format(archive_file));
  const Reader reader(archive_read_new());
  WEFT_ASSERT(reader != nullptr);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_none(reader.get());
  archive_read_support_format_tar(reader.get());
  std::error_code error;
  const auto size = fs::file_size(archive_file, error);
  if (error ||
      archive_read_open_filename(reader.get(), archive_file.c_str(), kBlockBytes) != ARCHIVE_OK)
    return no_tar(error ? error.message() : reason(reader.get()));
  // The library would unpack gzip in gzip in gzip, each a thousand times what it was before; the
  // file itself counts as one of these.
  if (archive_filter_count(reader.get()) > 2) return bad("it is packed with gzip more than once");
  return Unpacking(folder, limits, size).all(reader.get());
}

Result<void> pack(const fs::path& folder, const fs::path& archive_file,
                  const ArchiveLimits& limits) {
  WEFT_TRY(const auto files, packed_files(folder, limits));
  const Writer writer(archive_write_new());
  WEFT_ASSERT(writer != nullptr);
  archive_write_add_filter_gzip(writer.get());
  // Without the time it was packed, so that the same files give the same bytes.
  archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
  archive_write_set_filter_option(writer.get(), "gzip", "compression-level", "4");
  archive_write_set_format_gnutar(writer.get());
  // A program that is killed leaves no half of an archive by that name.
  const fs::path partial = archive_file.string() + ".partial";
  if (archive_write_open_filename(writer.get(), partial.c_str()) != ARCHIVE_OK)
    return fail(Reason::internal, reason(writer.get()));
  for (const PackedFile& file : files) WEFT_CHECK(add_file(writer.get(), folder, file));
  if (archive_write_close(writer.get()) != ARCHIVE_OK)
    return fail(Reason::internal, std::format("cannot pack: {}", reason(writer.get())));
  if (std::rename(partial.c_str(), archive_file.c_str()) != 0)
    return fail(file_error("name", archive_file, errno));
  return {};
}

}  // namespace weft::ml::worker

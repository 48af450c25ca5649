#include "weft/store/files/object_walk.h"

#include <algorithm>
#include <format>
#include <system_error>

#include "weft/store/files/object_path.h"

namespace weft::store::files {
namespace {

/// A key of 1,024 bytes has no more segments.
constexpr int kDepthMax = 1'100;

}  // namespace

Result<std::vector<ObjectWalk::Entry>> ObjectWalk::entries(const std::filesystem::path& path,
                                                           const std::string& begin) const {
  std::vector<Entry> out;
  std::error_code error;
  for (std::filesystem::directory_iterator each(path, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code gone;
    const auto kind = each->symlink_status(gone).type();
    const bool folder = kind == std::filesystem::file_type::directory;
    if (!folder && kind != std::filesystem::file_type::regular) continue;
    auto piece = key_piece(each->path().filename().string(), folder);
    if (!piece) continue;
    Entry entry{.begin = begin + *piece, .path = each->path(), .folder = folder};
    if (wanted(entry)) out.push_back(std::move(entry));
  }
  // A folder that goes meanwhile has nothing in it.
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", path.string(), error.message()));
  }
  // A file before the folder that goes on where its name ends.
  std::ranges::sort(out, [](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.folder < b.folder;
  });
  return out;
}

bool ObjectWalk::wanted(const Entry& entry) const {
  if (!entry.folder) return entry.begin.starts_with(prefix) && entry.begin > after;
  const bool near = entry.begin.starts_with(prefix) || prefix.starts_with(entry.begin);
  // All that is in it comes before, unless what it is after is in it too.
  return near && (entry.begin > after || after.starts_with(entry.begin));
}

Result<bool> ObjectWalk::walk(const std::filesystem::path& path, const std::string& begin,
                              int depth) const {
  if (depth > kDepthMax) return true;
  WEFT_TRY(const std::vector<Entry> here, entries(path, begin));
  for (const Entry& entry : here) {
    if (!skip.empty() && entry.begin.starts_with(skip)) continue;
    bool on = true;
    if (!entry.folder) {
      on = object(entry.begin, entry.path);
    } else {
      WEFT_TRY(on, walk(entry.path, entry.begin, depth + 1));
    }
    if (!on) return false;
  }
  return true;
}

Result<void> ObjectWalk::through(const std::filesystem::path& bucket) const {
  WEFT_TRY(const bool all, walk(bucket, "", 0));
  (void)all;
  return {};
}

Result<bool> holds_objects(const std::filesystem::path& folder) {
  bool found = false;
  ObjectWalk walk;
  walk.object = [&](const std::string&, const std::filesystem::path&) {
    found = true;
    return false;
  };
  WEFT_CHECK(walk.through(folder));
  return found;
}

}  // namespace weft::store::files

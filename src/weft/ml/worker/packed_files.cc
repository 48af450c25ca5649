#include "weft/ml/worker/packed_files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <format>
#include <print>
#include <string>
#include <system_error>
#include <utility>

namespace weft::ml::worker {
namespace {

namespace fs = std::filesystem;

/// On the way to one place; Linux itself follows no more.
constexpr int kLinksMax = 40;

bool is_at_or_above(const fs::path& folder, const fs::path& place) {
  return std::ranges::mismatch(folder, place).in1 == folder.end();
}

std::size_t depth_of(const fs::path& place) {
  return static_cast<std::size_t>(std::distance(place.begin(), place.end()));
}

/// The rest of an absolute path behind a folder that it lies in.
bool take_folder_off(const fs::path& folder, fs::path& path) {
  const auto [in_folder, in_path] = std::ranges::mismatch(folder, path);
  if (in_folder != folder.end()) return false;
  fs::path rest;
  for (auto part = in_path; part != path.end(); ++part) rest /= *part;
  path = std::move(rest);
  return true;
}

class Walk {
 public:
  Walk(const fs::path& folder, const ArchiveLimits& limits)
      : folder_(fs::absolute(folder).lexically_normal()), limits_(limits) {
    if (!folder_.has_filename()) folder_ = folder_.parent_path();
  }

  Result<std::vector<PackedFile>> all() {
    todo_.push_back({.name = {}, .places = {fs::path()}, .linked = false});
    while (!todo_.empty()) {
      const Found folder = std::move(todo_.back());
      todo_.pop_back();
      WEFT_CHECK(look_into(folder));
    }
    std::ranges::sort(files_, {}, &PackedFile::name);
    return std::move(files_);
  }

 private:
  struct Found {
    fs::path name;
    /// Where it lies, and before that where the links lie that led to it.
    std::vector<fs::path> places;
    bool linked;
  };

  Result<void> look_into(const Found& folder) {
    std::error_code error;
    for (fs::directory_iterator each(folder_ / folder.places.back(), error), end;
         !error && each != end; each.increment(error)) {
      Found found = folder;
      found.name /= each->path().filename();
      found.places.back() /= each->path().filename();
      std::error_code ignored;
      const auto kind = each->symlink_status(ignored).type();
      WEFT_CHECK(kind == fs::file_type::symlink ? follow(std::move(found))
                                                : take(std::move(found), kind));
    }
    if (!error) return {};
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", folder_.string(), error.message()));
  }

  Result<void> take(Found found, fs::file_type kind) {
    if (kind != fs::file_type::regular && kind != fs::file_type::directory) return {};
    if (found.linked) {
      if (depth_of(found.name) > limits_.depth_max)
        return leave_out(found.name, "it lies too deep");
      WEFT_CHECK(count(found, kind));
    }
    if (kind == fs::file_type::directory) {
      todo_.push_back(std::move(found));
    } else {
      files_.push_back({.name = std::move(found.name), .place = std::move(found.places.back())});
    }
    return {};
  }

  Result<void> follow(Found link) {
    const auto to = led_to(link.places.back());
    if (!to) return leave_out(link.name, to.error().message);
    std::error_code error;
    const auto kind = fs::symlink_status(folder_ / *to, error).type();
    if (kind == fs::file_type::directory &&
        std::ranges::any_of(link.places, [&](const auto& at) { return is_at_or_above(*to, at); }))
      return leave_out(link.name, "it leads to a folder that it lies in");
    if (kind != fs::file_type::regular && kind != fs::file_type::directory)
      return leave_out(link.name, "it leads to no file or folder");
    link.places.push_back(*to);
    link.linked = true;
    return take(std::move(link), kind);
  }

  /// The place that another one leads to by its links. Errors: why there is none in the folder.
  Result<fs::path> led_to(const fs::path& place) const {
    const auto none = [](const char* why) { return fail(Reason::invalid_argument, why); };
    fs::path at;
    fs::path rest = place;
    int links = 0;
    while (!rest.empty()) {
      const fs::path part = *rest.begin();
      fs::path behind;
      for (auto each = std::next(rest.begin()); each != rest.end(); ++each) behind /= *each;
      rest = std::move(behind);
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (at.empty()) return none("it leads out of the folder");
        at = at.parent_path();
        continue;
      }
      std::error_code error;
      fs::path target = fs::read_symlink(folder_ / at / part, error);
      if (error == std::errc::invalid_argument) {
        at /= part;  // no link
        continue;
      }
      if (error) return none("it leads nowhere");
      if (++links > kLinksMax) return none("it leads through too many links");
      if (target.is_absolute()) {
        if (!take_folder_off(folder_, target)) return none("it leads out of the folder");
        at.clear();
      }
      rest = rest.empty() ? target : target / rest;
    }
    return at;
  }

  /// What is there twice has a bound: folders that hold two links each to the next are many.
  Result<void> count(const Found& found, fs::file_type kind) {
    if (++linked_ > limits_.entries_max) {
      return fail(Reason::invalid_argument,
                  std::format("the links in `{}` lead to more than {} files",
                              folder_.filename().string(), limits_.entries_max));
    }
    std::error_code ignored;
    if (kind == fs::file_type::regular) {
      const auto bytes = fs::file_size(folder_ / found.places.back(), ignored);
      if (!ignored) linked_bytes_ += bytes;
    }
    if (linked_bytes_ <= limits_.bytes_max) return {};
    return fail(Reason::invalid_argument,
                std::format("the links in `{}` lead to more than {} bytes",
                            folder_.filename().string(), limits_.bytes_max));
  }

  static Result<void> leave_out(const fs::path& name, std::string_view why) {
    std::println("weft: the link `{}` is not packed: {}", name.string(), why);
    std::fflush(stdout);
    return {};
  }

  fs::path folder_;
  const ArchiveLimits& limits_;
  std::vector<Found> todo_;
  std::vector<PackedFile> files_;
  std::size_t linked_ = 0;  ///< files and folders that links led to
  std::uint64_t linked_bytes_ = 0;
};

}  // namespace

Result<std::vector<PackedFile>> packed_files(const fs::path& folder, const ArchiveLimits& limits) {
  return Walk(folder, limits).all();
}

Result<File> open_below(const fs::path& folder, const fs::path& place) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  // A pipe that somebody left there would not be opened before it is written to.
  constexpr int kFile = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  File at(::open(folder.c_str(), kFolder));
  for (auto part = place.begin(); at.descriptor() >= 0 && part != place.end(); ++part) {
    const bool last = std::next(part) == place.end();
    at = File(::openat(at.descriptor(), part->c_str(), last ? kFile : kFolder));
  }
  if (at.descriptor() < 0) {
    const int number = errno;
    const bool gone = number == ELOOP || number == ENOTDIR;
    return fail(file_error("open", folder / place, gone ? ENOENT : number));
  }
  WEFT_TRY(const struct stat of, at.status());
  if (!S_ISREG(of.st_mode)) return fail(file_error("open", folder / place, ENOENT));
  return at;
}

}  // namespace weft::ml::worker

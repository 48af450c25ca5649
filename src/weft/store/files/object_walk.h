// Going through a bucket's folders in the order of the keys. Owned by store; one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::store::files {

/// Calls `object` with each key that begins with `prefix` and comes after `after`, and its file;
/// it gives whether to go on.
struct ObjectWalk {
  std::string prefix;
  std::string after;
  std::function<bool(const std::string& key, const std::filesystem::path& file)> object;
  /// What begins so is passed over; empty: nothing. `object` may set it.
  std::string skip;

  /// Errors: a folder cannot be read.
  Result<void> through(const std::filesystem::path& bucket) const;

 private:
  struct Entry {
    std::string begin;  ///< the key, or what all keys in the folder begin with
    std::filesystem::path path;
    bool folder = false;
  };
  Result<std::vector<Entry>> entries(const std::filesystem::path& path,
                                     const std::string& begin) const;
  bool wanted(const Entry& entry) const;
  Result<bool> walk(const std::filesystem::path& path, const std::string& begin, int depth) const;
};

/// Whether there is an object in a folder, however deep.
Result<bool> holds_objects(const std::filesystem::path& folder);

}  // namespace weft::store::files

#include "weft/ml/jobs/job_tree.h"

#include <algorithm>
#include <system_error>

#include "weft/base/file.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

/// What its owner may not look into or change, it may from now on.
void open_folder(const fs::path& path) {
  std::error_code refused;
  if (fs::symlink_status(path, refused).type() == fs::file_type::directory)
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, refused);
}

/// Each is opened before what is in it is looked at.
void open_folders(const fs::path& path) {
  open_folder(path);
  std::error_code error;
  for (fs::recursive_directory_iterator each(path, error), end; !error && each != end;
       each.increment(error))
    open_folder(each->path());
}

}  // namespace

Result<void> remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error == std::errc::permission_denied) {
    open_folders(path);
    fs::remove_all(path, error);
  }
  if (error) return fail(file_error("remove", path, error.value()));
  return {};
}

Result<FilesBelow> files_below(const fs::path& folder) {
  FilesBelow out;
  open_folder(folder);
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code gone;
    const fs::file_type type = each->symlink_status(gone).type();
    if (type == fs::file_type::directory) {
      open_folder(each->path());
    } else {
      (type == fs::file_type::regular ? out.files : out.others).push_back(each->path());
    }
  }
  if (error) return fail(file_error("look through", folder, error.value()));
  std::ranges::sort(out.files);
  std::ranges::sort(out.others);
  return out;
}

}  // namespace weft::ml

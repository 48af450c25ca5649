#include "weft/ml/tabular/data_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <string>
#include <system_error>

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 100'000;
constexpr int kFolderDepthMax = 16;

bool is_data_file(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code error;
  return !name.starts_with('.') && !name.starts_with('_') && entry.is_regular_file(error);
}

Result<void> add_files(const fs::path& folder, int depth, std::vector<fs::path>& out) {
  std::error_code error;
  std::vector<fs::directory_entry> here;
  for (fs::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error))
    here.push_back(*each);
  if (error)
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", folder.string(), error.message()));
  std::ranges::sort(here);
  for (const fs::directory_entry& entry : here) {
    if (is_data_file(entry)) out.push_back(entry.path());
    std::error_code ignored;
    const bool inside = depth < kFolderDepthMax && entry.is_directory(ignored) &&
                        !entry.is_symlink(ignored) &&
                        !entry.path().filename().string().starts_with('.');
    if (inside) WEFT_CHECK(add_files(entry.path(), depth + 1, out));
    if (out.size() > kFilesMax)
      return fail(Reason::too_large, std::format("more than {} files in a channel", kFilesMax));
  }
  return {};
}

}  // namespace

Result<std::vector<fs::path>> data_files(const fs::path& folder) {
  std::vector<fs::path> out;
  WEFT_CHECK(add_files(folder, 0, out));
  return out;
}

Result<std::unique_ptr<MappedFile>> MappedFile::open(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat of{};
  if (descriptor < 0 || ::fstat(descriptor, &of) != 0) {
    const int number = errno;
    if (descriptor >= 0) ::close(descriptor);
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", file.string(), std::strerror(number)));
  }
  auto out = std::unique_ptr<MappedFile>(new MappedFile());
  out->size_ = static_cast<std::size_t>(of.st_size);
  if (out->size_ > 0)
    out->data_ = ::mmap(nullptr, out->size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int number = errno;
  ::close(descriptor);
  if (out->data_ == MAP_FAILED) {
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", file.string(), std::strerror(number)));
  }
  return out;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr && data_ != MAP_FAILED) ::munmap(data_, size_);
}

}  // namespace weft::ml

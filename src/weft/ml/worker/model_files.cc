#include "weft/ml/worker/model_files.h"

#include <algorithm>
#include <format>
#include <string>
#include <system_error>

namespace weft::ml::worker {
namespace {

constexpr std::size_t kModelFilesMax = 1'000;

}  // namespace

Result<std::vector<std::filesystem::path>> model_files(const std::filesystem::path& folder,
                                                       std::string_view missing) {
  std::vector<std::filesystem::path> out;
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (each.is_regular_file(ignored) && !each.path().filename().string().starts_with('.'))
      out.push_back(each.path());
  }
  if (error || out.empty()) return fail(Reason::invalid_argument, std::string(missing));
  if (out.size() > kModelFilesMax) {
    return fail(
        Reason::invalid_argument,
        std::format("the archive holds {} files; a model is one, an ensemble a few", out.size()));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace weft::ml::worker

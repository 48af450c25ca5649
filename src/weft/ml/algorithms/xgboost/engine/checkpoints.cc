#include "weft/ml/algorithms/xgboost/engine/checkpoints.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <print>
#include <system_error>
#include <vector>

#include "weft/base/file.h"
#include "weft/ml/algorithms/xgboost/engine/model_check.h"

namespace weft::ml::xgboost {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "xgboost-checkpoint.";
constexpr std::int64_t kKept = 5;
constexpr std::size_t kModelBytesMax = std::size_t{4} * 1024 * 1024 * 1024;

std::optional<std::int64_t> round_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kName)) return std::nullopt;
  std::int64_t out = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + kName.size(), end, out);
  if (read.ec != std::errc() || read.ptr != end || out < 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Checkpoint> Checkpoints::newest() const {
  if (folder_.empty()) return std::nullopt;
  std::vector<std::pair<std::int64_t, fs::path>> all;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(folder_, error)) {
    if (const auto round = round_of(each.path())) all.emplace_back(*round, each.path());
  }
  std::ranges::sort(all, std::greater());
  for (const auto& [round, path] : all) {
    auto bytes = read_file(path, kModelBytesMax);
    const auto fine = bytes ? check_model(*bytes) : Result<void>(fail(bytes.error()));
    if (fine) return Checkpoint{.bytes = *std::move(bytes), .round = round};
    std::println("the checkpoint {} cannot be read and is passed over: {}",
                 path.filename().string(), fine.error().message);
  }
  return std::nullopt;
}

Result<void> Checkpoints::keep(std::int64_t round, std::string_view bytes) {
  if (folder_.empty()) return {};
  WEFT_CHECK(write_file(folder_ / std::format("{}{}", kName, round), bytes));
  std::error_code ignored;
  if (round >= kKept) fs::remove(folder_ / std::format("{}{}", kName, round - kKept), ignored);
  return {};
}

}  // namespace weft::ml::xgboost

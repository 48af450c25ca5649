#include "weft/ml/algorithms/xgboost/engine/checkpoints.h"

#include <charconv>
#include <format>
#include <print>
#include <ranges>
#include <system_error>

#include "weft/base/file.h"
#include "weft/ml/algorithms/xgboost/engine/model_check.h"

namespace weft::ml::xgboost {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "xgboost-checkpoint.";
constexpr std::size_t kKept = 5;
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

Checkpoints::Checkpoints(fs::path folder, std::chrono::seconds every)
    : folder_(std::move(folder)), every_(every), last_(std::chrono::steady_clock::now()) {
  std::error_code none;
  for (const auto& each : fs::directory_iterator(folder_, none)) {
    if (const auto round = round_of(each.path())) kept_.insert(*round);
  }
}

std::optional<Checkpoint> Checkpoints::newest() const {
  if (folder_.empty()) return std::nullopt;
  for (const std::int64_t round : kept_ | std::views::reverse) {
    const fs::path path = folder_ / std::format("{}{}", kName, round);
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
  last_ = std::chrono::steady_clock::now();
  kept_.insert(round);
  std::error_code ignored;
  while (kept_.size() > kKept) {
    fs::remove(folder_ / std::format("{}{}", kName, *kept_.begin()), ignored);
    kept_.erase(kept_.begin());
  }
  return {};
}

}  // namespace weft::ml::xgboost

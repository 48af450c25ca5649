#include "weft/ml/worker/serving_view.h"

#include <format>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/worker/archive.h"

namespace weft::ml::worker {
namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;

}  // namespace

std::string ServingView::environment_of(std::string_view name) const {
  const auto at = environment.find(name);
  return at == environment.end() ? "" : at->second;
}

Result<ServingView> read_serving_view(const std::filesystem::path& root) {
  ServingView out;
  WEFT_TRY(const std::string text, read_file(root / "config.json", kConfigBytesMax));
  WEFT_TRY(const json::object config, json::parse_object(text, "config.json"));
  out.threads = static_cast<int>(json::int_at(config, "threads").value_or(1));
  if (const auto* environment = json::object_at(config, "environment")) {
    for (const auto& [name, value] : *environment) {
      if (value.is_string()) out.environment[name] = value.get_string();
    }
  }
  out.model = root / "model";
  std::error_code error;
  if (const auto archive = root / "model.tar.gz"; std::filesystem::exists(archive, error)) {
    std::filesystem::create_directories(out.model, error);
    WEFT_CHECK(unpack(archive, out.model));
  }
  return out;
}

}  // namespace weft::ml::worker

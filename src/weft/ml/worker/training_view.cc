#include "weft/ml/worker/training_view.h"

#include <format>
#include <print>
#include <system_error>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/worker/archive.h"

namespace weft::ml::worker {
namespace {

constexpr std::size_t kConfigBytesMax = 4 * 1024 * 1024;

Result<json::object> read_config(const std::filesystem::path& path) {
  WEFT_TRY(const std::string text, read_file(path, kConfigBytesMax));
  return json::parse_object(text, path.filename().string());
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::write(value);
}

}  // namespace

Result<TrainingView> read_training_view(const std::filesystem::path& root) {
  TrainingView out;
  const auto config = root / "input/config";
  WEFT_TRY(const json::object hyperparameters, read_config(config / "hyperparameters.json"));
  for (const auto& [name, value] : hyperparameters) out.hyperparameters[name] = text_of(value);
  WEFT_TRY(const json::object channels, read_config(config / "inputdataconfig.json"));
  for (const auto& [name, value] : channels) {
    if (!value.is_object())
      return fail(Reason::internal,
                  std::format("inputdataconfig.json: `{}` is no object", std::string_view(name)));
    const json::object& about = value.get_object();
    out.channels[name] = {.content_type = std::string(json::string_at(about, "ContentType")),
                          .input_mode = std::string(json::string_at(about, "TrainingInputMode")),
                          .distribution = std::string(json::string_at(about, "S3DistributionType")),
                          .folder = root / "input/data" / std::string_view(name)};
  }
  // What the container contract has no file for.
  WEFT_TRY(const json::object limits, read_config(config / "weft.json"));
  out.threads = static_cast<int>(json::int_at(limits, "threads").value_or(1));
  out.memory_bytes = static_cast<std::uint64_t>(json::int_at(limits, "memory_bytes").value_or(0));
  out.checkpoints = std::string(json::string_at(limits, "checkpoints"));
  out.checkpoint_every_s = json::int_at(limits, "checkpoint_every_s").value_or(0);
  out.model = root / "model";
  out.output_data = root / "output/data";
  out.failure = root / "output/failure";
  out.artifacts = root / "artifacts";
  // Not /tmp, which lies in the memory that the job was given.
  out.scratch = root / "scratch";
  return out;
}

void report_failure(const TrainingView& view, const Error& error) {
  const bool theirs = error.reason == Reason::invalid_argument || error.reason == Reason::too_large;
  const std::string text =
      std::format("{}: {}", theirs ? "ClientError" : "AlgorithmError", error.message);
  std::println(stderr, "{}", text);
  if (auto written = write_file(view.failure, text); !written)
    std::println(stderr, "{}", written.error().message);
}

Result<void> pack_artifacts(const TrainingView& view) {
  for (const auto& [folder, name] :
       {std::pair(view.model, "model.tar.gz"), std::pair(view.output_data, "output.tar.gz")}) {
    std::error_code error;
    if (std::filesystem::is_empty(folder, error) || error) continue;
    WEFT_CHECK(pack(folder, view.artifacts / name));
  }
  return {};
}

}  // namespace weft::ml::worker

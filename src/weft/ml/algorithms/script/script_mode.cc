#include "weft/ml/algorithms/script/script_mode.h"

#include <format>

#include "weft/base/json.h"

namespace weft::ml {
namespace {

constexpr std::string_view kProgram = "sagemaker_program";
constexpr std::string_view kProgramVariable = "SAGEMAKER_PROGRAM";
constexpr std::string_view kSubmitted = "sagemaker_submit_directory";
constexpr std::string_view kSubmittedVariable = "SAGEMAKER_SUBMIT_DIRECTORY";
constexpr std::string_view kServeCommand = "SAGEMAKER_SERVE_COMMAND";
constexpr std::string_view kScheme = "s3://";

bool has(const Variables& all, std::string_view name) {
  const auto at = all.find(name);
  return at != all.end() && !at->second.empty();
}

/// Hyper-parameters of the SDK's version 2 are JSON; others may be plain.
std::string text_of(const Variables& all, std::string_view name) {
  const auto at = all.find(name);
  if (at == all.end()) return "";
  if (const auto value = json::parse(at->second); value && value->is_string())
    return std::string(value->get_string());
  return at->second;
}

Result<std::optional<ObjectUri>> archive_at(std::string_view name, const std::string& address) {
  if (!address.starts_with(kScheme)) return std::nullopt;
  auto out = object_uri_from(address);
  if (!out) {
    return fail(Reason::invalid_argument, std::format("{}: {}", name, out.error().message));
  }
  return *std::move(out);
}

}  // namespace

bool wants_script(const TrainingSpec& spec) {
  return !spec.entrypoint.empty() || !text_of(spec.hyperparameters, kProgram).empty() ||
         has(spec.environment, kProgramVariable);
}

bool wants_script(const Variables& environment) {
  return has(environment, kProgramVariable) || has(environment, kServeCommand);
}

Result<std::optional<ObjectUri>> source_archive(const TrainingSpec& spec) {
  // An entry point is run as it is.
  if (!spec.entrypoint.empty()) return std::nullopt;
  const std::string address = text_of(spec.hyperparameters, kSubmitted);
  if (!address.empty()) return archive_at(kSubmitted, address);
  return source_archive(spec.environment);
}

Result<std::optional<ObjectUri>> source_archive(const Variables& environment) {
  return archive_at(kSubmittedVariable, text_of(environment, kSubmittedVariable));
}

std::vector<std::string> script_arguments(const TrainingSpec& spec) {
  std::vector<std::string> out;
  if (spec.entrypoint.empty()) return out;
  out.emplace_back("--");
  out.insert(out.end(), spec.entrypoint.begin(), spec.entrypoint.end());
  out.insert(out.end(), spec.arguments.begin(), spec.arguments.end());
  return out;
}

}  // namespace weft::ml

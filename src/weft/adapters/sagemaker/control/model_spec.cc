#include "weft/adapters/sagemaker/control/model_spec.h"

#include <format>
#include <utility>

#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {
namespace {

// README.md has the whole table: what is honoured, what is kept and given back, what is refused.
constexpr Unsupported kUnsupported[] = {
    {"InferenceExecutionConfig.Mode", "Serial", "a model is one container"},
    {"Container.Mode", "SingleModel", "deploy each model by itself"},
    {"Container.MultiModelConfig", "", "deploy each model by itself"},
    {"Container.ImageConfig.RepositoryAccessMode", "Platform",
     "no image is pulled; the name of the image says what loads the model"},
    {"Container.ImageConfig.RepositoryAuthConfig", "", "no image is pulled; leave it out"},
    {"Container.AdditionalModelDataSources", "", "put all of it into the one archive"},
    {"Container.ModelPackageName", "", "there is no model registry; name Image and ModelDataUrl"},
    {"Container.InferenceSpecificationName", "",
     "there is no model registry; name Image and ModelDataUrl"},
    {"Container.ContainerMetricsConfig", "", "a container's own metrics are not read"},
    {"Container.ModelDataSource.S3DataSource.ModelAccessConfig", "", "leave it out"},
    {"Container.ModelDataSource.S3DataSource.HubAccessConfig", "", "leave it out"},
    {"Container.ModelDataSource.S3DataSource.ManifestS3Uri", "", "name the objects' prefix"},
};

/// The one container, as its request calls it.
Translated<json::object> container_of(const json::object& input) {
  const json::object* primary = json::object_at(input, "PrimaryContainer");
  const json::array* several = json::array_at(input, "Containers");
  const std::size_t count =
      (primary == nullptr ? 0 : 1) + (several == nullptr ? 0 : several->size());
  if (count == 0) return invalid("PrimaryContainer is missing: Image and ModelDataUrl");
  if (count > 1) {
    return invalid(
        "Containers: more than one container is not supported by weft; deploy each model by "
        "itself and call one after the other");
  }
  return primary != nullptr ? *primary : several->front().get_object();
}

Translated<void> take_data(const json::object& container, ml::ModelSpec& out) {
  std::string uri = text_at(container, "ModelDataUrl");
  std::string_view member = "ModelDataUrl";
  if (const json::object* source = json::object_at(container, "ModelDataSource")) {
    if (!uri.empty())
      return invalid("ModelDataUrl and ModelDataSource cannot be given at the same time");
    const json::object* objects = json::object_at(*source, "S3DataSource");
    if (objects == nullptr) return invalid("ModelDataSource.S3DataSource is missing");
    member = "ModelDataSource.S3DataSource.S3Uri";
    uri = text_at(*objects, "S3Uri");
    out.packed = json::string_at(*objects, "CompressionType") == "Gzip";
    if (out.packed && json::string_at(*objects, "S3DataType") == "S3Prefix")
      return invalid("ModelDataSource.S3DataSource: an archive (Gzip) is one S3Object");
  }
  if (uri.empty()) return {};
  auto data = ml::object_uri_from(uri);
  if (!data) return invalid(std::format("{}: {}", member, data.error().message));
  out.data = *std::move(data);
  return {};
}

}  // namespace

Translated<ml::ModelSpec> model_spec_of(const json::object& input) {
  auto container = container_of(input);
  if (!container) return std::unexpected(std::move(container).error());
  json::object looked_at{{"Container", *container}};
  if (const json::value* execution = json::find(input, "InferenceExecutionConfig"))
    looked_at["InferenceExecutionConfig"] = *execution;
  if (auto fine = refuse_unsupported(looked_at, kUnsupported); !fine)
    return std::unexpected(std::move(fine).error());
  ml::ModelSpec out;
  out.name = text_at(input, "ModelName");
  out.image = text_at(*container, "Image");
  if (out.image.empty()) return invalid("the container's Image is missing");
  if (auto taken = take_data(*container, out); !taken)
    return std::unexpected(std::move(taken).error());
  out.environment = texts_at(*container, "Environment");
  // Nothing is asked for by a default.
  out.network = json::bool_at(input, "EnableNetworkIsolation") == std::optional(false);
  out.request = input;
  out.request.erase("Tags");
  return out;
}

json::object described(const AwsCaller& caller, const ml::Model& model) {
  json::object out = members_of_structure(model.spec.request, "DescribeModelOutput");
  out["ModelName"] = model.spec.name;
  out["ModelArn"] = arn_of(caller, kModel, model.spec.name);
  out["CreationTime"] = seconds_of(model.created_ms);
  out["EnableNetworkIsolation"] = !model.spec.network;
  return out;
}

}  // namespace weft::adapters::sagemaker

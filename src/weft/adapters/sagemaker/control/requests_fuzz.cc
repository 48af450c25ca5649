// Requests of every kind: what fits its shape is read without harm.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weft/adapters/sagemaker/aws/shape_check.h"
#include "weft/adapters/sagemaker/control/endpoint_specs.h"
#include "weft/adapters/sagemaker/control/model_spec.h"
#include "weft/adapters/sagemaker/control/search_filter.h"
#include "weft/adapters/sagemaker/control/training_spec.h"

namespace {

namespace sagemaker = weft::adapters::sagemaker;

/// The operation's number, then its request.
void read(std::string_view name, const weft::json::object& input) {
  if (name == "CreateTrainingJob") (void)sagemaker::training_spec_of(input);
  if (name == "UpdateTrainingJob") (void)sagemaker::check_training_update(input);
  if (name == "CreateModel") (void)sagemaker::model_spec_of(input);
  if (name == "CreateEndpointConfig") {
    const auto config = sagemaker::endpoint_config_of(input);
    if (config) (void)sagemaker::described(sagemaker::AwsCaller(), *config);
  }
  if (name == "CreateEndpoint") (void)sagemaker::check_deployment(input);
  if (name == "UpdateEndpoint") (void)sagemaker::keeps_variants(input);
  if (name == "UpdateEndpointWeightsAndCapacities") (void)sagemaker::variant_changes_of(input);
  if (name == "Search") {
    const auto filter = sagemaker::SearchFilter::create(
        weft::json::object_at(input, "SearchExpression"), "DescribeTrainingJobResponse");
    if (filter) (void)filter->matches(input);
    (void)sagemaker::sort_key_of(input, weft::json::string_at(input, "SortBy"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const sagemaker::Shapes& shapes = sagemaker::sagemaker_shapes();
  const sagemaker::ShapedOperation& operation =
      shapes.operations[data[0] % shapes.operations.size()];
  const auto value =
      weft::json::parse(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!value || !sagemaker::check_shape(shapes, operation.input, *value)) return 0;
  read(operation.name, value->get_object());
  return 0;
}

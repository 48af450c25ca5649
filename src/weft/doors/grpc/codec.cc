#include "weft/doors/grpc/codec.h"

#include <format>

#include "weft/doors/grpc/codec_parts.h"

namespace weft::doors {
namespace {

void set_tensor(inference::ModelMetadataResponse::TensorMetadata& out, const json::value& from) {
  const auto* o = from.if_object();
  if (o == nullptr) return;
  out.set_name(std::string(json::string_at(*o, "name")));
  out.set_datatype(std::string(json::string_at(*o, "datatype")));
  const auto* shape = json::array_at(*o, "shape");
  if (shape == nullptr) return;
  for (const auto& each : *shape) {
    if (each.is_int64()) out.add_shape(each.get_int64());
  }
}

}  // namespace

Result<wire::OipRequest> request_of(const inference::ModelInferRequest& message) {
  wire::OipRequest out;
  out.id = message.id();
  out.parameters = parameters_of(message.parameters());
  out.binary_output = true;
  const int raw = message.raw_input_contents_size();
  if (raw != 0 && raw != message.inputs_size()) {
    return fail(Reason::invalid_argument,
                std::format("raw_input_contents holds {} tensors for {} inputs; it holds all of "
                            "them or none",
                            raw, message.inputs_size()));
  }
  for (int i = 0; i < message.inputs_size(); ++i) {
    const auto& input = message.inputs(i);
    if (raw != 0 && input.has_contents()) {
      return fail(Reason::invalid_argument,
                  std::format("the input `{}` has contents beside raw_input_contents; send one of "
                              "them",
                              input.name()));
    }
    std::optional<std::string> bytes;
    if (raw != 0) bytes = message.raw_input_contents(i);
    WEFT_TRY(auto tensor, tensor_of(input, std::move(bytes), "input"));
    out.inputs.push_back(std::move(tensor));
  }
  for (const auto& output : message.outputs()) {
    wire::OipOutput asked{
        .name = output.name(), .binary = true, .parameters = parameters_of(output.parameters())};
    WEFT_CHECK(wire::check_output(asked));
    out.outputs.push_back(std::move(asked));
  }
  return out;
}

inference::ModelInferResponse response_of(wire::OipResponse response) {
  inference::ModelInferResponse out;
  out.set_model_name(std::move(response.model));
  out.set_model_version(std::move(response.version));
  out.set_id(std::move(response.id));
  set_parameters(*out.mutable_parameters(), response.parameters);
  for (wire::OipTensor& tensor : response.outputs) {
    auto* to = out.add_outputs();
    to->set_name(std::move(tensor.name));
    to->set_datatype(std::string(wire::to_string(tensor.type)));
    for (const std::int64_t dimension : tensor.shape) to->add_shape(dimension);
    set_parameters(*to->mutable_parameters(), tensor.parameters);
    *out.add_raw_output_contents() = std::move(tensor.bytes);
  }
  return out;
}

inference::ServerMetadataResponse server_metadata_of(const json::object& answer) {
  inference::ServerMetadataResponse out;
  out.set_name(std::string(json::string_at(answer, "name")));
  out.set_version(std::string(json::string_at(answer, "version")));
  if (const auto* extensions = json::array_at(answer, "extensions")) {
    for (const auto& each : *extensions) {
      if (each.is_string()) out.add_extensions(std::string(each.get_string()));
    }
  }
  return out;
}

inference::ModelMetadataResponse model_metadata_of(const json::object& answer) {
  inference::ModelMetadataResponse out;
  out.set_name(std::string(json::string_at(answer, "name")));
  out.set_platform(std::string(json::string_at(answer, "platform")));
  if (const auto* versions = json::array_at(answer, "versions")) {
    for (const auto& each : *versions) {
      if (each.is_string()) out.add_versions(std::string(each.get_string()));
    }
  }
  if (const auto* inputs = json::array_at(answer, "inputs")) {
    for (const auto& each : *inputs) set_tensor(*out.add_inputs(), each);
  }
  if (const auto* outputs = json::array_at(answer, "outputs")) {
    for (const auto& each : *outputs) set_tensor(*out.add_outputs(), each);
  }
  if (const auto* properties = json::object_at(answer, "properties")) {
    for (const auto& [name, value] : *properties) {
      if (value.is_string())
        (*out.mutable_properties())[std::string(name)] = std::string(value.get_string());
    }
  }
  return out;
}

inference::RepositoryIndexResponse repository_index_of(const json::value& answer) {
  inference::RepositoryIndexResponse out;
  const auto* models = answer.if_array();
  if (models == nullptr) return out;
  for (const auto& each : *models) {
    const auto* o = each.if_object();
    if (o == nullptr) continue;
    auto* model = out.add_models();
    model->set_name(std::string(json::string_at(*o, "name")));
    model->set_version(std::string(json::string_at(*o, "version")));
    model->set_state(std::string(json::string_at(*o, "state")));
    model->set_reason(std::string(json::string_at(*o, "reason")));
  }
  return out;
}

}  // namespace weft::doors

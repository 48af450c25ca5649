// What the hub asks of servers that are reached by gRPC, and what they answer.
#include <format>

#include "weft/doors/grpc/codec.h"
#include "weft/doors/grpc/codec_parts.h"

namespace weft::doors {
namespace {

std::unexpected<Error> broken(std::string message) {
  return fail(Reason::upstream_protocol, std::move(message));
}

template <class Texts>
json::array texts_of(const Texts& texts) {
  json::array out;
  for (const std::string& each : texts) out.emplace_back(each);
  return out;
}

template <class Tensors>
json::array tensors_of(const Tensors& tensors) {
  json::array out;
  for (const auto& each : tensors) {
    out.emplace_back(
        json::object{{"name", each.name()},
                     {"datatype", each.datatype()},
                     {"shape", json::array(each.shape().begin(), each.shape().end())}});
  }
  return out;
}

}  // namespace

inference::ModelInferRequest message_of(wire::OipRequest request, std::string_view model,
                                        std::string_view version) {
  inference::ModelInferRequest out;
  out.set_model_name(std::string(model));
  out.set_model_version(std::string(version));
  out.set_id(std::move(request.id));
  set_parameters(*out.mutable_parameters(), request.parameters);
  for (wire::OipTensor& tensor : request.inputs) {
    auto* to = out.add_inputs();
    to->set_name(std::move(tensor.name));
    to->set_datatype(std::string(wire::to_string(tensor.type)));
    for (const std::int64_t dimension : tensor.shape) to->add_shape(dimension);
    set_parameters(*to->mutable_parameters(), tensor.parameters);
    *out.add_raw_input_contents() = std::move(tensor.bytes);
  }
  for (const wire::OipOutput& output : request.outputs) {
    auto* to = out.add_outputs();
    to->set_name(output.name);
    set_parameters(*to->mutable_parameters(), output.parameters);
  }
  return out;
}

Result<wire::OipResponse> answer_of(inference::ModelInferResponse message) {
  wire::OipResponse out;
  out.model = message.model_name();
  out.version = message.model_version();
  out.id = message.id();
  out.parameters = parameters_of(message.parameters());
  const int raw = message.raw_output_contents_size();
  if (raw != 0 && raw != message.outputs_size()) {
    return broken(std::format("raw_output_contents holds {} tensors for {} outputs", raw,
                              message.outputs_size()));
  }
  for (int i = 0; i < message.outputs_size(); ++i) {
    std::optional<std::string> bytes;
    if (raw != 0) bytes = std::move(*message.mutable_raw_output_contents(i));
    auto tensor = tensor_of(message.outputs(i), std::move(bytes), "output");
    if (!tensor) return broken(std::move(tensor).error().message);
    out.outputs.push_back(*std::move(tensor));
  }
  return out;
}

json::object json_of(const inference::ServerMetadataResponse& message) {
  return {{"name", message.name()},
          {"version", message.version()},
          {"extensions", texts_of(message.extensions())}};
}

json::object json_of(const inference::ModelMetadataResponse& message) {
  json::object out{{"name", message.name()},
                   {"versions", texts_of(message.versions())},
                   {"platform", message.platform()},
                   {"inputs", tensors_of(message.inputs())},
                   {"outputs", tensors_of(message.outputs())}};
  if (!message.properties().empty()) {
    json::object properties;
    for (const auto& [name, value] : message.properties()) properties[name] = value;
    out["properties"] = std::move(properties);
  }
  return out;
}

json::array json_of(const inference::RepositoryIndexResponse& message) {
  json::array out;
  for (const auto& each : message.models()) {
    out.emplace_back(json::object{{"name", each.name()},
                                  {"version", each.version()},
                                  {"state", each.state()},
                                  {"reason", each.reason()}});
  }
  return out;
}

}  // namespace weft::doors

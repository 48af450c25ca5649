#include "weft/doors/grpc/codec.h"

#include <cstring>
#include <format>
#include <limits>

#include "weft/doors/grpc/inference.pb.h"

namespace weft::doors {
namespace {

using inference::InferParameter;
using inference::InferTensorContents;
using wire::TensorType;
using Input = inference::ModelInferRequest::InferInputTensor;
using Parameters = google::protobuf::Map<std::string, InferParameter>;

json::object parameters_of(const Parameters& parameters) {
  json::object out;
  for (const auto& [name, value] : parameters) {
    switch (value.parameter_choice_case()) {
      case InferParameter::kBoolParam: out[name] = value.bool_param(); break;
      case InferParameter::kInt64Param: out[name] = value.int64_param(); break;
      case InferParameter::kStringParam: out[name] = value.string_param(); break;
      case InferParameter::kDoubleParam: out[name] = value.double_param(); break;
      case InferParameter::kUint64Param: out[name] = value.uint64_param(); break;
      case InferParameter::PARAMETER_CHOICE_NOT_SET: break;
    }
  }
  return out;
}

void set_parameters(Parameters& out, const json::object& parameters) {
  for (const auto& [name, value] : parameters) {
    InferParameter& to = out[std::string(name)];
    if (value.is_bool()) {
      to.set_bool_param(value.get_bool());
    } else if (value.is_int64()) {
      to.set_int64_param(value.get_int64());
    } else if (value.is_uint64()) {
      to.set_uint64_param(value.get_uint64());
    } else if (value.is_double()) {
      to.set_double_param(value.get_double());
    } else {
      to.set_string_param(value.is_string() ? std::string(value.get_string()) : json::write(value));
    }
  }
}

/// Values of one width as little-endian bytes of another; false when one does not fit.
template <class To, class Values>
bool append_as(std::string& out, const Values& values) {
  out.reserve(static_cast<std::size_t>(values.size()) * sizeof(To));
  for (const auto value : values) {
    const auto narrow = static_cast<To>(value);
    if constexpr (std::is_integral_v<To>) {
      if (static_cast<std::remove_cvref_t<decltype(value)>>(narrow) != value) return false;
    }
    char bytes[sizeof(To)];
    std::memcpy(bytes, &narrow, sizeof(To));
    out.append(bytes, sizeof(To));
  }
  return true;
}

bool append_texts(std::string& out, const InferTensorContents& contents) {
  for (const std::string& each : contents.bytes_contents()) {
    if (each.size() > std::numeric_limits<std::uint32_t>::max()) return false;
    const auto length = static_cast<std::uint32_t>(each.size());
    char bytes[sizeof(length)];
    std::memcpy(bytes, &length, sizeof(length));
    out.append(bytes, sizeof(length)).append(each);
  }
  return true;
}

/// The protocol's table of which field holds which type; false when a value does not fit.
bool append_contents(std::string& out, TensorType type, const InferTensorContents& contents) {
  switch (type) {
    case TensorType::boolean: return append_as<std::uint8_t>(out, contents.bool_contents());
    case TensorType::int8: return append_as<std::int8_t>(out, contents.int_contents());
    case TensorType::int16: return append_as<std::int16_t>(out, contents.int_contents());
    case TensorType::int32: return append_as<std::int32_t>(out, contents.int_contents());
    case TensorType::int64: return append_as<std::int64_t>(out, contents.int64_contents());
    case TensorType::uint8: return append_as<std::uint8_t>(out, contents.uint_contents());
    case TensorType::uint16: return append_as<std::uint16_t>(out, contents.uint_contents());
    case TensorType::uint32: return append_as<std::uint32_t>(out, contents.uint_contents());
    case TensorType::uint64: return append_as<std::uint64_t>(out, contents.uint64_contents());
    case TensorType::fp32: return append_as<float>(out, contents.fp32_contents());
    case TensorType::fp64: return append_as<double>(out, contents.fp64_contents());
    case TensorType::bytes: return append_texts(out, contents);
    case TensorType::fp16:
    case TensorType::bf16: return false;
  }
  return false;
}

Result<wire::OipTensor> tensor_of(const Input& input, const std::string* raw) {
  wire::OipTensor out;
  out.name = input.name();
  const auto type = wire::tensor_type_from(input.datatype());
  if (!type) {
    return fail(Reason::invalid_argument, std::format("the input `{}` has the datatype `{}`, which "
                                                      "is none of the protocol's",
                                                      out.name, input.datatype()));
  }
  out.type = *type;
  out.shape.assign(input.shape().begin(), input.shape().end());
  out.parameters = parameters_of(input.parameters());
  if (raw != nullptr) {
    out.bytes = *raw;
  } else if (!append_contents(out.bytes, out.type, input.contents())) {
    return fail(Reason::invalid_argument,
                std::format("the input `{}` of {} has contents that do not fit it; FP16 and BF16 "
                            "go by raw_input_contents alone",
                            out.name, input.datatype()));
  }
  WEFT_CHECK(wire::check_tensor(out));
  return out;
}

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
    const Input& input = message.inputs(i);
    if (raw != 0 && input.has_contents()) {
      return fail(Reason::invalid_argument,
                  std::format("the input `{}` has contents beside raw_input_contents; send one of "
                              "them",
                              input.name()));
    }
    WEFT_TRY(auto tensor, tensor_of(input, raw == 0 ? nullptr : &message.raw_input_contents(i)));
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

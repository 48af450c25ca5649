#include "weft/doors/grpc/codec_parts.h"

#include <cstring>
#include <limits>

namespace weft::doors {
namespace {

using inference::InferParameter;
using inference::InferTensorContents;
using wire::TensorType;

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

}  // namespace

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

}  // namespace weft::doors

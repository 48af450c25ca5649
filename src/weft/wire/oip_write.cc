// Requests and answers of the Open Inference Protocol, written.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "weft/wire/base64.h"
#include "weft/wire/oip.h"

namespace weft::wire {
namespace {

constexpr std::size_t kAtOnce = 4'096;

/// What a number and its comma take at most.
template <class T>
constexpr std::size_t kDigitsMax = std::is_same_v<T, float> ? 18 : 26;

template <class T>
char* write_number(char* at, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    // JSON has no words for what is no number.
    if (!std::isfinite(value)) return std::copy_n("null", 4, at);
  }
  return std::to_chars(at, at + kDigitsMax<T>, value).ptr;
}

template <class T>
void append_numbers(std::string& out, std::string_view bytes) {
  const char* from = bytes.data();
  std::size_t left = bytes.size() / sizeof(T);
  while (left > 0) {
    const std::size_t now = std::min(left, kAtOnce);
    const std::size_t before = out.size();
    out.resize_and_overwrite(before + now * kDigitsMax<T>, [&](char* begin, std::size_t) {
      char* at = begin + before;
      for (std::size_t i = 0; i < now; ++i, from += sizeof(T)) {
        T value{};
        std::memcpy(&value, from, sizeof(T));
        at = write_number(at, value);
        *at++ = ',';
      }
      return static_cast<std::size_t>(at - begin);
    });
    left -= now;
  }
  if (bytes.size() >= sizeof(T)) out.pop_back();
}

void append_quoted(std::string& out, std::string_view text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (!plain) return json::write(out, json::value(text));
  out += '"';
  out += text;
  out += '"';
}

void append_integer(std::string& out, std::int64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

bool are_texts(std::string_view bytes) {
  std::uint32_t size = 0;
  while (bytes.size() >= sizeof(size)) {
    std::memcpy(&size, bytes.data(), sizeof(size));
    bytes.remove_prefix(sizeof(size));
    if (!is_utf8(bytes.substr(0, size))) return false;
    bytes.remove_prefix(std::min<std::size_t>(size, bytes.size()));
  }
  return true;
}

void append_texts(std::string& out, std::string_view bytes) {
  bool first = true;
  while (bytes.size() >= 4) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data(), 4);
    bytes.remove_prefix(4);
    if (!first) out += ',';
    first = false;
    append_quoted(out, bytes.substr(0, size));
    bytes.remove_prefix(std::min<std::size_t>(size, bytes.size()));
  }
}

void append_data(std::string& out, const OipTensor& tensor) {
  out += '[';
  switch (tensor.type) {
    case TensorType::boolean:
      for (std::size_t i = 0; i < tensor.bytes.size(); ++i) {
        if (i > 0) out += ',';
        out += tensor.bytes[i] == '\0' ? "false" : "true";
      }
      break;
    case TensorType::uint8: append_numbers<std::uint8_t>(out, tensor.bytes); break;
    case TensorType::uint16: append_numbers<std::uint16_t>(out, tensor.bytes); break;
    case TensorType::uint32: append_numbers<std::uint32_t>(out, tensor.bytes); break;
    case TensorType::uint64: append_numbers<std::uint64_t>(out, tensor.bytes); break;
    case TensorType::int8: append_numbers<std::int8_t>(out, tensor.bytes); break;
    case TensorType::int16: append_numbers<std::int16_t>(out, tensor.bytes); break;
    case TensorType::int32: append_numbers<std::int32_t>(out, tensor.bytes); break;
    case TensorType::int64: append_numbers<std::int64_t>(out, tensor.bytes); break;
    case TensorType::fp32: append_numbers<float>(out, tensor.bytes); break;
    case TensorType::fp64: append_numbers<double>(out, tensor.bytes); break;
    case TensorType::bytes: append_texts(out, tensor.bytes); break;
    case TensorType::fp16:
    case TensorType::bf16: break;
  }
  out += ']';
}

void append_parameters(std::string& out, const OipTensor& tensor, bool binary) {
  if (!binary && tensor.parameters.empty()) return;
  out += R"(,"parameters":{)";
  for (const auto& [key, value] : tensor.parameters) {
    append_quoted(out, key);
    out += ':';
    json::write(out, value);
    out += ',';
  }
  if (binary) {
    out += R"("binary_data_size":)";
    append_integer(out, static_cast<std::int64_t>(tensor.bytes.size()));
  } else {
    out.pop_back();
  }
  out += '}';
}

/// FP16, BF16 and bytes that are no text have none.
bool has_json_form(const OipTensor& tensor) {
  if (tensor.type == TensorType::bytes) return are_texts(tensor.bytes);
  return tensor.type != TensorType::fp16 && tensor.type != TensorType::bf16;
}

void append_tensor(std::string& out, std::string& tail, const OipTensor& tensor, bool binary) {
  binary |= !has_json_form(tensor);
  out += R"({"name":)";
  append_quoted(out, tensor.name);
  out += R"(,"datatype":")";
  out += to_string(tensor.type);
  out += R"(","shape":[)";
  for (const std::int64_t size : tensor.shape) {
    append_integer(out, size);
    out += ',';
  }
  if (!tensor.shape.empty()) out.pop_back();
  out += ']';
  append_parameters(out, tensor, binary);
  if (binary) {
    tail += tensor.bytes;
  } else {
    out += R"(,"data":)";
    append_data(out, tensor);
  }
  out += '}';
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  if (out.size() > 1) out += ',';
  append_quoted(out, name);
  out += ':';
  append_quoted(out, text);
}

void append_object(std::string& out, std::string_view name, const json::object& object) {
  if (object.empty()) return;
  if (out.size() > 1) out += ',';
  append_quoted(out, name);
  out += ':';
  json::write(out, object);
}

OipBody joined(std::string json, std::string tail) {
  OipBody out{.body = std::move(json), .json_bytes = std::nullopt};
  if (tail.empty()) return out;
  out.json_bytes = out.body.size();
  out.body += tail;
  return out;
}

}  // namespace

OipBody write_oip(const OipRequest& request, bool binary) {
  std::string out = "{";
  std::string tail;
  append_member(out, "id", request.id);
  json::object parameters = request.parameters;
  if (request.binary_output) parameters["binary_data_output"] = true;
  append_object(out, "parameters", parameters);
  if (out.size() > 1) out += ',';
  out += R"("inputs":[)";
  for (const OipTensor& tensor : request.inputs) {
    if (&tensor != &request.inputs.front()) out += ',';
    append_tensor(out, tail, tensor, binary);
  }
  out += ']';
  if (!request.outputs.empty()) {
    json::array outputs;
    for (const OipOutput& output : request.outputs) {
      json::object each{{"name", output.name}};
      json::object of = output.parameters;
      if (output.binary) of["binary_data"] = *output.binary;
      if (!of.empty()) each["parameters"] = std::move(of);
      outputs.emplace_back(std::move(each));
    }
    out += R"(,"outputs":)";
    json::write(out, json::value(std::move(outputs)));
  }
  out += '}';
  return joined(std::move(out), std::move(tail));
}

OipBody write_oip(const OipResponse& response, const OipRequest& asked) {
  std::string out = "{";
  std::string tail;
  append_member(out, "model_name", response.model);
  append_member(out, "model_version", response.version);
  append_member(out, "id", response.id);
  append_object(out, "parameters", response.parameters);
  if (out.size() > 1) out += ',';
  out += R"("outputs":[)";
  for (const OipTensor& tensor : response.outputs) {
    if (&tensor != &response.outputs.front()) out += ',';
    const auto at = std::ranges::find(asked.outputs, tensor.name, &OipOutput::name);
    const bool binary =
        at == asked.outputs.end() ? asked.binary_output : at->binary.value_or(asked.binary_output);
    append_tensor(out, tail, tensor, binary);
  }
  out += "]}";
  return joined(std::move(out), std::move(tail));
}

}  // namespace weft::wire

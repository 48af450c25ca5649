#include "weft/wire/oip.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <format>
#include <limits>
#include <memory>

#include "weft/wire/limits.h"

namespace weft::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

namespace dom = simdjson::dom;

struct TypeRow {
  TensorType type;
  std::string_view word;
  std::size_t bytes;
};
constexpr std::array kTypes = {
    TypeRow{TensorType::boolean, "BOOL", 1},  TypeRow{TensorType::uint8, "UINT8", 1},
    TypeRow{TensorType::uint16, "UINT16", 2}, TypeRow{TensorType::uint32, "UINT32", 4},
    TypeRow{TensorType::uint64, "UINT64", 8}, TypeRow{TensorType::int8, "INT8", 1},
    TypeRow{TensorType::int16, "INT16", 2},   TypeRow{TensorType::int32, "INT32", 4},
    TypeRow{TensorType::int64, "INT64", 8},   TypeRow{TensorType::fp16, "FP16", 2},
    TypeRow{TensorType::bf16, "BF16", 2},     TypeRow{TensorType::fp32, "FP32", 4},
    TypeRow{TensorType::fp64, "FP64", 8},     TypeRow{TensorType::bytes, "BYTES", 0}};

const TypeRow& row_of(TensorType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}
std::unexpected<Error> wrong_tensor(std::string_view name, std::string_view what) {
  return wrong(std::format("tensor `{}`: {}", name, what));
}

template <class T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

// ---- reading

template <class T>
bool append_integer(std::string& out, const dom::element& element) {
  if (element.is_uint64()) {
    const std::uint64_t value = element.get_uint64().value_unsafe();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return false;
    append_raw(out, static_cast<T>(value));
    return true;
  }
  if (!element.is_int64()) return false;
  const std::int64_t value = element.get_int64().value_unsafe();
  if constexpr (std::is_signed_v<T>) {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max())
      return false;
  } else if (value < 0 || static_cast<std::uint64_t>(value) > std::numeric_limits<T>::max()) {
    return false;
  }
  append_raw(out, static_cast<T>(value));
  return true;
}

bool append_float(std::string& out, TensorType type, const dom::element& element) {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (!element.is_null() && element.get_double().get(value) != simdjson::SUCCESS) return false;
  if (type == TensorType::fp64) {
    append_raw(out, value);
  } else {
    append_raw(out, static_cast<float>(value));
  }
  return true;
}

bool append_boolean(std::string& out, const dom::element& element) {
  bool value = false;
  std::int64_t number = 0;
  if (element.get_bool().get(value) != simdjson::SUCCESS) {
    // Some clients write 0 and 1.
    if (element.get_int64().get(number) != simdjson::SUCCESS || (number != 0 && number != 1))
      return false;
    value = number == 1;
  }
  out += value ? '\1' : '\0';
  return true;
}

bool append_text(std::string& out, const dom::element& element) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) return false;
  append_raw(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  return true;
}

bool append_element(std::string& out, TensorType type, const dom::element& element) {
  switch (type) {
    case TensorType::boolean: return append_boolean(out, element);
    case TensorType::uint8: return append_integer<std::uint8_t>(out, element);
    case TensorType::uint16: return append_integer<std::uint16_t>(out, element);
    case TensorType::uint32: return append_integer<std::uint32_t>(out, element);
    case TensorType::uint64: return append_integer<std::uint64_t>(out, element);
    case TensorType::int8: return append_integer<std::int8_t>(out, element);
    case TensorType::int16: return append_integer<std::int16_t>(out, element);
    case TensorType::int32: return append_integer<std::int32_t>(out, element);
    case TensorType::int64: return append_integer<std::int64_t>(out, element);
    case TensorType::fp32:
    case TensorType::fp64: return append_float(out, type, element);
    case TensorType::bytes: return append_text(out, element);
    case TensorType::fp16:
    case TensorType::bf16: break;
  }
  return false;
}

/// Nested arrays or one: row-major either way.
Result<void> append_data(OipTensor& tensor, const dom::array& data, int depth, std::uint64_t& count,
                         std::uint64_t count_max) {
  if (depth > kTensorRankMax) return wrong_tensor(tensor.name, "its data is nested too deep");
  for (const dom::element element : data) {
    if (element.is_array()) {
      WEFT_CHECK(
          append_data(tensor, element.get_array().value_unsafe(), depth + 1, count, count_max));
      continue;
    }
    if (++count > count_max)
      return wrong_tensor(tensor.name, "its data has more elements than its shape");
    if (!append_element(tensor.bytes, tensor.type, element)) {
      return wrong_tensor(tensor.name,
                          std::format("element {} is no {}", count - 1, to_string(tensor.type)));
    }
  }
  return {};
}

json::object parameters_of(const dom::element& of, std::initializer_list<std::string_view> but) {
  json::object out;
  dom::element parameters;
  if (of["parameters"].get(parameters) != simdjson::SUCCESS || !parameters.is_object()) return out;
  auto parsed = json::parse(simdjson::minify(parameters));
  if (!parsed || !parsed->is_object()) return out;
  out = std::move(parsed->get_object());
  for (const std::string_view name : but) out.erase(name);
  return out;
}

std::string text_at(const dom::element& of, std::string_view name) {
  std::string_view text;
  return of[name].get_string().get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<bool> flag_at(const dom::element& of, std::string_view name) {
  bool value = false;
  if (of["parameters"][name].get_bool().get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

/// What the JSON is followed by.
class Tail {
 public:
  explicit Tail(std::string_view bytes) : rest_(bytes) {}
  std::optional<std::string_view> take(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view out = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return out;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

Result<void> read_shape(const dom::element& element, OipTensor& out) {
  dom::array shape;
  if (element["shape"].get_array().get(shape) != simdjson::SUCCESS)
    return wrong_tensor(out.name, "it has no shape");
  for (const dom::element size : shape) {
    std::int64_t value = 0;
    if (size.get_int64().get(value) != simdjson::SUCCESS)
      return wrong_tensor(out.name, "a dimension of its shape is no whole number");
    out.shape.push_back(value);
    if (out.shape.size() > static_cast<std::size_t>(kTensorRankMax))
      return wrong_tensor(out.name, "its shape has too many dimensions");
  }
  return {};
}

Result<OipTensor> read_tensor(const dom::element& element, Tail& tail) {
  OipTensor out;
  out.name = text_at(element, "name");
  if (out.name.empty()) return wrong("a tensor has no name");
  const std::string word = text_at(element, "datatype");
  const auto type = tensor_type_from(word);
  if (!type)
    return wrong_tensor(out.name,
                        std::format("`{}` is no datatype (BOOL, UINT8 … FP64, BYTES)", word));
  out.type = *type;
  WEFT_CHECK(read_shape(element, out));
  const auto count = elements_of(out.shape);
  if (!count) return wrong_tensor(out.name, "its shape cannot be");
  out.parameters = parameters_of(element, {"binary_data_size"});
  std::uint64_t size = 0;
  if (element["parameters"]["binary_data_size"].get_uint64().get(size) == simdjson::SUCCESS) {
    const auto bytes = tail.take(size);
    if (!bytes) {
      return wrong_tensor(out.name,
                          std::format("binary_data_size is {}, the body ends before that", size));
    }
    out.bytes = *bytes;
    WEFT_CHECK(check_tensor(out));
    return out;
  }
  dom::array data;
  if (element["data"].get_array().get(data) != simdjson::SUCCESS)
    return wrong_tensor(out.name, "it has neither `data` nor `binary_data_size`");
  if (out.type == TensorType::fp16 || out.type == TensorType::bf16) {
    return wrong_tensor(out.name, std::format("{} comes as binary data (binary_data_size)", word));
  }
  std::uint64_t read = 0;
  WEFT_CHECK(append_data(out, data, 1, read, *count));
  if (read != *count) {
    return wrong_tensor(out.name,
                        std::format("its data has {} elements, its shape {}", read, *count));
  }
  return out;
}

Result<std::vector<OipTensor>> read_tensors(const dom::element& document, std::string_view name,
                                            Tail& tail) {
  std::vector<OipTensor> out;
  dom::array tensors;
  if (document[name].get_array().get(tensors) != simdjson::SUCCESS)
    return wrong(std::format("`{}` is missing", name));
  for (const dom::element element : tensors) {
    if (!element.is_object())
      return wrong(std::format("`{}` holds something else than tensors", name));
    WEFT_TRY(OipTensor tensor, read_tensor(element, tail));
    out.push_back(std::move(tensor));
    if (out.size() > kTensorsMax) return wrong(std::format("`{}` holds too many tensors", name));
  }
  return out;
}

/// The JSON of a body as a document, and what is behind it.
class Document {
 public:
  // On the heap: what was read points into the parser.
  static Result<std::unique_ptr<Document>> read(std::string_view body,
                                                std::optional<std::size_t> json_bytes) {
    if (json_bytes.value_or(0) > body.size())
      return wrong("Inference-Header-Content-Length is more than the body has");
    auto out = std::unique_ptr<Document>(new Document());
    out->text_ = simdjson::padded_string(body.substr(0, json_bytes.value_or(body.size())));
    out->tail_ = Tail(json_bytes ? body.substr(*json_bytes) : std::string_view());
    const auto error = out->parser_.parse(out->text_).get(out->root_);
    if (error != simdjson::SUCCESS)
      return wrong(std::format("the body is no JSON: {}", simdjson::error_message(error)));
    if (!out->root_.is_object()) return wrong("the body must be a JSON object");
    return out;
  }
  const dom::element& root() const { return root_; }
  Tail& tail() { return tail_; }
  Result<void> end() const {
    if (tail_.empty()) return {};
    return wrong("there are more bytes behind the JSON than tensors in it");
  }

 private:
  Document() : tail_("") {}
  simdjson::padded_string text_;
  dom::parser parser_;
  dom::element root_;
  Tail tail_;
};

// ---- writing

template <class T>
void append_numbers(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    if (at > 0) out += ',';
    if constexpr (std::is_floating_point_v<T>) {
      // JSON has no words for what is no number.
      if (!std::isfinite(value)) {
        out += "null";
        continue;
      }
    }
    std::array<char, 40> text{};
    const auto made = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), made.ptr);
  }
}

void append_texts(std::string& out, std::string_view bytes) {
  bool first = true;
  while (bytes.size() >= 4) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data(), 4);
    bytes.remove_prefix(4);
    if (!first) out += ',';
    first = false;
    json::write(out, json::value(bytes.substr(0, size)));
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

void append_tensor(std::string& out, std::string& tail, const OipTensor& tensor, bool binary) {
  binary |= tensor.type == TensorType::fp16 || tensor.type == TensorType::bf16;
  out += R"({"name":)";
  json::write(out, json::value(tensor.name));
  out += std::format(R"(,"datatype":"{}","shape":[)", to_string(tensor.type));
  for (std::size_t i = 0; i < tensor.shape.size(); ++i)
    out += std::format("{}{}", i == 0 ? "" : ",", tensor.shape[i]);
  out += ']';
  json::object parameters = tensor.parameters;
  if (binary) parameters["binary_data_size"] = tensor.bytes.size();
  if (!parameters.empty()) {
    out += R"(,"parameters":)";
    json::write(out, parameters);
  }
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
  out += std::format(R"("{}":)", name);
  json::write(out, json::value(text));
}

void append_object(std::string& out, std::string_view name, const json::object& object) {
  if (object.empty()) return;
  if (out.size() > 1) out += ',';
  out += std::format(R"("{}":)", name);
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

std::string_view to_string(TensorType type) { return row_of(type).word; }

std::optional<TensorType> tensor_type_from(std::string_view word) {
  const auto at = std::ranges::find(kTypes, word, &TypeRow::word);
  return at == kTypes.end() ? std::nullopt : std::optional(at->type);
}

std::size_t element_bytes(TensorType type) { return row_of(type).bytes; }

std::optional<std::uint64_t> elements_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t out = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size != 0 && out > kTensorElementsMax / static_cast<std::uint64_t>(size))
      return std::nullopt;
    out *= static_cast<std::uint64_t>(size);
  }
  return out;
}

Result<void> check_tensor(const OipTensor& tensor) {
  const auto count = elements_of(tensor.shape);
  if (!count) return wrong_tensor(tensor.name, "its shape cannot be");
  if (tensor.type != TensorType::bytes) {
    const std::uint64_t wanted = *count * element_bytes(tensor.type);
    if (tensor.bytes.size() == wanted) return {};
    return wrong_tensor(tensor.name, std::format("it has {} bytes, its type and shape need {}",
                                                 tensor.bytes.size(), wanted));
  }
  std::string_view rest = tensor.bytes;
  std::uint64_t elements = 0;
  while (!rest.empty()) {
    std::uint32_t size = 0;
    if (rest.size() < 4) return wrong_tensor(tensor.name, "an element of it is cut off");
    std::memcpy(&size, rest.data(), 4);
    rest.remove_prefix(4);
    if (size > rest.size()) return wrong_tensor(tensor.name, "an element of it is cut off");
    rest.remove_prefix(size);
    ++elements;
  }
  if (elements == *count) return {};
  return wrong_tensor(tensor.name,
                      std::format("it has {} elements, its shape {}", elements, *count));
}

Result<OipRequest> read_oip_request(std::string_view body, std::optional<std::size_t> json_bytes) {
  WEFT_TRY(const auto document, Document::read(body, json_bytes));
  const dom::element& root = document->root();
  OipRequest out;
  out.id = text_at(root, "id");
  out.parameters = parameters_of(root, {"binary_data_output"});
  out.binary_output = flag_at(root, "binary_data_output").value_or(false);
  WEFT_TRY(out.inputs, read_tensors(root, "inputs", document->tail()));
  WEFT_CHECK(document->end());
  dom::array outputs;
  if (root["outputs"].get_array().get(outputs) == simdjson::SUCCESS) {
    for (const dom::element element : outputs) {
      if (!element.is_object()) return wrong("`outputs` holds something else than outputs");
      OipOutput output{.name = text_at(element, "name"),
                       .binary = flag_at(element, "binary_data"),
                       .parameters = parameters_of(element, {"binary_data"})};
      if (output.name.empty()) return wrong("an output has no name");
      out.outputs.push_back(std::move(output));
      if (out.outputs.size() > kTensorsMax) return wrong("`outputs` names too many");
    }
  }
  return out;
}

Result<OipResponse> read_oip_response(std::string_view body,
                                      std::optional<std::size_t> json_bytes) {
  WEFT_TRY(const auto document, Document::read(body, json_bytes));
  const dom::element& root = document->root();
  OipResponse out;
  out.model = text_at(root, "model_name");
  out.version = text_at(root, "model_version");
  out.id = text_at(root, "id");
  out.parameters = parameters_of(root, {});
  WEFT_TRY(out.outputs, read_tensors(root, "outputs", document->tail()));
  WEFT_CHECK(document->end());
  return out;
}

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

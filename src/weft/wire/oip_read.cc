// Requests and answers of the Open Inference Protocol, read.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <format>
#include <limits>
#include <memory>

#include "weft/wire/limits.h"
#include "weft/wire/oip.h"

namespace weft::wire {
namespace {

namespace dom = simdjson::dom;

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

template <class T>
bool append_float(std::string& out, const dom::element& element) {
  double value = 0;
  if (element.get_double().get(value) != simdjson::SUCCESS) {
    if (!element.is_null()) return false;
    value = std::numeric_limits<double>::quiet_NaN();
  }
  append_raw(out, static_cast<T>(value));
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

/// How an element of a type is read; null for those that have no form in JSON.
using Append = bool (*)(std::string&, const dom::element&);

Append append_of(TensorType type) {
  switch (type) {
    case TensorType::boolean: return append_boolean;
    case TensorType::uint8: return append_integer<std::uint8_t>;
    case TensorType::uint16: return append_integer<std::uint16_t>;
    case TensorType::uint32: return append_integer<std::uint32_t>;
    case TensorType::uint64: return append_integer<std::uint64_t>;
    case TensorType::int8: return append_integer<std::int8_t>;
    case TensorType::int16: return append_integer<std::int16_t>;
    case TensorType::int32: return append_integer<std::int32_t>;
    case TensorType::int64: return append_integer<std::int64_t>;
    case TensorType::fp32: return append_float<float>;
    case TensorType::fp64: return append_float<double>;
    case TensorType::bytes: return append_text;
    case TensorType::fp16:
    case TensorType::bf16: break;
  }
  return nullptr;
}

/// Nested arrays or one: row-major either way.
struct DataReader {
  OipTensor& tensor;
  Append append;
  std::uint64_t count_max;
  std::uint64_t count = 0;
  /// Where the elements are, once one was seen; how many each array of a depth has.
  int leaves = 0;
  std::array<std::int64_t, kTensorRankMax + 1> sizes = filled();

  static std::array<std::int64_t, kTensorRankMax + 1> filled() {
    std::array<std::int64_t, kTensorRankMax + 1> out;
    out.fill(-1);
    return out;
  }

  Result<void> read(const dom::array& data, int depth) {
    if (depth > kTensorRankMax) return wrong_tensor(tensor.name, "its data is nested too deep");
    std::int64_t size = 0;
    for (const dom::element element : data) {
      ++size;
      if (element.is_array()) {
        if (leaves != 0 && depth >= leaves) return ragged();
        WEFT_CHECK(read(element.get_array().value_unsafe(), depth + 1));
        continue;
      }
      if (leaves == 0) leaves = depth;
      if (leaves != depth) return ragged();
      if (++count > count_max)
        return wrong_tensor(tensor.name, "its data has more elements than its shape");
      if (!append(tensor.bytes, element)) {
        return wrong_tensor(tensor.name,
                            std::format("element {} is no {}", count - 1, to_string(tensor.type)));
      }
    }
    std::int64_t& own = sizes[static_cast<std::size_t>(depth)];
    if (own >= 0 && own != size) return ragged();
    own = size;
    return {};
  }

  std::unexpected<Error> ragged() const {
    return wrong_tensor(tensor.name, "its data is ragged: arrays beside each other have one size");
  }
};

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

Result<void> read_data(const dom::element& element, std::uint64_t count, std::size_t json_size,
                       OipTensor& out) {
  dom::array data;
  if (element["data"].get_array().get(data) != simdjson::SUCCESS) {
    const bool shared = element["parameters"]["shared_memory_region"].error() == simdjson::SUCCESS;
    return wrong_tensor(out.name, shared ? "shared memory is not served: send the tensor itself"
                                         : "it has neither `data` nor `binary_data_size`");
  }
  const Append append = append_of(out.type);
  if (append == nullptr) {
    return wrong_tensor(
        out.name, std::format("{} comes as binary data (binary_data_size)", to_string(out.type)));
  }
  // Each element is a character and what separates it, at least.
  const auto expected = static_cast<std::size_t>(std::min<std::uint64_t>(count, json_size / 2));
  out.bytes.reserve(expected * std::max<std::size_t>(element_bytes(out.type), 8));
  DataReader reader{.tensor = out, .append = append, .count_max = count};
  WEFT_CHECK(reader.read(data, 1));
  if (reader.count == count) return {};
  return wrong_tensor(out.name,
                      std::format("its data has {} elements, its shape {}", reader.count, count));
}

Result<OipTensor> read_tensor(const dom::element& element, std::size_t json_size, Tail& tail) {
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
  if (element["parameters"]["binary_data_size"].get_uint64().get(size) != simdjson::SUCCESS) {
    WEFT_CHECK(read_data(element, *count, json_size, out));
    return out;
  }
  const auto bytes = tail.take(size);
  if (!bytes) {
    return wrong_tensor(out.name,
                        std::format("binary_data_size is {}, the body ends before that", size));
  }
  out.bytes = *bytes;
  WEFT_CHECK(check_tensor(out));
  return out;
}

/// Parsers keep their memory: each thread has one for what is small, which most is.
constexpr std::size_t kKeptJsonBytesMax = 256 * 1024;

struct Parser {
  dom::parser parser;
  std::string padded;
};

Parser& kept_parser() {
  static thread_local Parser parser;
  return parser;
}

/// The JSON of a body as a document, and what is behind it. What is read from it is valid as long
/// as it is, and until the thread reads the next.
class Document {
 public:
  Document() : tail_("") {}
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  Result<void> read(std::string_view body, std::optional<std::size_t> json_bytes) {
    if (json_bytes.value_or(0) > body.size())
      return wrong("Inference-Header-Content-Length is more than the body has");
    const std::string_view text = body.substr(0, json_bytes.value_or(body.size()));
    tail_ = Tail(json_bytes ? body.substr(*json_bytes) : std::string_view());
    json_size_ = text.size();
    if (text.size() > kKeptJsonBytesMax) own_ = std::make_unique<Parser>();
    Parser& used = own_ ? *own_ : kept_parser();
    used.padded.assign(text);
    used.padded.append(simdjson::SIMDJSON_PADDING, ' ');
    const auto error = used.parser.parse(used.padded.data(), text.size(), false).get(root_);
    if (error != simdjson::SUCCESS)
      return wrong(std::format("the body is no JSON: {}", simdjson::error_message(error)));
    if (!root_.is_object()) return wrong("the body must be a JSON object");
    return {};
  }
  const dom::element& root() const { return root_; }
  std::size_t json_size() const { return json_size_; }
  Tail& tail() { return tail_; }
  Result<void> end() const {
    if (tail_.empty()) return {};
    return wrong("there are more bytes behind the JSON than tensors in it");
  }

 private:
  std::unique_ptr<Parser> own_;
  dom::element root_;
  std::size_t json_size_ = 0;
  Tail tail_;
};

Result<std::vector<OipTensor>> read_tensors(const Document& document, std::string_view name,
                                            Tail& tail) {
  std::vector<OipTensor> out;
  dom::array tensors;
  if (document.root()[name].get_array().get(tensors) != simdjson::SUCCESS)
    return wrong(std::format("`{}` is missing", name));
  for (const dom::element element : tensors) {
    if (!element.is_object())
      return wrong(std::format("`{}` holds something else than tensors", name));
    WEFT_TRY(OipTensor tensor, read_tensor(element, document.json_size(), tail));
    out.push_back(std::move(tensor));
    if (out.size() > kTensorsMax) return wrong(std::format("`{}` holds too many tensors", name));
  }
  return out;
}

Result<OipOutput> read_output(const dom::element& element) {
  OipOutput out{.name = text_at(element, "name"),
                .binary = flag_at(element, "binary_data"),
                .parameters = parameters_of(element, {"binary_data"})};
  WEFT_CHECK(check_output(out));
  return out;
}

}  // namespace

Result<void> check_output(const OipOutput& output) {
  if (output.name.empty()) return wrong("an output has no name");
  for (const std::string_view extension : {"classification", "shared_memory_region"}) {
    if (output.parameters.contains(extension)) {
      return wrong(std::format("output `{}`: `{}` is not served: take the tensor itself",
                               output.name, extension));
    }
  }
  return {};
}

Result<OipRequest> read_oip_request(std::string_view body, std::optional<std::size_t> json_bytes) {
  Document document;
  WEFT_CHECK(document.read(body, json_bytes));
  const dom::element& root = document.root();
  OipRequest out;
  out.id = text_at(root, "id");
  out.parameters = parameters_of(root, {"binary_data_output"});
  out.binary_output = flag_at(root, "binary_data_output").value_or(false);
  WEFT_TRY(out.inputs, read_tensors(document, "inputs", document.tail()));
  WEFT_CHECK(document.end());
  dom::array outputs;
  if (root["outputs"].get_array().get(outputs) == simdjson::SUCCESS) {
    for (const dom::element element : outputs) {
      if (!element.is_object()) return wrong("`outputs` holds something else than outputs");
      WEFT_TRY(OipOutput output, read_output(element));
      out.outputs.push_back(std::move(output));
      if (out.outputs.size() > kTensorsMax) return wrong("`outputs` names too many");
    }
  }
  return out;
}

Result<OipResponse> read_oip_response(std::string_view body,
                                      std::optional<std::size_t> json_bytes) {
  Document document;
  WEFT_CHECK(document.read(body, json_bytes));
  const dom::element& root = document.root();
  OipResponse out;
  out.model = text_at(root, "model_name");
  out.version = text_at(root, "model_version");
  out.id = text_at(root, "id");
  out.parameters = parameters_of(root, {});
  WEFT_TRY(out.outputs, read_tensors(document, "outputs", document.tail()));
  WEFT_CHECK(document.end());
  return out;
}

}  // namespace weft::wire

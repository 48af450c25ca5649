#include "weft/wire/tensor_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <format>
#include <limits>
#include <optional>

#include "weft/base/json_compare.h"
#include "weft/wire/base64.h"
#include "weft/wire/half_float.h"
#include "weft/wire/limits.h"

namespace weft::wire {
namespace {

using Shape = std::vector<std::int64_t>;

/// The whole numbers that every reader of JSON gives back as they are: up to 2^53.
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  std::string at = "/" + json::escape_pointer(name);
  std::string message = std::format("{}: {}", at, what);
  return fail(make_argument_error(std::move(at), std::move(message)));
}

template <class T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
T raw_at(std::string_view bytes, std::size_t index) {
  T out{};
  std::memcpy(&out, bytes.data() + index * sizeof(T), sizeof(T));
  return out;
}

// ---- one element in

template <class T>
bool append_whole(std::string& out, const json::value& element) {
  if (sizeof(T) == 8 && element.is_string()) {
    const std::string_view text = element.get_string();
    T value{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return false;
    append_raw(out, value);
    return true;
  }
  if (!element.is_number() || !json::is_integer(element)) return false;
  boost::system::error_code error;
  const T value = element.to_number<T>(error);
  if (error) return false;
  append_raw(out, value);
  return true;
}

bool append_real(std::string& out, TensorType type, const json::value& element) {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (element.is_number()) {
    value = element.to_number<double>();
  } else if (!element.is_null()) {
    return false;
  }
  const auto narrow = static_cast<float>(value);
  switch (type) {
    case TensorType::fp64: append_raw(out, value); break;
    case TensorType::fp16: append_raw(out, fp16_of_float(narrow)); break;
    case TensorType::bf16: append_raw(out, bf16_of_float(narrow)); break;
    default: append_raw(out, narrow); break;
  }
  return true;
}

bool append_text(std::string& out, const json::value& element) {
  std::string decoded;
  std::string_view text;
  if (element.is_string()) {
    text = element.get_string();
  } else {
    const json::object* o = element.if_object();
    const json::value* packed = o != nullptr && o->size() == 1 ? json::find(*o, "b64") : nullptr;
    if (packed == nullptr || !packed->is_string()) return false;
    auto bytes = base64_decode(packed->get_string());
    if (!bytes) return false;
    decoded = *std::move(bytes);
    text = decoded;
  }
  append_raw(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  return true;
}

bool append_element(std::string& out, TensorType type, const json::value& element) {
  switch (type) {
    case TensorType::boolean:
      if (!element.is_bool()) return false;
      out += element.get_bool() ? '\1' : '\0';
      return true;
    case TensorType::uint8: return append_whole<std::uint8_t>(out, element);
    case TensorType::uint16: return append_whole<std::uint16_t>(out, element);
    case TensorType::uint32: return append_whole<std::uint32_t>(out, element);
    case TensorType::uint64: return append_whole<std::uint64_t>(out, element);
    case TensorType::int8: return append_whole<std::int8_t>(out, element);
    case TensorType::int16: return append_whole<std::int16_t>(out, element);
    case TensorType::int32: return append_whole<std::int32_t>(out, element);
    case TensorType::int64: return append_whole<std::int64_t>(out, element);
    case TensorType::fp16:
    case TensorType::bf16:
    case TensorType::fp32:
    case TensorType::fp64: return append_real(out, type, element);
    case TensorType::bytes: break;
  }
  return append_text(out, element);
}

// ---- a tensor in

/// Reads nested lists: the elements into the tensor, the shape by the first of each level.
class Nested {
 public:
  explicit Nested(OipTensor& tensor) : tensor_(tensor) {}

  Result<void> read(const json::value& value, std::size_t depth) {
    const json::array* list = value.if_array();
    if (list == nullptr) {
      if (complete_ && depth != shape_.size()) return ragged();
      complete_ = true;
      ++count_;
      if (append_element(tensor_.bytes, tensor_.type, value)) return {};
      return wrong(tensor_.name,
                   std::format("element {} is no {}", count_ - 1, to_string(tensor_.type)));
    }
    if (depth >= static_cast<std::size_t>(kTensorRankMax))
      return wrong(tensor_.name, "it is nested too deep");
    const auto size = static_cast<std::int64_t>(list->size());
    if (depth == shape_.size()) {
      if (complete_) return ragged();
      shape_.push_back(size);
    } else if (shape_[depth] != size) {
      return ragged();
    }
    if (list->empty()) complete_ = true;
    for (const json::value& each : *list) WEFT_CHECK(read(each, depth + 1));
    return {};
  }
  const Shape& shape() const { return shape_; }
  std::uint64_t count() const { return count_; }

 private:
  Result<void> ragged() const {
    return wrong(tensor_.name, "its lists are not of one length, or of one depth");
  }
  OipTensor& tensor_;
  Shape shape_;
  std::uint64_t count_ = 0;
  bool complete_ = false;
};

bool fits(const Shape& given, const Shape& declared) {
  if (given.size() != declared.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (declared[i] != -1 && declared[i] != given[i]) return false;
  }
  return true;
}

std::string shown(const Shape& shape) {
  std::string out = "[";
  for (const std::int64_t size : shape)
    out += std::format("{}{}", out.size() > 1 ? ", " : "", size);
  return out + "]";
}

/// What was given in fewer dimensions: rows that are one, or columns that are.
Result<Shape> fitted(const TensorSpec& spec, Shape given) {
  if (fits(given, spec.shape)) return given;
  if (given.size() < spec.shape.size()) {
    const std::size_t lacking = spec.shape.size() - given.size();
    Shape before(lacking, 1);
    before.insert(before.end(), given.begin(), given.end());
    if (fits(before, spec.shape)) return before;
    Shape after = given;
    after.insert(after.end(), lacking, 1);
    if (fits(after, spec.shape)) return after;
  }
  const bool one = std::ranges::all_of(given, [](std::int64_t size) { return size == 1; });
  if (one && spec.shape.empty()) return Shape();
  return wrong(spec.name, std::format("it has the shape {}, the model takes {}", shown(given),
                                      shown(spec.shape)));
}

Result<Shape> read_shape(std::string_view name, const json::value& value) {
  Shape out;
  const json::array* list = value.if_array();
  if (list == nullptr) return wrong(name, "its shape is no list");
  for (const json::value& size : *list) {
    boost::system::error_code error;
    const auto number = size.to_number<std::int64_t>(error);
    if (error || !json::is_integer(size))
      return wrong(name, "a dimension of its shape is no whole number");
    out.push_back(number);
  }
  if (out.size() > static_cast<std::size_t>(kTensorRankMax))
    return wrong(name, "its shape has too many dimensions");
  return out;
}

/// `{"datatype"?, "shape"?, "data"}`; what only looks so is one element of BYTES.
const json::object* whole_form(const json::value& value) {
  const json::object* o = value.if_object();
  return o != nullptr && o->contains("data") ? o : nullptr;
}

Result<OipTensor> read_tensor(const TensorSpec& spec, bool declared, const json::value& value) {
  OipTensor out;
  out.name = spec.name;
  out.type = spec.type;
  const json::object* whole = whole_form(value);
  if (whole != nullptr) {
    const std::string_view word = json::string_at(*whole, "datatype");
    const auto named = tensor_type_from(word);
    if (!named && !word.empty()) return wrong(spec.name, std::format("`{}` is no datatype", word));
    if (named && declared && *named != spec.type) {
      return wrong(spec.name,
                   std::format("it is {}, the model takes {}", word, to_string(spec.type)));
    }
    if (!declared && !named) return wrong(spec.name, "it names no datatype");
    if (named) out.type = *named;
  } else if (!declared) {
    return wrong(
        spec.name,
        "the model has told no signature: write it as {\"datatype\", \"shape\", \"data\"}");
  }
  Nested nested(out);
  WEFT_CHECK(nested.read(whole != nullptr ? *json::find(*whole, "data") : value, 0));
  const json::value* shape = whole != nullptr ? json::find(*whole, "shape") : nullptr;
  if (shape != nullptr) {
    WEFT_TRY(out.shape, read_shape(spec.name, *shape));
    const auto count = elements_of(out.shape);
    if (!count) return wrong(spec.name, "its shape cannot be");
    if (*count == nested.count()) return out;
    return wrong(spec.name,
                 std::format("its data has {} elements, its shape {}", nested.count(), *count));
  }
  if (!declared) {
    out.shape = nested.shape();
    return out;
  }
  WEFT_TRY(out.shape, fitted(spec, nested.shape()));
  return out;
}

// ---- features

bool is_feature(const Signature& signature, std::string_view name) {
  return std::ranges::find(signature.features, name) != signature.features.end();
}

Result<std::vector<OipTensor>> table_of_features(const Signature& signature,
                                                 const json::object& args) {
  const TensorSpec& spec = signature.inputs[0];
  std::vector<OipTensor> columns;
  std::uint64_t rows = 0;
  for (const std::string& name : signature.features) {
    const json::value* value = json::find(args, name);
    if (value == nullptr) return wrong(name, "required: a number, or null where it is not known");
    OipTensor column;
    column.name = name;
    column.type = spec.type;
    Nested nested(column);
    WEFT_CHECK(nested.read(*value, 0));
    if (nested.shape().size() > 1) return wrong(name, "a feature is a number or a list of them");
    if (columns.empty()) rows = nested.count();
    if (nested.count() != rows)
      return wrong(name, std::format("{} rows; the first feature has {}", nested.count(), rows));
    columns.push_back(std::move(column));
  }
  for (const auto& [key, value] : args) {
    if (!is_feature(signature, key)) return wrong(key, "the model has no such feature");
  }
  OipTensor out;
  out.name = spec.name;
  out.type = spec.type;
  const std::size_t width = element_bytes(spec.type);
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (const OipTensor& column : columns)
      out.bytes += column.bytes.substr(static_cast<std::size_t>(row) * width, width);
  }
  const Shape given{static_cast<std::int64_t>(rows),
                    static_cast<std::int64_t>(signature.features.size())};
  out.shape = spec.shape.size() == 1 && rows == 1 ? Shape{given[1]} : given;
  std::vector<OipTensor> tensors;
  tensors.push_back(std::move(out));
  return tensors;
}

// ---- one element out

template <class T>
json::value whole_value(T value) {
  if constexpr (sizeof(T) == 8) {
    const bool exact =
        std::cmp_less_equal(value, kExactMax) && std::cmp_greater_equal(value, -kExactMax);
    if (!exact) return json::value(std::to_string(value));
  }
  return value;
}

/// As the shortest decimal that is this float: 0.1 rather than 0.10000000149011612.
json::value real_value(float value) {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 32> text{};
  const auto made = std::to_chars(text.data(), text.data() + text.size(), value);
  double out = 0;
  (void)std::from_chars(text.data(), made.ptr, out);
  return out;
}

json::value element_value(const OipTensor& tensor, std::size_t i) {
  const std::string_view bytes = tensor.bytes;
  switch (tensor.type) {
    case TensorType::boolean: return bytes[i] != '\0';
    case TensorType::uint8: return whole_value(raw_at<std::uint8_t>(bytes, i));
    case TensorType::uint16: return whole_value(raw_at<std::uint16_t>(bytes, i));
    case TensorType::uint32: return whole_value(raw_at<std::uint32_t>(bytes, i));
    case TensorType::uint64: return whole_value(raw_at<std::uint64_t>(bytes, i));
    case TensorType::int8: return whole_value(raw_at<std::int8_t>(bytes, i));
    case TensorType::int16: return whole_value(raw_at<std::int16_t>(bytes, i));
    case TensorType::int32: return whole_value(raw_at<std::int32_t>(bytes, i));
    case TensorType::int64: return whole_value(raw_at<std::int64_t>(bytes, i));
    case TensorType::fp16: return real_value(float_of_fp16(raw_at<std::uint16_t>(bytes, i)));
    case TensorType::bf16: return real_value(float_of_bf16(raw_at<std::uint16_t>(bytes, i)));
    case TensorType::fp32: return real_value(raw_at<float>(bytes, i));
    case TensorType::fp64: {
      const auto value = raw_at<double>(bytes, i);
      return std::isfinite(value) ? json::value(value) : json::value(nullptr);
    }
    case TensorType::bytes: break;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string_view> texts_of(const OipTensor& tensor) {
  std::vector<std::string_view> out;
  std::string_view rest = tensor.bytes;
  while (rest.size() >= 4) {
    const auto size = raw_at<std::uint32_t>(rest, 0);
    rest.remove_prefix(4);
    out.push_back(rest.substr(0, size));
    rest.remove_prefix(std::min<std::size_t>(size, rest.size()));
  }
  return out;
}

OipTensor tensor_of_texts(std::string name, std::vector<std::int64_t> shape,
                          const std::vector<std::string_view>& texts) {
  OipTensor out;
  out.name = std::move(name);
  out.type = TensorType::bytes;
  out.shape = std::move(shape);
  for (const std::string_view text : texts) {
    append_raw(out.bytes, static_cast<std::uint32_t>(text.size()));
    out.bytes += text;
  }
  return out;
}

json::array json_of_elements(const OipTensor& tensor) {
  json::array out;
  if (tensor.type == TensorType::bytes) {
    const auto texts = texts_of(tensor);
    for (const std::string_view text : texts) {
      if (is_utf8(text)) {
        out.emplace_back(text);
      } else {
        out.emplace_back(json::object{{"b64", base64_encode(text)}});
      }
    }
    return out;
  }
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.type);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(element_value(tensor, i));
  return out;
}

json::object json_of_tensors(const std::vector<OipTensor>& tensors) {
  json::object out;
  for (const OipTensor& tensor : tensors) {
    json::array data = json_of_elements(tensor);
    if (tensor.shape.empty() && data.size() == 1) {
      out[tensor.name] = std::move(data[0]);
    } else if (tensor.shape.size() <= 1) {
      out[tensor.name] = std::move(data);
    } else {
      out[tensor.name] =
          json::object{{"datatype", to_string(tensor.type)},
                       {"shape", json::array(tensor.shape.begin(), tensor.shape.end())},
                       {"data", std::move(data)}};
    }
  }
  return out;
}

Result<std::vector<OipTensor>> tensors_of_json(const Signature& signature,
                                               const json::value& args) {
  const json::object* o = args.if_object();
  if (o == nullptr) {
    return fail(make_argument_error(
        "", std::format("expected an object with a member for each tensor, got {}",
                        json::type_name(args))));
  }
  if (o->size() > kTensorsMax + signature.features.size())
    return fail(make_argument_error("", "too many tensors"));
  const bool by_name = !signature.features.empty() && !o->contains(signature.inputs[0].name);
  if (by_name) return table_of_features(signature, *o);
  std::vector<OipTensor> out;
  for (const TensorSpec& spec : signature.inputs) {
    const json::value* value = json::find(*o, spec.name);
    if (value == nullptr)
      return wrong(spec.name,
                   std::format("required: {} {}", to_string(spec.type), shown(spec.shape)));
    WEFT_TRY(OipTensor tensor, read_tensor(spec, true, *value));
    out.push_back(std::move(tensor));
  }
  for (const auto& [key, value] : *o) {
    const std::string_view name = key;
    if (std::ranges::find(signature.inputs, name, &TensorSpec::name) != signature.inputs.end())
      continue;
    if (!signature.inputs.empty()) return wrong(name, "the model has no such input");
    TensorSpec free;
    free.name = name;
    WEFT_TRY(OipTensor tensor, read_tensor(free, false, value));
    out.push_back(std::move(tensor));
  }
  return out;
}

}  // namespace weft::wire

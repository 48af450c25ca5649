#include "weft/ml/algorithms/onnx/engine/requests.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <format>
#include <limits>

#include "weft/base/json.h"
#include "weft/ml/tabular/requests.h"
#include "weft/ml/worker/tensor_replies.h"
#include "weft/wire/half_float.h"
#include "weft/wire/media_type.h"

namespace weft::ml::onnx {
namespace {

using wire::OipTensor;
using wire::TensorType;
using worker::Request;

constexpr std::size_t kJsonBytesMax = 256 * 1024 * 1024;
/// Rows of a table are read as floats, which hold whole numbers up to this.
constexpr float kWholeMax = 16'777'216.0F;

std::unexpected<Error> bad(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

std::string names_of(const std::vector<Port>& ports) {
  std::string out;
  for (const Port& port : ports)
    out += std::format("{}`{}` {}", out.empty() ? "" : ", ", port.name, shown(port));
  return out;
}

Result<void> check_inputs(const Ports& ports, const std::vector<OipTensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i)
    WEFT_CHECK(check_input(ports.inputs[i], tensors[i]));
  return {};
}

// ---- tensors

/// In the model's order. Errors: one is missing, or is none of the model's.
Result<void> put_in_order(const Ports& ports, std::vector<OipTensor>& tensors) {
  for (const OipTensor& tensor : tensors) {
    if (!std::ranges::contains(ports.inputs, tensor.name, &Port::name)) {
      return bad(std::format("tensor `{}`: the model has no such input; it takes {}", tensor.name,
                             names_of(ports.inputs)));
    }
  }
  for (std::size_t i = 0; i < ports.inputs.size(); ++i) {
    const auto rest = tensors.begin() + static_cast<std::ptrdiff_t>(i);
    const auto at = std::find_if(rest, tensors.end(), [&](const OipTensor& tensor) {
      return tensor.name == ports.inputs[i].name;
    });
    if (at == tensors.end())
      return bad(std::format("tensor `{}` is missing; the model takes {}", ports.inputs[i].name,
                             names_of(ports.inputs)));
    if (at != rest) std::iter_swap(rest, at);
  }
  if (tensors.size() > ports.inputs.size())
    return bad(std::format("tensor `{}` is there twice", tensors.back().name));
  return {};
}

Result<std::vector<std::size_t>> wanted_outputs(const Ports& ports,
                                                const std::vector<wire::OipOutput>& wanted) {
  std::vector<std::size_t> out;
  for (const wire::OipOutput& each : wanted) {
    const auto at = std::ranges::find(ports.outputs, each.name, &Port::name);
    if (at == ports.outputs.end()) {
      return bad(std::format("output `{}`: the model has no such output; it gives {}", each.name,
                             names_of(ports.outputs)));
    }
    out.push_back(static_cast<std::size_t>(at - ports.outputs.begin()));
  }
  for (std::size_t i = 0; wanted.empty() && i < ports.outputs.size(); ++i) out.push_back(i);
  return out;
}

Result<Asked> read_tensor_request(const Ports& ports, const Request& request) {
  Asked out;
  WEFT_TRY(out.request, worker::read_tensors(request));
  WEFT_CHECK(put_in_order(ports, out.request.inputs));
  WEFT_TRY(out.outputs, wanted_outputs(ports, out.request.outputs));
  return out;
}

// ---- tables

template <class T>
Result<void> append_as(std::string& out, std::span<const float> values) {
  const std::size_t before = out.size();
  out.resize(before + values.size() * sizeof(T));
  char* place = out.data() + before;
  for (const float value : values) {
    if constexpr (std::is_integral_v<T>) {
      constexpr auto kLow = static_cast<double>(std::numeric_limits<T>::lowest());
      constexpr auto kHigh = static_cast<double>(std::numeric_limits<T>::max());
      if (std::trunc(value) != value || std::fabs(value) > kWholeMax || value < kLow ||
          value > kHigh) {
        return bad(
            std::format("{} is no whole number that this model takes (in a table up to "
                        "2^24; send tensors for larger ones)",
                        value));
      }
    }
    const auto converted = static_cast<T>(value);
    std::memcpy(place, &converted, sizeof(T));
    place += sizeof(T);
  }
  return {};
}

Result<void> append_values(OipTensor& tensor, std::span<const float> values) {
  switch (tensor.type) {
    case TensorType::fp32: return append_as<float>(tensor.bytes, values);
    case TensorType::fp64: return append_as<double>(tensor.bytes, values);
    case TensorType::int8: return append_as<std::int8_t>(tensor.bytes, values);
    case TensorType::int16: return append_as<std::int16_t>(tensor.bytes, values);
    case TensorType::int32: return append_as<std::int32_t>(tensor.bytes, values);
    case TensorType::int64: return append_as<std::int64_t>(tensor.bytes, values);
    case TensorType::uint8: return append_as<std::uint8_t>(tensor.bytes, values);
    case TensorType::uint16: return append_as<std::uint16_t>(tensor.bytes, values);
    case TensorType::uint32: return append_as<std::uint32_t>(tensor.bytes, values);
    case TensorType::uint64: return append_as<std::uint64_t>(tensor.bytes, values);
    case TensorType::boolean:
      for (const float value : values) tensor.bytes += value != 0 ? '\1' : '\0';
      return {};
    case TensorType::fp16:
    case TensorType::bf16:
      for (const float value : values) {
        const std::uint16_t bits = tensor.type == TensorType::fp16 ? wire::fp16_of_float(value)
                                                                   : wire::bf16_of_float(value);
        tensor.bytes.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
      }
      return {};
    case TensorType::bytes: break;
  }
  return bad("a table of numbers is nothing for an input of texts");
}

/// The same rows, with a value in each column.
Rows dense(const Rows& rows, std::uint64_t columns) {
  Rows out;
  out.columns = columns;
  out.values.assign(rows.rows() * columns, 0);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    for (std::uint64_t at = rows.row_begin[row]; at < rows.row_begin[row + 1]; ++at)
      out.values[row * columns + rows.indices[at]] = rows.values[at];
  }
  return out;
}

Result<Asked> read_table(const Ports& ports, const Request& request) {
  Asked out;
  out.form = Form::csv;
  if (!ports.table) {
    return bad(
        std::format("a table is nothing for this model, which takes {}: send "
                    "application/json, or tensors",
                    names_of(ports.inputs)));
  }
  const TablePlan& plan = *ports.table;
  WEFT_TRY(Rows rows, read_rows(request.type, request.body, plan.total));
  if (rows.sparse && rows.columns <= plan.total) rows = dense(rows, plan.total);
  if (rows.sparse || (plan.total != 0 && rows.columns != plan.total)) {
    return bad(std::format(
        "the rows have {} columns, the model takes {}", rows.columns,
        plan.total == 0 ? std::string("no sparse ones") : std::format("{}", plan.total)));
  }
  const std::size_t count = rows.rows();
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < ports.inputs.size(); ++i) {
    const Port& port = ports.inputs[i];
    const std::uint64_t width = plan.columns[i] == 0 ? rows.columns : plan.columns[i];
    OipTensor tensor{.name = port.name, .type = port.type, .shape = port.shape};
    tensor.shape[0] = static_cast<std::int64_t>(count);
    if (plan.columns[i] == 0) tensor.shape[1] = static_cast<std::int64_t>(width);
    for (std::size_t row = 0; row < count; ++row) {
      WEFT_CHECK(
          append_values(tensor, std::span(rows.values).subspan(row * rows.columns + begin, width)));
    }
    begin += width;
    out.request.inputs.push_back(std::move(tensor));
  }
  return out;
}

// ---- JSON

/// The value of one input in a row: by its name; the row itself, or what is in it as `features`,
/// for an only input.
const json::value* value_of(const Ports& ports, const Port& port, const json::value& row) {
  const auto* named = json::find(row, port.name);
  if (named != nullptr || ports.inputs.size() > 1) return named;
  if (!row.is_object()) return &row;
  return json::find(row, "features");
}

/// Rows, one value after the other: for each input its values of all rows.
Result<json::value> columns_of(const Ports& ports, const json::array& rows) {
  json::object out;
  for (const Port& port : ports.inputs) {
    json::array values;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto* value = value_of(ports, port, rows[i]);
      if (value == nullptr) {
        return bad(std::format("instance {}: `{}` is missing; the model takes {}", i + 1, port.name,
                               names_of(ports.inputs)));
      }
      values.push_back(*value);
    }
    out[port.name] = std::move(values);
  }
  return json::value(std::move(out));
}

Result<std::vector<OipTensor>> tensors_of(const Ports& ports, const json::value& columns) {
  WEFT_TRY(auto out, wire::tensors_of_json(ports.signature, columns));
  WEFT_CHECK(put_in_order(ports, out));
  return out;
}

/// A tensor's own form stands in a list: an Open Inference Protocol request by SageMaker's door.
bool is_tensor_request(const json::value& inputs) {
  if (!inputs.is_array() || inputs.get_array().empty()) return false;
  const json::value& first = inputs.get_array().front();
  return json::find(first, "datatype") != nullptr && json::find(first, "name") != nullptr;
}

Result<Asked> read_rows_of(const Ports& ports, Form form, const json::array& rows) {
  Asked out;
  out.form = form;
  WEFT_TRY(const json::value columns, columns_of(ports, rows));
  WEFT_TRY(out.request.inputs, tensors_of(ports, columns));
  return out;
}

Result<Asked> read_json(const Ports& ports, const Request& request) {
  const auto parsed = json::parse(request.body, kJsonBytesMax);
  if (!parsed) return fail(Reason::content_type, parsed.error().message);
  if (parsed->is_array()) return read_rows_of(ports, Form::instances, parsed->get_array());
  const auto* rows = json::find(*parsed, "instances");
  if (rows != nullptr && rows->is_array())
    return read_rows_of(ports, Form::instances, rows->get_array());
  const auto* inputs = json::find(*parsed, "inputs");
  if (inputs != nullptr && is_tensor_request(*inputs)) {
    Request tensors = request;
    tensors.accept = "";
    return read_tensor_request(ports, tensors);
  }
  if (!parsed->is_object()) {
    return fail(Reason::content_type,
                "a request in JSON is {\"instances\": […]}, {\"inputs\": …} or a list of rows");
  }
  Asked out;
  out.form = Form::columns;
  const bool only = inputs != nullptr && !inputs->is_object() && ports.inputs.size() == 1;
  const json::value columns = only ? json::value(json::object{{ports.inputs[0].name, *inputs}})
                              : inputs != nullptr ? *inputs
                                                  : *parsed;
  WEFT_TRY(out.request.inputs, tensors_of(ports, columns));
  return out;
}

Result<Asked> read_lines(const Ports& ports, const Request& request) {
  json::array rows;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    auto row = json::parse(line, kJsonBytesMax);
    if (!row) {
      return fail(Reason::content_type,
                  std::format("line {}: {}", rows.size() + 1, row.error().message));
    }
    rows.push_back(*std::move(row));
  }
  return read_rows_of(ports, Form::lines, rows);
}

Result<Asked> read_by_type(const Ports& ports, const Request& request) {
  if (request.tensors) return read_tensor_request(ports, request);
  const std::string type = wire::media_type(request.type);
  if (type == "application/json") return read_json(ports, request);
  if (type == "application/jsonlines" || type == "application/x-jsonlines" ||
      type == "application/x-ndjson")
    return read_lines(ports, request);
  return read_table(ports, request);
}

}  // namespace

Result<Asked> read_request(const Ports& ports, const Request& request) {
  WEFT_TRY(Asked out, read_by_type(ports, request));
  WEFT_CHECK(check_inputs(ports, out.request.inputs));
  if (out.outputs.empty()) {
    WEFT_TRY(out.outputs, wanted_outputs(ports, {}));
  }
  return out;
}

}  // namespace weft::ml::onnx

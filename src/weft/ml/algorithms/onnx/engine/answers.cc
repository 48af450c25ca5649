#include "weft/ml/algorithms/onnx/engine/answers.h"

#include <algorithm>
#include <format>
#include <optional>

#include "weft/base/json.h"
#include "weft/ml/worker/tensor_replies.h"
#include "weft/wire/media_type.h"

namespace weft::ml::onnx {
namespace {

using wire::OipTensor;

constexpr std::string_view kCsv = "text/csv";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLines = "application/jsonlines";

OipTensor tensor_of(const Port& port, const TensorView& value) {
  return {.name = port.name,
          .type = value.type,
          .shape = {value.shape.begin(), value.shape.end()},
          .bytes = std::string(value.bytes)};
}

/// An output's elements, and how they lie.
struct Output {
  std::string_view name;
  std::vector<std::int64_t> shape;
  json::array elements;

  bool rows(std::int64_t count) const { return !shape.empty() && shape[0] == count; }
  std::size_t width() const {
    const std::size_t rows = shape.empty() ? 0 : static_cast<std::size_t>(shape[0]);
    return rows == 0 ? 0 : elements.size() / rows;
  }
};

/// The elements from `at` on, as lists of lists of the shape; moves `at` behind them.
void append_nested(std::string& out, const Output& output, std::size_t dimension, std::size_t& at) {
  if (dimension == output.shape.size()) {
    json::write(out, output.elements[at++]);
    return;
  }
  out += '[';
  for (std::int64_t i = 0; i < output.shape[dimension]; ++i) {
    if (i > 0) out += ',';
    append_nested(out, output, dimension + 1, at);
  }
  out += ']';
}

void append_row(std::string& out, const Output& output, std::int64_t row) {
  std::size_t at = static_cast<std::size_t>(row) * output.width();
  append_nested(out, output, 1, at);
}

/// A row of all outputs: the only one's, or each by its name.
void append_row(std::string& out, std::span<const Output> outputs, std::int64_t row) {
  if (outputs.size() == 1) return append_row(out, outputs[0], row);
  out += '{';
  for (const Output& output : outputs) {
    if (&output != &outputs.front()) out += ',';
    json::write(out, json::value(output.name));
    out += ':';
    append_row(out, output, row);
  }
  out += '}';
}

/// A field of RFC 4180: between quotes where it has to be.
void append_field(std::string& out, const json::value& value) {
  if (value.is_null()) return;
  if (!value.is_string()) return json::write(out, value);
  const std::string_view text = value.get_string();
  if (text.find_first_of(",\"\r\n") == text.npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string csv_of(std::span<const Output> outputs, std::int64_t rows) {
  std::string out;
  for (std::int64_t row = 0; row < rows; ++row) {
    bool first = true;
    for (const Output& output : outputs) {
      for (std::size_t i = 0; i < output.width(); ++i) {
        if (!first) out += ',';
        first = false;
        append_field(out, output.elements[static_cast<std::size_t>(row) * output.width() + i]);
      }
    }
    out += '\n';
  }
  return out;
}

std::string lines_of(std::span<const Output> outputs, std::int64_t rows) {
  std::string out;
  for (std::int64_t row = 0; row < rows; ++row) {
    append_row(out, outputs, row);
    out += '\n';
  }
  return out;
}

std::string rows_of(std::span<const Output> outputs, std::int64_t rows) {
  std::string out = R"({"predictions":[)";
  for (std::int64_t row = 0; row < rows; ++row) {
    if (row > 0) out += ',';
    append_row(out, outputs, row);
  }
  return out + "]}";
}

std::string columns_of(std::span<const Output> outputs) {
  std::string out = R"({"outputs":)";
  const auto append = [&](const Output& output) {
    std::size_t at = 0;
    append_nested(out, output, 0, at);
  };
  if (outputs.size() == 1) {
    append(outputs[0]);
    return out + '}';
  }
  out += '{';
  for (const Output& output : outputs) {
    if (&output != &outputs.front()) out += ',';
    json::write(out, json::value(output.name));
    out += ':';
    append(output);
  }
  return out + "}}";
}

/// What a type is written as; nothing for one that is not.
std::optional<std::string_view> type_of(std::string_view accept, Form form) {
  const std::string type = wire::media_type(accept);
  if (accept.empty() || type == "*/*") {
    if (form == Form::csv) return kCsv;
    return form == Form::lines ? kLines : kJson;
  }
  for (const std::string_view known : {kCsv, kJson, kLines}) {
    if (type == known) return known;
  }
  if (type == "application/x-jsonlines" || type == "application/x-ndjson") return kLines;
  return std::nullopt;
}

void write_tensors(const Ports& ports, const Asked& asked, std::span<const TensorView> values,
                   worker::Reply& reply) {
  wire::OipResponse response;
  response.id = asked.request.id;
  for (std::size_t i = 0; i < values.size(); ++i)
    response.outputs.push_back(tensor_of(ports.outputs[asked.outputs[i]], values[i]));
  worker::write_tensors(response, asked.request, reply);
}

}  // namespace

Result<void> write_answer(const Ports& ports, const Asked& asked,
                          std::span<const TensorView> values, std::string_view accept,
                          worker::Reply& reply) {
  if (asked.form == Form::tensors) {
    write_tensors(ports, asked, values, reply);
    return {};
  }
  const auto type = type_of(accept, asked.form);
  if (!type) {
    return fail(Reason::unsupported,
                std::format("Accept type {} is not supported: text/csv, application/json, "
                            "application/jsonlines",
                            accept));
  }
  std::vector<Output> outputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const OipTensor tensor = tensor_of(ports.outputs[asked.outputs[i]], values[i]);
    outputs.push_back({.name = ports.outputs[asked.outputs[i]].name,
                       .shape = tensor.shape,
                       .elements = wire::json_of_elements(tensor)});
  }
  const auto& shape = asked.request.inputs.front().shape;
  const std::int64_t rows = shape.empty() ? 0 : shape[0];
  const bool by_row = !shape.empty() && std::ranges::all_of(outputs, [&](const Output& output) {
    return output.rows(rows);
  });
  reply.type = *type;
  if (*type == kJson) {
    reply.body =
        by_row && asked.form != Form::columns ? rows_of(outputs, rows) : columns_of(outputs);
    return {};
  }
  if (!by_row) {
    return fail(Reason::unsupported,
                std::format("the model's outputs have no row for each that was asked about, and so "
                            "no form in {}: accept application/json",
                            *type));
  }
  reply.body = *type == kCsv ? csv_of(outputs, rows) : lines_of(outputs, rows);
  return {};
}

}  // namespace weft::ml::onnx

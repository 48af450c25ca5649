#include "weft/adapters/openai/embedding.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <format>

#include "weft/adapters/openai/answer.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openai {
namespace {

static_assert(std::endian::native == std::endian::little, "float32 goes out as it lies in memory");

std::unexpected<Error> broken(std::string message) {
  return fail(Reason::upstream_protocol, std::move(message));
}

Result<void> check_input(const json::value* input) {
  if (!input)
    return fail(make_argument_error("/input", "a string or an array of strings is needed"));
  if (input->is_string()) return {};
  const auto* list = input->if_array();
  if (!list || list->empty()) {
    return fail(make_argument_error("/input", "expected a string or an array of strings"));
  }
  if (list->size() > kEmbeddingInputsMax) {
    return fail(make_argument_error(
        "/input", std::format("at most {} inputs are read", kEmbeddingInputsMax)));
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].is_string()) continue;
    return fail(make_argument_error(
        std::format("/input/{}", i),
        "expected a string: tokens are passed only to an OpenAI-compatible solution"));
  }
  return {};
}

std::string float_bytes(const json::array& numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * 4);
  for (const auto& number : numbers) {
    const auto single = number.is_number() ? static_cast<float>(number.to_number<double>()) : 0.0F;
    char raw[4];
    std::memcpy(raw, &single, 4);
    bytes.append(raw, 4);
  }
  return bytes;
}

Result<json::array> floats_of_base64(std::string_view text) {
  auto bytes = wire::base64_decode(text);
  if (!bytes || bytes->size() % 4 != 0) return broken("an embedding is no base64 of float32");
  json::array numbers;
  numbers.reserve(bytes->size() / 4);
  for (std::size_t i = 0; i < bytes->size(); i += 4) {
    float single = 0;
    std::memcpy(&single, bytes->data() + i, 4);
    if (!std::isfinite(single)) return broken("an embedding holds a value that is no number");
    numbers.emplace_back(static_cast<double>(single));
  }
  return numbers;
}

/// Rows of a [n, d] tensor of FP32 or FP64.
std::optional<json::array> rows_of_tensor(const model::Tensor& tensor) {
  const bool single = tensor.datatype == "FP32";
  if ((!single && tensor.datatype != "FP64") || tensor.shape.size() != 2) return std::nullopt;
  const auto rows = static_cast<std::size_t>(tensor.shape[0]);
  const auto columns = static_cast<std::size_t>(tensor.shape[1]);
  const std::size_t width = single ? 4 : 8;
  if (columns == 0 || tensor.bytes.size() / width / columns != rows) return std::nullopt;
  json::array out;
  const char* at = tensor.bytes.data();
  for (std::size_t r = 0; r < rows; ++r) {
    json::array row;
    for (std::size_t c = 0; c < columns; ++c, at += width) {
      float f = 0;
      double d = 0;
      std::memcpy(single ? static_cast<void*>(&f) : static_cast<void*>(&d), at, width);
      row.emplace_back(single ? static_cast<double>(f) : d);
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<json::array> rows_of(const model::Output& output) {
  const auto data = model::plain_data(output);
  if (data && data->is_object()) {
    if (const auto* rows = json::array_at(data->get_object(), "embeddings")) return *rows;
    if (const auto* row = json::array_at(data->get_object(), "embedding")) {
      json::array rows;
      rows.emplace_back(*row);
      return rows;
    }
  }
  for (const auto& tensor : output.tensors) {
    if (auto rows = rows_of_tensor(tensor)) return rows;
  }
  return std::nullopt;
}

}  // namespace

Result<EmbeddingRequest> decode_embedding_request(std::string_view body) {
  WEFT_TRY(const json::object o, json::parse_object(body, "the request"));
  EmbeddingRequest request;
  request.model = json::string_at(o, "model");
  if (request.model.empty()) {
    return fail(
        make_argument_error("/model", "the name of a model is needed; GET /v1/models lists them"));
  }
  const auto format = json::string_at(o, "encoding_format");
  if (!format.empty() && format != "float" && format != "base64") {
    return fail(make_argument_error("/encoding_format",
                                    std::format("`{}` is not float or base64", format)));
  }
  request.base64 = format == "base64";
  const auto* input = json::find(o, "input");
  WEFT_CHECK(check_input(input));
  request.call.args = json::object{{"input", *input}};
  for (const auto& [key, value] : o) {
    if (key != "model" && key != "input" && key != "encoding_format")
      request.call.gen.extra[key] = value;
  }
  return request;
}

Result<json::object> encode_embedding_request(const model::Call& call, std::string_view model) {
  const auto* args = call.args ? call.args->if_object() : nullptr;
  const auto* input = args ? json::find(*args, "input") : nullptr;
  WEFT_CHECK(check_input(input));
  json::object o{{"model", model}, {"input", *input}, {"encoding_format", "float"}};
  for (const auto& [key, value] : call.gen.extra) {
    if (!o.contains(key)) o[key] = value;
  }
  return o;
}

Result<json::object> encode_embeddings(const model::Output& output, std::string_view model,
                                       bool base64) {
  const auto rows = rows_of(output);
  if (!rows) return fail(Reason::solution_failed, "the skill answered no embeddings");
  json::array data;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto* row = (*rows)[i].if_array();
    if (!row)
      return fail(Reason::solution_failed, "the skill's embeddings are no arrays of numbers");
    json::object item{{"object", "embedding"}, {"index", i}};
    item["embedding"] =
        base64 ? json::value(wire::base64_encode(float_bytes(*row))) : json::value(*row);
    data.push_back(std::move(item));
  }
  json::object o{{"object", "list"}, {"data", std::move(data)}, {"model", model}};
  const auto tokens = output.usage ? output.usage->input : 0;
  o["usage"] = {{"prompt_tokens", tokens}, {"total_tokens", tokens}};
  return o;
}

Result<model::Output> decode_embeddings(std::string_view body) {
  auto parsed = json::parse(body);
  if (!parsed) return broken("the embeddings cannot be read: " + parsed.error().message);
  if (const auto* error = error_object(*parsed)) return fail(error_from_json(*error, 0));
  const auto* o = parsed->if_object();
  const auto* data = o ? json::array_at(*o, "data") : nullptr;
  if (!data) return broken("the answer has no embeddings");
  json::array rows(data->size());
  for (std::size_t i = 0; i < data->size(); ++i) {
    const auto* item = (*data)[i].if_object();
    const auto* vector = item ? json::find(*item, "embedding") : nullptr;
    if (!vector) return broken("an item of the answer has no embedding");
    const auto index = static_cast<std::size_t>(
        json::int_at(*item, "index").value_or(static_cast<std::int64_t>(i)));
    if (index >= rows.size()) return broken("an embedding's index is out of range");
    if (vector->is_string()) {
      WEFT_TRY(rows[index], floats_of_base64(vector->get_string()));
    } else if (vector->is_array()) {
      rows[index] = *vector;
    } else {
      return broken("an embedding is neither numbers nor base64");
    }
  }
  model::Output output;
  output.data = json::object{{"embeddings", std::move(rows)}};
  output.usage = read_usage(*o);
  output.model = json::string_at(*o, "model");
  return output;
}

}  // namespace weft::adapters::openai

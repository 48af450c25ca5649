#include "weft/ml/algorithms/blazingtext/engine/requests.h"

#include <algorithm>
#include <format>

#include "weft/base/json.h"
#include "weft/ml/worker/tensor_replies.h"
#include "weft/wire/media_type.h"
#include "weft/wire/tensor_json.h"

namespace weft::ml::blazingtext {
namespace {

constexpr std::size_t kJsonBytesMax = 256 * 1024 * 1024;
/// More labels than any model has.
constexpr std::int64_t kCountMax = 1'000'000'000;

std::unexpected<Error> unreadable(std::string message) {
  return fail(Reason::content_type, std::move(message));
}

/// The value of `k`; 1 where it is not named.
Result<std::size_t> count_of(const json::value* value) {
  if (value == nullptr) return 1;
  const std::int64_t count = value->is_int64() ? value->get_int64() : 0;
  if (count >= 1 && count <= kCountMax) return static_cast<std::size_t>(count);
  return fail(Reason::invalid_argument, std::format("`k` is how many labels are wanted, 1 or more; "
                                                    "not {}",
                                                    json::write(*value).substr(0, 24)));
}

Result<Asked> read_json(std::string_view body) {
  const auto parsed = json::parse(body, kJsonBytesMax);
  if (!parsed) return unreadable(parsed.error().message);
  const auto* instances = json::find(*parsed, "instances");
  if (instances == nullptr || !instances->is_array())
    return unreadable("a request in JSON is {\"instances\": [\"a text\", …]}");
  Asked out;
  for (const json::value& each : instances->get_array()) {
    if (!each.is_string())
      return unreadable(std::format("instance {} is no text", out.texts.size() + 1));
    out.texts.emplace_back(each.get_string());
  }
  const auto* configuration = json::find(*parsed, "configuration");
  WEFT_TRY(const std::size_t count,
           count_of(configuration == nullptr ? nullptr : json::find(*configuration, "k")));
  out.counts = {count};
  return out;
}

/// `take` is given each line.
template <class Take>
Result<void> each_line(std::string_view rest, Take take) {
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    WEFT_CHECK(take(line));
  }
  return {};
}

Result<Asked> read_lines(std::string_view body) {
  Asked out;
  out.form = Form::lines;
  WEFT_CHECK(each_line(body, [&](std::string_view line) -> Result<void> {
    if (line.find_first_not_of(" \t") == line.npos) return {};
    const auto parsed = json::parse(line, kJsonBytesMax);
    const auto number = out.texts.size() + 1;
    if (!parsed) return unreadable(std::format("line {}: {}", number, parsed.error().message));
    const auto* source = json::find(*parsed, "source");
    if (source == nullptr || !source->is_string()) {
      return unreadable(
          std::format("line {}: it has no `source`: {{\"source\": \"a text\"}}", number));
    }
    WEFT_TRY(const std::size_t count, count_of(json::find(*parsed, "k")));
    out.texts.emplace_back(source->get_string());
    out.counts.push_back(count);
    return {};
  }));
  return out;
}

Result<Asked> read_plain(std::string_view body) {
  Asked out;
  out.counts = {1};
  WEFT_CHECK(each_line(body, [&](std::string_view line) -> Result<void> {
    out.texts.emplace_back(line);
    return {};
  }));
  return out;
}

Result<Asked> read_tensor(const worker::Request& request) {
  Asked out;
  out.form = Form::tensors;
  WEFT_TRY(out.request, worker::read_tensors(request));
  if (out.request.inputs.size() != 1) {
    return fail(Reason::invalid_argument,
                std::format("{} tensors; this model takes one of texts, BYTES [-1]",
                            out.request.inputs.size()));
  }
  const wire::OipTensor& tensor = out.request.inputs.front();
  const bool fits = tensor.shape.size() == 1 || (tensor.shape.size() == 2 && tensor.shape[1] == 1);
  if (tensor.type != wire::TensorType::bytes || !fits) {
    return fail(
        Reason::invalid_argument,
        std::format("tensor `{}`: this model takes texts, BYTES [-1] or [-1, 1]", tensor.name));
  }
  const auto texts = wire::texts_of(tensor);
  out.texts.assign(texts.begin(), texts.end());
  const auto* k = json::find(out.request.parameters, "k");
  WEFT_TRY(const std::size_t count, count_of(k));
  out.counts = {count};
  out.request.inputs.clear();
  return out;
}

}  // namespace

Result<Asked> read_request(const worker::Request& request) {
  if (request.tensors) return read_tensor(request);
  const std::string type = wire::media_type(request.type);
  if (type == "application/json") return read_json(request.body);
  if (type == "application/jsonlines" || type == "application/x-jsonlines" ||
      type == "application/x-ndjson")
    return read_lines(request.body);
  if (type == "text/plain") return read_plain(request.body);
  return unreadable(
      std::format("Content-type {} not supported. Supported content-type is application/json, "
                  "application/jsonlines, text/plain",
                  request.type));
}

}  // namespace weft::ml::blazingtext

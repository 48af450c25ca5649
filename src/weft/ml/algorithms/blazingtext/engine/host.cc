#include "weft/ml/algorithms/blazingtext/engine/host.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <optional>

#include "weft/base/json.h"
#include "weft/ml/algorithms/blazingtext/engine/library.h"
#include "weft/ml/algorithms/blazingtext/engine/model_check.h"
#include "weft/ml/algorithms/blazingtext/engine/requests.h"
#include "weft/ml/tabular/data_files.h"
#include "weft/ml/worker/model_files.h"
#include "weft/ml/worker/tensor_replies.h"
#include "weft/wire/media_type.h"
#include "weft/wire/tensor_json.h"

namespace weft::ml::blazingtext {
namespace {

namespace fs = std::filesystem;
using worker::Reply;
using worker::Request;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLines = "application/jsonlines";
/// Of the numbers that one request may be answered with.
constexpr std::size_t kNumbersMax = 64 * 1024 * 1024;

/// JSON has no word for what is no number.
void append_number(std::string& out, float value) {
  if (std::isfinite(value)) {
    std::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += "null";
  }
}

template <class Range, class Append>
void append_list(std::string& out, const Range& all, Append append) {
  out += '[';
  bool first = true;
  for (const auto& each : all) {
    if (!first) out += ',';
    first = false;
    append(each);
  }
  out += ']';
}

json::object port(std::string_view name, std::string_view type,
                  std::initializer_list<std::int64_t> shape) {
  return {{"name", name}, {"datatype", type}, {"shape", json::array(shape.begin(), shape.end())}};
}

class Host final : public worker::ModelHost {
 public:
  explicit Host(TextModel model) : model_(std::move(model)) {
    if (model_.supervised()) labels_ = model_.labels();
  }

  std::string about() const override {
    json::object out{{"engine", "blazingtext"}};
    out["inputs"] = json::array{port("text", "BYTES", {-1})};
    const auto dimension = static_cast<std::int64_t>(model_.dimension());
    if (model_.supervised()) {
      out["outputs"] =
          json::array{port("label", "BYTES", {-1, -1}), port("prob", "FP32", {-1, -1})};
      json::array classes;
      for (const std::string& each : labels_) classes.emplace_back(each);
      out["classes"] = std::move(classes);
    } else {
      out["outputs"] = json::array{port("vector", "FP32", {-1, dimension})};
    }
    out["words"] = model_.words();
    return json::write(out);
  }

  void answer(std::span<const Request> requests, std::span<Reply> replies) override {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (const auto answered = one(requests[i], replies[i]); !answered)
        replies[i] = worker::refusal_of(answered.error());
    }
  }

 private:
  Result<void> one(const Request& request, Reply& reply) const {
    WEFT_TRY(const Asked asked, read_request(request));
    if (asked.form == Form::tensors)
      return model_.supervised() ? label_tensors(asked, reply) : vector_tensor(asked, reply);
    WEFT_TRY(const std::string_view type, type_of(request.accept, asked.form));
    reply.type = type;
    const bool lines = type == kLines;
    std::string& out = reply.body;
    if (!lines) out += '[';
    for (std::size_t i = 0; i < asked.texts.size(); ++i) {
      if (!lines && i > 0) out += ',';
      WEFT_CHECK(append(out, asked.texts[i], asked.count(i)));
      if (lines) out += '\n';
    }
    if (!lines) out += ']';
    return {};
  }

  static Result<std::string_view> type_of(std::string_view accept, Form form) {
    const std::string type = wire::media_type(accept);
    if (accept.empty() || type == "*/*") return form == Form::lines ? kLines : kJson;
    if (type == kJson) return kJson;
    if (type == kLines || type == "application/x-jsonlines" || type == "application/x-ndjson")
      return kLines;
    return fail(Reason::unsupported,
                std::format("Accept type {} is not supported: application/json, "
                            "application/jsonlines",
                            accept));
  }

  /// As many labels as there are, at most.
  std::size_t fitting(std::size_t count) const { return std::min(count, labels_.size()); }

  Result<void> append(std::string& out, std::string_view text, std::size_t count) const {
    if (model_.supervised()) {
      WEFT_TRY(const auto said, model_.predict(text, fitting(count)));
      out += R"({"label":)";
      append_list(out, said, [&](const Said& each) { json::write(out, json::value(each.label)); });
      out += R"(,"prob":)";
      append_list(out, said, [&](const Said& each) { append_number(out, each.probability); });
    } else {
      WEFT_TRY(const auto vector, model_.vector_of(text));
      out += R"({"vector":)";
      append_list(out, vector, [&](float value) { append_number(out, value); });
      out += R"(,"word":)";
      json::write(out, json::value(text));
    }
    out += '}';
    return {};
  }

  static Result<void> check_size(std::size_t texts, std::size_t width) {
    if (width == 0 || texts <= kNumbersMax / width) return {};
    return fail(Reason::invalid_argument,
                std::format("{} texts with {} values each are more than one request may ask for",
                            texts, width));
  }

  /// Each text has as many labels as were asked for; `""` with probability 0 where nothing more is
  /// known.
  Result<void> label_tensors(const Asked& asked, Reply& reply) const {
    const std::size_t width = fitting(asked.count(0));
    WEFT_CHECK(check_size(asked.texts.size(), width));
    std::vector<std::string> labels;
    std::vector<float> probabilities;
    for (const std::string& text : asked.texts) {
      WEFT_TRY(auto said, model_.predict(text, width));
      said.resize(width);
      for (Said& each : said) {
        labels.push_back(std::move(each.label));
        probabilities.push_back(each.probability);
      }
    }
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(asked.texts.size()),
                                             static_cast<std::int64_t>(width)};
    wire::OipResponse response;
    response.outputs.push_back(
        wire::tensor_of_texts("label", shape, {labels.begin(), labels.end()}));
    response.outputs.push_back(floats("prob", shape, probabilities));
    return write(std::move(response), asked, reply);
  }

  Result<void> vector_tensor(const Asked& asked, Reply& reply) const {
    WEFT_CHECK(check_size(asked.texts.size(), model_.dimension()));
    std::vector<float> values;
    for (const std::string& word : asked.texts) {
      WEFT_TRY(const auto vector, model_.vector_of(word));
      values.insert(values.end(), vector.begin(), vector.end());
    }
    wire::OipResponse response;
    response.outputs.push_back(floats("vector",
                                      {static_cast<std::int64_t>(asked.texts.size()),
                                       static_cast<std::int64_t>(model_.dimension())},
                                      values));
    return write(std::move(response), asked, reply);
  }

  static wire::OipTensor floats(std::string name, std::vector<std::int64_t> shape,
                                const std::vector<float>& values) {
    return {.name = std::move(name),
            .type = wire::TensorType::fp32,
            .shape = std::move(shape),
            .bytes = {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
  }

  static Result<void> write(wire::OipResponse response, const Asked& asked, Reply& reply) {
    response.id = asked.request.id;
    return worker::write_wanted(std::move(response), asked.request, reply);
  }

  TextModel model_;
  std::vector<std::string> labels_;
};

Result<fs::path> model_file(const fs::path& folder) {
  constexpr std::string_view kMissing =
      "the archive holds no model: it is called `model.bin` or `vectors.bin`, or is the only .bin "
      "or .ftz file";
  WEFT_TRY(auto files, worker::model_files(folder, kMissing));
  for (const char* name : {"model.bin", "vectors.bin"}) {
    if (std::ranges::contains(files, folder / name)) return folder / name;
  }
  std::erase_if(files, [](const fs::path& each) {
    return each.extension() != ".bin" && each.extension() != ".ftz";
  });
  if (files.size() == 1) return files.front();
  if (files.empty()) return fail(Reason::invalid_argument, std::string(kMissing));
  return fail(Reason::invalid_argument,
              std::format("the archive holds {} models: call the one that is meant `model.bin`",
                          files.size()));
}

}  // namespace

Result<std::unique_ptr<worker::ModelHost>> load_host(const fs::path& folder) {
  WEFT_TRY(const fs::path file, model_file(folder));
  const auto in_file = [&](Error error) {
    error.message = std::format("{}: {}", file.filename().string(), error.message);
    return fail(std::move(error));
  };
  {
    WEFT_TRY(const auto mapped, MappedFile::open(file));
    if (const auto fine = check_model(mapped->bytes()); !fine) return in_file(fine.error());
  }
  auto model = TextModel::load(file);
  if (!model) return in_file(model.error());
  // The first request finds everything in memory; a model of no numbers is found out.
  const std::string word = model->words() > 0 ? model->word(0) : "";
  if (const auto said = model->vector_of(word); !said) return in_file(said.error());
  if (model->supervised()) {
    if (const auto said = model->predict(word, 1); !said) return in_file(said.error());
  }
  return std::make_unique<Host>(*std::move(model));
}

}  // namespace weft::ml::blazingtext

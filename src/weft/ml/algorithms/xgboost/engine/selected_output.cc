#include "weft/ml/algorithms/xgboost/engine/selected_output.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <optional>

#include "weft/base/json.h"
#include "weft/wire/aialgs_record.h"
#include "weft/wire/recordio.h"

namespace weft::ml::xgboost {
namespace {

constexpr std::string_view kKeys[] = {"predicted_label", "labels",    "probability",
                                      "probabilities",   "raw_score", "raw_scores",
                                      "predicted_score"};

bool is_binary(std::string_view objective) { return objective.starts_with("binary:"); }
bool is_regression(std::string_view objective) {
  return objective == "reg:squarederror" || objective == "reg:logistic" ||
         objective == "reg:gamma" || objective == "reg:tweedie";
}
bool has_probabilities(std::string_view objective) {
  return objective == "binary:logistic" || objective == "multi:softprob";
}

json::value list_of(std::span<const float> values) {
  json::array out;
  for (const float value : values) out.emplace_back(static_cast<double>(value));
  return out;
}

/// Of two classes: what is said of class 1 and the rest to one.
json::value pair_of(float second) {
  const double value = second;
  return json::array{1.0 - value, value};
}

/// As Python's str() has it; what is not there is `nan`.
std::string text_of(const json::value& value) {
  std::string out;
  if (value.is_array()) {
    out = "\"[";
    for (const json::value& each : value.get_array()) {
      if (out.size() > 2) out += ", ";
      out += text_of(each);
    }
    return out + "]\"";
  }
  if (value.is_int64()) return std::format("{}", value.get_int64());
  append_number(out, value.is_double() ? value.get_double() : std::nan(""));
  return out;
}

std::vector<float> numbers_of(const json::value& value) {
  std::vector<float> out;
  if (value.is_array()) {
    for (const json::value& each : value.get_array())
      out.push_back(static_cast<float>(each.to_number<double>()));
  } else {
    out.push_back(value.is_number() ? static_cast<float>(value.to_number<double>())
                                    : std::nanf(""));
  }
  return out;
}

std::string media_type(std::string_view accept) {
  std::string out(accept.substr(0, accept.find_first_of(";,")));
  std::erase(out, ' ');
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

Result<ModelFacts> facts_of(Booster& booster) {
  ModelFacts out;
  WEFT_TRY(out.features, booster.features());
  out.feature_names = booster.feature_names();
  WEFT_TRY(const std::string text, booster.configuration());
  WEFT_TRY(const json::value configuration, json::parse(text));
  const auto* name = json::at_pointer(configuration, "/learner/objective/name");
  if (name != nullptr && name->is_string()) out.objective = name->get_string();
  const auto* classes = json::at_pointer(configuration, "/learner/learner_model_param/num_class");
  if (classes != nullptr && classes->is_string())
    out.classes = std::atoll(classes->get_string().c_str());
  return out;
}

Result<SelectedOutput> SelectedOutput::create(std::string_view keys, const ModelFacts& facts) {
  std::vector<std::string> wanted;
  while (true) {
    const auto end = std::min(keys.find(','), keys.size());
    std::string key = media_type(keys.substr(0, end));
    if (std::ranges::find(kKeys, key) == std::end(kKeys)) {
      return fail(
          Reason::invalid_argument,
          std::format("SAGEMAKER_INFERENCE_OUTPUT: `{}` is none of predicted_label, labels, "
                      "probability, probabilities, raw_score, raw_scores, predicted_score",
                      key));
    }
    wanted.push_back(std::move(key));
    if (end == keys.size()) break;
    keys.remove_prefix(end + 1);
  }
  const std::string_view objective = facts.objective;
  if (!is_binary(objective) && !is_regression(objective) && !objective.starts_with("multi:")) {
    return fail(
        Reason::invalid_argument,
        std::format("Objective `{}` unsupported for selectable inference predictions.", objective));
  }
  return SelectedOutput(std::move(wanted), facts);
}

json::value SelectedOutput::value_of(std::string_view key, std::span<const float> scores) const {
  const std::string_view objective = facts_.objective;
  const float first = scores.front();
  const auto best = std::ranges::max_element(scores) - scores.begin();
  const bool several = objective == "multi:softprob";
  if (key == "predicted_score")
    return is_regression(objective) ? json::value(static_cast<double>(first)) : json::value();
  if (is_regression(objective)) return nullptr;
  if (key == "predicted_label") {
    if (several) return static_cast<std::int64_t>(best);
    if (objective == "binary:logistic") return static_cast<std::int64_t>(first > 0.5F ? 1 : 0);
    if (objective == "binary:logitraw") return static_cast<std::int64_t>(first > 0 ? 1 : 0);
    return static_cast<double>(first);
  }
  if (key == "labels") {
    json::array out;
    const std::int64_t count = is_binary(objective) ? 2 : facts_.classes;
    for (std::int64_t label = 0; label < count; ++label) out.emplace_back(label);
    return out;
  }
  const bool probability = key == "probability" || key == "probabilities";
  if (probability && !has_probabilities(objective)) return nullptr;
  if (key == "probability" || key == "raw_score")
    return static_cast<double>(several ? std::ranges::max(scores) : first);
  return several ? list_of(scores) : pair_of(first);
}

Result<Answer> SelectedOutput::write(std::string_view accept, Scores scores) const {
  const std::string type = media_type(accept);
  const bool csv = type.empty() || type == "*/*" || type == "text/csv";
  const bool json = type == "application/json";
  const bool lines = type == "application/jsonlines";
  const bool records = type == "application/x-recordio-protobuf";
  if (!csv && !json && !lines && !records) return write_scores(accept, scores);
  Answer out{.type = csv     ? "text/csv"
                     : json  ? "application/json"
                     : lines ? "application/jsonlines"
                             : "application/x-recordio-protobuf",
             .body = ""};
  if (json) out.body = R"({"predictions":[)";
  for (std::size_t row = 0; row * scores.width < scores.values.size(); ++row) {
    const auto of = scores.values.subspan(row * scores.width, scores.width);
    json::object object;
    std::vector<std::pair<std::string, std::vector<float>>> labels;
    std::string text;
    for (const std::string& key : keys_) {
      json::value value = value_of(key, of);
      if (csv) text += std::format("{}{}", text.empty() ? "" : ",", text_of(value));
      if (records) labels.emplace_back(key, numbers_of(value));
      object[key] = std::move(value);
    }
    if (csv) out.body += std::format("{}{}", row == 0 ? "" : "\n", text);
    if (json) out.body += std::format("{}{}", row == 0 ? "" : ",", json::write(object));
    if (lines) out.body += json::write(object) + "\n";
    if (records) wire::write_record(out.body, wire::write_aialgs_labels(labels));
  }
  if (json) out.body += "]}";
  return out;
}

}  // namespace weft::ml::xgboost

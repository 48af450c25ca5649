// Requests of tensors as calls of a skill.
#include <algorithm>
#include <format>

#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::oip {
namespace {

using wire::OipRequest;
using wire::OipTensor;
using wire::TensorType;

std::unexpected<Error> wrong(std::string_view tensor, std::string_view what) {
  return fail(Reason::invalid_argument, std::format("tensor `{}`: {}", tensor, what));
}

const OipTensor* find(const OipRequest& request, std::string_view name) {
  const auto at = std::ranges::find(request.inputs, name, &OipTensor::name);
  return at == request.inputs.end() ? nullptr : &*at;
}

/// The texts of a tensor of BYTES, each UTF-8.
Result<std::vector<std::string_view>> texts_in(const OipTensor& tensor) {
  if (tensor.type != TensorType::bytes)
    return wrong(tensor.name, std::format("{} is no text; send BYTES", to_string(tensor.type)));
  auto out = wire::texts_of(tensor);
  if (!std::ranges::all_of(out, wire::is_utf8)) return wrong(tensor.name, "it is not UTF-8");
  return out;
}

Result<std::string_view> one_text(const OipTensor& tensor) {
  WEFT_TRY(const auto texts, texts_in(tensor));
  if (texts.size() == 1) return texts[0];
  return wrong(tensor.name, std::format("it holds {} texts; one is taken", texts.size()));
}

Result<json::value> one_json(const OipTensor& tensor) {
  WEFT_TRY(const std::string_view text, one_text(tensor));
  auto parsed = json::parse(text);
  if (!parsed) return wrong(tensor.name, std::format("it is no JSON: {}", parsed.error().message));
  return *std::move(parsed);
}

/// Members of an object that a setting of a model has.
struct Setting {
  std::string_view name;
  void (*take)(const json::object& from, std::string_view name, model::Generation& gen);
};

void take_stop(const json::object& from, std::string_view name, model::Generation& gen) {
  const json::value& stop = *json::find(from, name);
  if (stop.is_string()) gen.stop = {std::string(stop.get_string())};
  if (!stop.is_array()) return;
  for (const json::value& word : stop.get_array()) {
    if (word.is_string()) gen.stop.emplace_back(word.get_string());
  }
}

void take_format(const json::object& from, std::string_view name, model::Generation& gen) {
  const json::object* format = json::object_at(from, name);
  if (format == nullptr) return;
  const std::string_view type = json::string_at(*format, "type");
  gen.format = type == "json_object" ? "json" : type == "json_schema" ? "schema" : "text";
  const json::object* named = json::object_at(*format, "json_schema");
  if (gen.format != "schema" || named == nullptr) return;
  gen.schema_name = json::string_at(*named, "name");
  if (const json::value* schema = json::find(*named, "schema")) gen.schema = *schema;
}

template <auto kMember>
void take_whole(const json::object& from, std::string_view name, model::Generation& gen) {
  gen.*kMember = json::int_at(from, name);
}
template <auto kMember>
void take_number(const json::object& from, std::string_view name, model::Generation& gen) {
  gen.*kMember = json::number_at(from, name);
}
void take_effort(const json::object& from, std::string_view name, model::Generation& gen) {
  gen.effort = json::string_at(from, name);
}

using G = model::Generation;
constexpr Setting kSettings[] = {
    {"max_tokens", take_whole<&G::max_tokens>},
    {"temperature", take_number<&G::temperature>},
    {"top_p", take_number<&G::top_p>},
    {"stop", take_stop},
    {"seed", take_whole<&G::seed>},
    {"n", take_whole<&G::choices>},
    {"presence_penalty", take_number<&G::presence_penalty>},
    {"frequency_penalty", take_number<&G::frequency_penalty>},
    {"reasoning_effort", take_effort},
    {"response_format", take_format},
};

/// Words of the protocol itself, or of one server alone, that say nothing to a solution.
bool says_nothing(std::string_view name) {
  return name == "stream" || name == "content_type" || name == "binary_data_output" ||
         name == "task_id" || name == "headers";
}

// ---- the forms

Result<AskedCalls> text_calls(const OipRequest& request) {
  AskedCalls out;
  json::object shared;
  for (const OipTensor& tensor : request.inputs) {
    const std::string_view name = tensor.name;
    if (name == kTextInput) continue;
    if (name == kSystem) {
      WEFT_TRY(const std::string_view text, one_text(tensor));
      shared["system"] = text;
    } else if (name == kMessages) {
      WEFT_TRY(json::value messages, one_json(tensor));
      if (!messages.is_array()) return wrong(name, "it is no list of messages");
      shared["messages"] = std::move(messages);
    } else if (name == kParameters) {
      WEFT_TRY(const json::value settings, one_json(tensor));
      if (!settings.is_object()) return wrong(name, "it is no object");
      if (const json::value* model = json::find(settings, "model")) shared["model"] = *model;
      json::object rest = settings.get_object();
      rest.erase("model");
      read_settings(rest, out.gen, out.losses);
    } else {
      return wrong(name, "the model takes `text_input`, `system`, `messages` and `parameters`");
    }
  }
  const OipTensor* input = find(request, kTextInput);
  if (input == nullptr) {
    if (!shared.contains("messages"))
      return fail(Reason::invalid_argument, "the tensor `text_input` is missing");
    out.shape = {1};
    out.args.emplace_back(std::move(shared));
    return out;
  }
  WEFT_TRY(const auto texts, texts_in(*input));
  if (texts.empty() || texts.size() > kBatchMax)
    return wrong(kTextInput,
                 std::format("{} texts; from 1 to {} are taken", texts.size(), kBatchMax));
  out.shape = input->shape;
  for (const std::string_view text : texts) {
    json::object args = shared;
    args["message"] = text;
    out.args.emplace_back(std::move(args));
  }
  return out;
}

Result<AskedCalls> embedding_calls(const OipRequest& request) {
  AskedCalls out;
  const OipTensor* input = find(request, kTextInput);
  if (input == nullptr && request.inputs.size() == 1) input = &request.inputs.front();
  if (input == nullptr) return fail(Reason::invalid_argument, "the tensor `text_input` is missing");
  WEFT_TRY(const auto texts, texts_in(*input));
  json::array list(texts.begin(), texts.end());
  out.args.emplace_back(json::object{{"input", std::move(list)}});
  return out;
}

/// The member's value: one element alone, or a list, as it is declared.
Result<json::value> member_of(const wire::TensorSpec& spec, const OipTensor& tensor) {
  const bool texts = spec.type == TensorType::bytes;
  if (texts != (tensor.type == TensorType::bytes)) {
    return wrong(tensor.name, std::format("it is {}, the model takes {}", to_string(tensor.type),
                                          to_string(spec.type)));
  }
  json::array list = wire::json_of_elements(tensor);
  if (spec.shape.front() == -1) return json::value(std::move(list));
  if (list.size() == 1) return std::move(list[0]);
  return wrong(tensor.name, std::format("it has {} elements; one is taken", list.size()));
}

Result<AskedCalls> member_calls(const ModelView& view, const OipRequest& request) {
  AskedCalls out;
  json::object args;
  for (const OipTensor& tensor : request.inputs) {
    const auto spec =
        std::ranges::find(view.signature.inputs, tensor.name, &wire::TensorSpec::name);
    if (spec == view.signature.inputs.end())
      return wrong(tensor.name, "the model has no such input");
    WEFT_TRY(args[tensor.name], member_of(*spec, tensor));
  }
  out.args.emplace_back(std::move(args));
  return out;
}

/// Any tensors as arguments, by the rule of tensors as JSON.
AskedCalls tensor_calls(const OipRequest& request) {
  AskedCalls out;
  json::object args;
  for (const OipTensor& tensor : request.inputs) {
    args[tensor.name] =
        json::object{{"datatype", to_string(tensor.type)},
                     {"shape", json::array(tensor.shape.begin(), tensor.shape.end())},
                     {"data", wire::json_of_elements(tensor)}};
  }
  out.args.emplace_back(std::move(args));
  return out;
}

Result<AskedCalls> argument_calls(const ModelView& view, const model::Skill& skill,
                                  const OipRequest& request) {
  if (view.form == Form::members) return member_calls(view, request);
  if (skill.input_schema) {
    return fail(Reason::invalid_argument,
                "the model takes one tensor: `args`, BYTES [1], its arguments as JSON");
  }
  AskedCalls out;
  out.args.emplace_back(json::value(wire::json_of_tensors(request.inputs)));
  return out;
}

}  // namespace

void read_settings(const json::object& parameters, model::Generation& gen,
                   std::vector<model::Loss>& losses) {
  for (const auto& [key, value] : parameters) {
    const std::string_view name = key;
    const auto setting = std::ranges::find(kSettings, name, &Setting::name);
    if (setting != std::end(kSettings)) {
      setting->take(parameters, name, gen);
    } else if (!says_nothing(name)) {
      losses.push_back({"/" + json::escape_pointer(name), "call", "", model::LossKind::dropped,
                        "the solution has no such setting"});
    }
  }
}

Result<AskedCalls> calls_of(const ModelView& view, const model::Skill& skill,
                            const OipRequest& request) {
  const OipTensor* whole = find(request, kArgs);
  const bool own = view.form == Form::tensors;
  Result<AskedCalls> out = AskedCalls();
  if (whole != nullptr && request.inputs.size() == 1 && !own) {
    WEFT_TRY(json::value args, one_json(*whole));
    out->args.push_back(std::move(args));
    out->shape = {1};
  } else if (own) {
    out = tensor_calls(request);
  } else if (view.form == Form::text) {
    out = text_calls(request);
  } else if (view.form == Form::embedding) {
    out = embedding_calls(request);
  } else {
    out = argument_calls(view, skill, request);
  }
  if (out && view.form == Form::text) read_settings(request.parameters, out->gen, out->losses);
  return out;
}

}  // namespace weft::adapters::oip

#include "weft/adapters/oip/outgoing.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/oip/codec.h"

namespace weft::adapters::oip {
namespace {

using model::Call;
using wire::OipRequest;
using wire::OipTensor;

OipTensor one_text(std::string_view name, std::string_view text) {
  return wire::tensor_of_texts(std::string(name), {1}, {text});
}

const json::value& args_of(const Call& call) {
  static const json::value kNone{json::object()};
  return call.args && !call.args->is_null() ? *call.args : kNone;
}

/// A text in as many dimensions as the model declares, all of one element.
OipTensor text_tensor(const RemoteModel& model, std::string_view text) {
  const auto spec = std::ranges::find(model.signature.inputs, kTextInput, &wire::TensorSpec::name);
  const std::size_t rank = spec == model.signature.inputs.end() ? 1 : spec->shape.size();
  return wire::tensor_of_texts(std::string(kTextInput), std::vector<std::int64_t>(rank, 1), {text});
}

// ---- conversations

json::value content_of(const std::vector<model::Part>& parts) {
  json::array out;
  for (const model::Part& part : parts) {
    if (const auto* text = std::get_if<model::Text>(&part.body)) {
      out.emplace_back(text->text);
    } else if (const auto* data = std::get_if<model::Data>(&part.body)) {
      out.push_back(data->json);
    }
  }
  if (out.size() == 1 && out[0].is_string()) return std::move(out[0]);
  return out;
}

/// The one turn that there is, when it is one text of the user's.
const std::string* only_text(const Call& call) {
  if (call.turns.size() != 1 || call.turns[0].role != model::Role::user) return nullptr;
  const auto& parts = call.turns[0].parts;
  const auto* text = parts.size() == 1 ? std::get_if<model::Text>(&parts[0].body) : nullptr;
  return text != nullptr ? &text->text : nullptr;
}

json::array messages_of(const Call& call) {
  json::array out;
  for (const model::Turn& turn : call.turns) {
    out.emplace_back(
        json::object{{"role", model::to_string(turn.role)}, {"content", content_of(turn.parts)}});
  }
  return out;
}

json::object format_of(const model::Generation& gen) {
  if (gen.format == "text") return {{"type", "text"}};
  if (gen.format != "schema" || !gen.schema) return {{"type", "json_object"}};
  return {{"type", "json_schema"},
          {"json_schema", {{"name", gen.schema_name}, {"schema", *gen.schema}}}};
}

/// By the names that read_settings() reads.
json::object settings_of(const Call& call) {
  const model::Generation& gen = call.gen;
  json::object out;
  const auto put = [&](std::string_view name, const auto& value) {
    if (value) out[name] = *value;
  };
  put("max_tokens", gen.max_tokens);
  put("temperature", gen.temperature);
  put("top_p", gen.top_p);
  put("seed", gen.seed);
  put("n", gen.choices);
  put("presence_penalty", gen.presence_penalty);
  put("frequency_penalty", gen.frequency_penalty);
  if (!gen.effort.empty()) out["reasoning_effort"] = gen.effort;
  if (!gen.format.empty()) out["response_format"] = format_of(gen);
  if (!call.model.empty()) out["model"] = call.model;
  if (gen.stop.empty()) return out;
  json::array stop;
  for (const std::string& word : gen.stop) stop.emplace_back(word);
  out["stop"] = std::move(stop);
  return out;
}

std::string last_text(const Call& call) {
  return call.turns.empty() ? std::string() : model::joined_text(call.turns.back().parts, true);
}

/// Values alone: what a parameter of the protocol may be.
json::object plain_settings(const Call& call) {
  json::object out;
  for (const auto& [name, value] : settings_of(call)) {
    if (!value.is_object() && !value.is_array()) out[name] = value;
  }
  return out;
}

OipRequest own_conversation(const Call& call) {
  OipRequest out;
  if (const std::string* text = only_text(call)) {
    out.inputs.push_back(one_text(kTextInput, *text));
  } else {
    out.inputs.push_back(one_text(kMessages, json::write(json::value(messages_of(call)))));
  }
  const json::object settings = settings_of(call);
  if (!settings.empty()) out.inputs.push_back(one_text(kParameters, json::write(settings)));
  return out;
}

OipRequest own_request(const RemoteModel& model, const Call& call) {
  if (model.skill.shape == model::Shape::converse) return own_conversation(call);
  OipRequest out;
  const json::object* args = args_of(call).if_object();
  const json::value* input = args != nullptr ? json::find(*args, "input") : nullptr;
  if (model.skill.shape != model::Shape::embed || input == nullptr) {
    out.inputs.push_back(one_text(kArgs, json::write(args_of(call))));
    return out;
  }
  std::vector<std::string_view> texts;
  if (input->is_string()) texts.emplace_back(input->get_string());
  if (const json::array* list = input->if_array()) {
    for (const json::value& text : *list) {
      if (text.is_string()) texts.emplace_back(text.get_string());
    }
  }
  out.inputs.push_back(wire::tensor_of_texts(std::string(kTextInput),
                                             {static_cast<std::int64_t>(texts.size())}, texts));
  return out;
}

// ---- tensors

Result<OipTensor> tensor_of(const model::Tensor& tensor) {
  const auto type = wire::tensor_type_from(tensor.datatype);
  if (!type) {
    return fail(Reason::invalid_argument,
                std::format("tensor `{}`: `{}` is no datatype", tensor.name, tensor.datatype));
  }
  OipTensor out;
  if (*type == wire::TensorType::bytes) {
    const std::vector<std::string_view> texts(tensor.elements.begin(), tensor.elements.end());
    out = wire::tensor_of_texts(tensor.name, tensor.shape, texts);
  } else {
    out.name = tensor.name;
    out.type = *type;
    out.shape = tensor.shape;
    out.bytes = tensor.bytes;
  }
  WEFT_CHECK(wire::check_tensor(out));
  return out;
}

Result<OipRequest> tensor_request(const RemoteModel& model, const Call& call) {
  OipRequest out;
  const bool bare = !call.args || call.args->is_null();
  if (!bare || call.tensors.empty()) {
    WEFT_TRY(out.inputs, wire::tensors_of_json(model.signature, args_of(call)));
    return out;
  }
  for (const model::Tensor& each : call.tensors) {
    WEFT_TRY(OipTensor tensor, tensor_of(each));
    out.inputs.push_back(std::move(tensor));
  }
  return out;
}

/// `path from>to kind`.
std::optional<model::Loss> loss_of(std::string_view item) {
  const auto space = item.find(' ');
  const auto arrow = item.find('>', space == item.npos ? item.size() : space);
  const auto last = item.rfind(' ');
  if (arrow == item.npos || last == item.npos || last < arrow) return std::nullopt;
  model::Loss out;
  out.path = item.substr(0, space);
  out.from = item.substr(space + 1, arrow - space - 1);
  out.to = item.substr(arrow + 1, last - arrow - 1);
  for (const model::LossKind kind : {model::LossKind::dropped, model::LossKind::approximated,
                                     model::LossKind::invented, model::LossKind::reordered}) {
    if (model::to_string(kind) != item.substr(last + 1)) continue;
    out.kind = kind;
    return out;
  }
  return std::nullopt;
}

}  // namespace

Result<OipRequest> infer_request(const RemoteModel& model, const Call& call) {
  OipRequest out;
  if (model.own) {
    out = own_request(model, call);
  } else if (model.skill.shape == model::Shape::converse) {
    out.inputs.push_back(text_tensor(model, last_text(call)));
    out.parameters = plain_settings(call);
  } else {
    WEFT_TRY(out, tensor_request(model, call));
  }
  out.id = call.id.str();
  return out;
}

json::object generate_request(const RemoteModel& model, const Call& call) {
  json::object out;
  const std::string* text = only_text(call);
  if (model.own && text == nullptr) {
    out[kMessages] = messages_of(call);
  } else {
    out[kTextInput] = text != nullptr ? *text : last_text(call);
  }
  json::object settings = model.own ? settings_of(call) : plain_settings(call);
  // Triton's servers of language models are told so.
  if (!model.own) settings["stream"] = true;
  if (!settings.empty()) out[kParameters] = std::move(settings);
  return out;
}

std::vector<model::Loss> losses_of(const RemoteModel& model, const Call& call) {
  if (model.skill.shape != model::Shape::converse) return losses_of_call(call, {});
  // All settings are told, and lists of them to another weft alone.
  Call told = call;
  model::Generation lost;
  lost.extra = call.gen.extra;
  if (!model.own) {
    lost.stop = call.gen.stop;
    lost.format = call.gen.format;
    lost.schema = call.gen.schema;
  }
  told.gen = std::move(lost);
  std::vector<model::Loss> out = losses_of_call(told, {});
  if (!model.own && call.turns.size() > 1) {
    LossNotes notes(out);
    notes.approximated(true, "/turns", "conversation", "text", "the last turn alone was sent");
  }
  return out;
}

std::vector<model::Loss> losses_of_header(std::string_view header) {
  std::vector<model::Loss> out;
  while (!header.empty() && out.size() < kLossesReadMax) {
    const auto end = std::min(header.find("; "), header.size());
    if (auto loss = loss_of(header.substr(0, end))) out.push_back(*std::move(loss));
    header.remove_prefix(std::min(end + 2, header.size()));
  }
  return out;
}

}  // namespace weft::adapters::oip

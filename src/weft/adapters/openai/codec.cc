#include "weft/adapters/openai/codec.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/messages.h"

namespace weft::adapters::openai {
namespace {

/// The fields that have a place of their own in the model; all others ride in `extra`.
constexpr std::array<std::string_view, 21> kKnown{"model",
                                                  "messages",
                                                  "stream",
                                                  "stream_options",
                                                  "tools",
                                                  "tool_choice",
                                                  "parallel_tool_calls",
                                                  "max_tokens",
                                                  "max_completion_tokens",
                                                  "temperature",
                                                  "top_p",
                                                  "stop",
                                                  "seed",
                                                  "n",
                                                  "presence_penalty",
                                                  "frequency_penalty",
                                                  "reasoning_effort",
                                                  "response_format",
                                                  "functions",
                                                  "function_call",
                                                  "weft_args"};

std::unexpected<Error> wrong(std::string at, std::string message) {
  return fail(make_argument_error(std::move(at), std::move(message)));
}

/// Fills `to` from a member of one type; null counts as absent, another type is an error.
template <class T, class Get>
Result<void> take(const json::object& o, std::string_view key, std::string_view type, Get get,
                  std::optional<T>& to) {
  const auto* v = json::find(o, key);
  if (!v || v->is_null()) return {};
  to = get(o, key);
  if (to) return {};
  return wrong(std::format("/{}", key),
               std::format("expected {}, got {}", type, json::type_name(*v)));
}
Result<void> take(const json::object& o, std::string_view key, std::optional<std::int64_t>& to) {
  return take(o, key, "integer", json::int_at, to);
}
Result<void> take(const json::object& o, std::string_view key, std::optional<double>& to) {
  return take(o, key, "number", json::number_at, to);
}
Result<void> take(const json::object& o, std::string_view key, std::optional<bool>& to) {
  return take(o, key, "boolean", json::bool_at, to);
}

Result<void> read_stop(const json::object& o, std::vector<std::string>& stop) {
  const auto* v = json::find(o, "stop");
  if (!v || v->is_null()) return {};
  if (v->is_string()) {
    stop.emplace_back(v->get_string());
    return {};
  }
  const auto* list = v->if_array();
  if (!list) return wrong("/stop", "expected a string or an array of strings");
  for (const auto& item : *list) {
    if (!item.is_string()) return wrong("/stop", "expected a string or an array of strings");
    stop.emplace_back(item.get_string());
  }
  return {};
}

Result<void> read_format(const json::object& o, model::Generation& gen) {
  const auto* v = json::find(o, "response_format");
  if (!v || v->is_null()) return {};
  const auto* format = v->if_object();
  if (!format)
    return wrong("/response_format", std::format("expected object, got {}", json::type_name(*v)));
  const auto type = json::string_at(*format, "type");
  if (type == "text") {
    gen.format = "text";
  } else if (type == "json_object") {
    gen.format = "json";
  } else if (type == "json_schema") {
    const auto* named = json::object_at(*format, "json_schema");
    if (!named)
      return wrong("/response_format/json_schema", "expected an object with `name` and `schema`");
    gen.format = "schema";
    gen.schema_name = json::string_at(*named, "name");
    const auto* schema = json::find(*named, "schema");
    gen.schema = schema ? *schema : json::value(json::object());
    // Strictness and the description have no place in the model.
    gen.extra["response_format"] = *v;
  } else {
    return wrong("/response_format/type",
                 std::format("`{}` is no format: use text, json_object or json_schema", type));
  }
  return {};
}

Result<model::ToolDecl> read_tool(const json::value& v, const std::string& at) {
  const auto* tool = v.if_object();
  const auto* function = tool ? json::object_at(*tool, "function") : nullptr;
  if (!function) {
    const auto type = tool ? json::string_at(*tool, "type") : std::string_view("?");
    return wrong(
        at, std::format("a tool of type `{}` is not served here: only `function` tools are", type));
  }
  model::ToolDecl decl;
  decl.name = json::string_at(*function, "name");
  if (decl.name.empty()) return wrong(at + "/function/name", "expected the name of the function");
  decl.description = json::string_at(*function, "description");
  const auto* schema = json::find(*function, "parameters");
  decl.input_schema =
      schema && schema->is_object() ? *schema : json::value(json::object{{"type", "object"}});
  decl.strict = json::bool_at(*function, "strict").value_or(false);
  return decl;
}

Result<void> read_tools(const json::object& o, model::Call& call) {
  if (json::find(o, "functions") || json::find(o, "function_call")) {
    return wrong("/functions",
                 "`functions` and `function_call` are not served: use `tools` and `tool_choice`");
  }
  if (const auto* tools = json::array_at(o, "tools")) {
    if (tools->size() > kToolsMax)
      return wrong("/tools", std::format("at most {} tools are read", kToolsMax));
    for (std::size_t i = 0; i < tools->size(); ++i) {
      WEFT_TRY(auto decl, read_tool((*tools)[i], std::format("/tools/{}", i)));
      call.tools.push_back(std::move(decl));
    }
  }
  const auto* choice = json::find(o, "tool_choice");
  if (!choice || choice->is_null()) return {};
  if (choice->is_string()) {
    call.tool_choice = choice->get_string();
    return {};
  }
  const auto* object = choice->if_object();
  const auto* function = object ? json::object_at(*object, "function") : nullptr;
  if (!function) return wrong("/tool_choice", "expected auto, none, required or a function");
  call.tool_choice = json::string_at(*function, "name");
  return {};
}

Result<void> read_generation(const json::object& o, model::Generation& gen) {
  WEFT_CHECK(take(o, "max_tokens", gen.max_tokens));
  WEFT_CHECK(take(o, "max_completion_tokens", gen.max_tokens));
  WEFT_CHECK(take(o, "temperature", gen.temperature));
  WEFT_CHECK(take(o, "top_p", gen.top_p));
  WEFT_CHECK(take(o, "seed", gen.seed));
  WEFT_CHECK(take(o, "n", gen.choices));
  WEFT_CHECK(take(o, "presence_penalty", gen.presence_penalty));
  WEFT_CHECK(take(o, "frequency_penalty", gen.frequency_penalty));
  gen.effort = json::string_at(o, "reasoning_effort");
  WEFT_CHECK(read_stop(o, gen.stop));
  return read_format(o, gen);
}

/// metadata: weft's own keys steer the call, and the whole rides along.
Result<void> read_metadata(const json::object& o, ChatRequest& request) {
  const auto* metadata = json::object_at(o, "metadata");
  if (!metadata) return {};
  request.context = json::string_at(*metadata, "weft_context");
  const auto* args = json::find(*metadata, "weft_args");
  if (!args) return {};
  if (!args->is_string()) {
    request.call.meta["weft_args"] = *args;
    return {};
  }
  // The SDKs take only strings in metadata.
  auto parsed = json::parse(args->get_string());
  if (!parsed) return wrong("/metadata/weft_args", parsed.error().message);
  request.call.meta["weft_args"] = std::move(*parsed);
  return {};
}

json::object tool_json(const model::ToolDecl& decl) {
  json::object function{{"name", decl.name}};
  if (!decl.description.empty()) function["description"] = decl.description;
  function["parameters"] =
      decl.input_schema.is_object() ? decl.input_schema : json::object{{"type", "object"}};
  if (decl.strict) function["strict"] = true;
  return {{"type", "function"}, {"function", std::move(function)}};
}

void write_format(const model::Generation& gen, json::object& o) {
  if (gen.format == "json") o["response_format"] = {{"type", "json_object"}};
  if (gen.format == "text") o["response_format"] = {{"type", "text"}};
  if (gen.format != "schema" || o.contains("response_format")) return;
  json::object named{{"name", gen.schema_name.empty() ? "answer" : gen.schema_name}};
  named["schema"] = gen.schema.value_or(json::object());
  o["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(named)}};
}

template <class T>
void put(json::object& o, std::string_view key, const std::optional<T>& v) {
  if (v) o[key] = *v;
}

void write_generation(const model::Generation& gen, json::object& o) {
  put(o, "max_completion_tokens", gen.max_tokens);
  put(o, "temperature", gen.temperature);
  put(o, "top_p", gen.top_p);
  put(o, "seed", gen.seed);
  put(o, "presence_penalty", gen.presence_penalty);
  put(o, "frequency_penalty", gen.frequency_penalty);
  if (!gen.effort.empty()) o["reasoning_effort"] = gen.effort;
  if (!gen.stop.empty()) {
    json::array stop;
    for (const auto& word : gen.stop) stop.emplace_back(word);
    o["stop"] = std::move(stop);
  }
  write_format(gen, o);
}

json::value tool_choice_json(const std::string& choice) {
  if (choice == "auto" || choice == "none" || choice == "required") return json::value(choice);
  return {{"type", "function"}, {"function", {{"name", choice}}}};
}

bool known(std::string_view key) { return std::ranges::find(kKnown, key) != kKnown.end(); }

}  // namespace

Result<ChatRequest> decode_chat_request(std::string_view body) {
  WEFT_TRY(const json::object o, json::parse_object(body, "the request"));
  ChatRequest request;
  request.model = json::string_at(o, "model");
  if (request.model.empty())
    return wrong("/model", "the name of a model is needed; GET /v1/models lists them");
  std::optional<bool> stream;
  WEFT_CHECK(take(o, "stream", stream));
  request.stream = stream.value_or(false);
  if (const auto* options = json::object_at(o, "stream_options")) {
    request.include_usage = json::bool_at(*options, "include_usage").value_or(false);
  }
  const auto* messages = json::array_at(o, "messages");
  if (!messages) return wrong("/messages", "expected an array of messages");
  WEFT_TRY(request.call.turns, turns_from_messages(*messages));
  WEFT_CHECK(read_tools(o, request.call));
  WEFT_CHECK(take(o, "parallel_tool_calls", request.call.parallel_tools));
  WEFT_CHECK(read_generation(o, request.call.gen));
  WEFT_CHECK(read_metadata(o, request));
  for (const auto& [key, value] : o) {
    if (!known(key)) request.call.gen.extra[key] = value;
  }
  return request;
}

json::object encode_chat_request(const model::Call& call, std::string_view model, bool stream,
                                 std::vector<model::Loss>& losses) {
  json::object o{{"model", model}};
  for (const auto& [key, value] : call.gen.extra) {
    if (!known(key) || key == "response_format") o[key] = value;
  }
  o["messages"] = messages_from_turns(call.turns, losses);
  if (!call.tools.empty()) {
    json::array tools;
    for (const auto& decl : call.tools) tools.push_back(tool_json(decl));
    o["tools"] = std::move(tools);
    if (!call.tool_choice.empty()) o["tool_choice"] = tool_choice_json(call.tool_choice);
    put(o, "parallel_tool_calls", call.parallel_tools);
  }
  write_generation(call.gen, o);
  if (call.gen.choices.value_or(1) > 1) {
    // An answer of the model has one choice: asking for more would be paid for and thrown away.
    losses.push_back(
        {"/n", std::to_string(*call.gen.choices), "1", model::LossKind::approximated, ""});
  }
  if (stream) {
    o["stream"] = true;
    o["stream_options"] = {{"include_usage", true}};
  }
  return o;
}

}  // namespace weft::adapters::openai

#include <array>
#include <format>

#include "weft/model/codec.h"
#include "weft/model/fields.h"

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 3> kReplies{"unary", "stream", "task"};

json::object principal_json(const Principal& principal) {
  json::object o;
  put(o, "name", principal.name);
  put(o, "key_id", principal.key_id);
  put(o, "admin", principal.admin);
  return o;
}

Result<Principal> principal_from(const json::value& v) {
  Fields fields(v);
  Principal principal;
  fields.text("name", principal.name);
  fields.text("key_id", principal.key_id);
  fields.flag("admin", principal.admin);
  WEFT_CHECK(fields.done());
  return principal;
}

json::object tool_json(const ToolDecl& tool) {
  json::object o;
  put(o, "name", tool.name);
  put(o, "description", tool.description);
  if (!tool.input_schema.is_null()) o["input_schema"] = tool.input_schema;
  put(o, "strict", tool.strict);
  return o;
}

Result<ToolDecl> tool_from(const json::value& v) {
  Fields fields(v);
  ToolDecl tool;
  fields.text("name", tool.name);
  fields.text("description", tool.description);
  std::optional<json::value> schema;
  fields.value("input_schema", schema);
  if (schema) tool.input_schema = *std::move(schema);
  fields.flag("strict", tool.strict);
  WEFT_CHECK(fields.done());
  return tool;
}

json::object generation_json(const Generation& gen) {
  json::object o;
  put(o, "max_tokens", gen.max_tokens);
  put(o, "temperature", gen.temperature);
  put(o, "top_p", gen.top_p);
  put(o, "stop", gen.stop);
  put(o, "seed", gen.seed);
  put(o, "choices", gen.choices);
  put(o, "presence_penalty", gen.presence_penalty);
  put(o, "frequency_penalty", gen.frequency_penalty);
  put(o, "effort", gen.effort);
  put(o, "format", gen.format);
  put(o, "schema", gen.schema);
  put(o, "schema_name", gen.schema_name);
  put(o, "extra", gen.extra);
  return o;
}

Result<Generation> generation_from(const json::value& v) {
  Fields fields(v);
  Generation gen;
  fields.integer("max_tokens", gen.max_tokens);
  fields.number("temperature", gen.temperature);
  fields.number("top_p", gen.top_p);
  fields.texts("stop", gen.stop);
  fields.integer("seed", gen.seed);
  fields.integer("choices", gen.choices);
  fields.number("presence_penalty", gen.presence_penalty);
  fields.number("frequency_penalty", gen.frequency_penalty);
  fields.text("effort", gen.effort);
  fields.text("format", gen.format);
  fields.value("schema", gen.schema);
  fields.text("schema_name", gen.schema_name);
  fields.object("extra", gen.extra);
  WEFT_CHECK(fields.done());
  return gen;
}

template <class T>
void read_id(Fields& fields, std::string_view key, T& id) {
  std::string text;
  fields.text(key, text);
  id = T(std::move(text));
}

template <class T, class Read>
void read_member(Fields& fields, std::string_view key, T& out, Read read) {
  const json::value* v = fields.find(key);
  if (!v) return;
  auto one = read(*v);
  if (!one) return fields.fault(std::move(one).error());
  out = *std::move(one);
}

void read_reply(Fields& fields, Reply& reply) {
  std::string word(kReplies[0]);
  fields.text("reply", word);
  for (std::size_t i = 0; i < kReplies.size(); ++i) {
    if (kReplies[i] != word) continue;
    reply = static_cast<Reply>(i);
    return;
  }
  fields.fault(
      make_argument_error("/reply", std::format("/reply: `{}` is no kind of reply", word)));
}

void write_request(json::object& o, const Call& call) {
  put_list(o, "turns", call.turns, [](const Turn& turn) { return to_json(turn); });
  put(o, "args", call.args);
  put_list(o, "tensors", call.tensors, [](const Tensor& tensor) { return to_json(tensor); });
  put_list(o, "tools", call.tools, tool_json);
  put(o, "tool_choice", call.tool_choice);
  put(o, "parallel_tools", call.parallel_tools);
  put(o, "gen", generation_json(call.gen));
  put(o, "model", call.model);
}

void read_request(Fields& fields, Call& call) {
  fields.list("turns", call.turns, turn_from_json);
  fields.value("args", call.args);
  fields.list("tensors", call.tensors, tensor_from_json);
  fields.list("tools", call.tools, tool_from);
  fields.text("tool_choice", call.tool_choice);
  fields.flag("parallel_tools", call.parallel_tools);
  read_member(fields, "gen", call.gen, generation_from);
  fields.text("model", call.model);
}

}  // namespace

json::object to_json(const Call& call) {
  json::object o;
  put(o, "id", call.id.str());
  put(o, "solution", call.solution.str());
  put(o, "skill", call.skill.str());
  put(o, "principal", principal_json(call.principal));
  put(o, "trace_parent", call.trace.parent);
  put(o, "trace_state", call.trace.state);
  o["reply"] = kReplies.at(static_cast<std::size_t>(call.reply));
  put(o, "context", call.context.str());
  write_request(o, call);
  if (call.depth != 0) o["depth"] = call.depth;
  put(o, "dedup_key", call.dedup_key);
  put(o, "meta", call.meta);
  return o;
}

Result<Call> call_from_json(const json::value& v) {
  Fields fields(v);
  Call call;
  read_id(fields, "id", call.id);
  read_id(fields, "solution", call.solution);
  read_id(fields, "skill", call.skill);
  read_member(fields, "principal", call.principal, principal_from);
  fields.text("trace_parent", call.trace.parent);
  fields.text("trace_state", call.trace.state);
  read_reply(fields, call.reply);
  read_id(fields, "context", call.context);
  read_request(fields, call);
  fields.integer("depth", call.depth);
  fields.text("dedup_key", call.dedup_key);
  fields.object("meta", call.meta);
  WEFT_CHECK(fields.done());
  return call;
}

json::object to_json(const Answer& answer) {
  json::object o;
  o["action"] = to_string(answer.action);
  put(o, "data", answer.data);
  put(o, "text", answer.text);
  put(o, "by", answer.by);
  put(o, "consent", answer.consent);
  return o;
}

Result<Answer> answer_from_json(const json::value& v) {
  Fields fields(v);
  Answer answer;
  std::string action(to_string(answer.action));
  fields.text("action", action);
  fields.value("data", answer.data);
  fields.text("text", answer.text);
  if (const auto known = answer_action_from(action)) {
    answer.action = *known;
  } else {
    fields.fault(make_argument_error(
        "/action", std::format("/action: expected accept, decline or cancel, got `{}`", action)));
  }
  WEFT_CHECK(fields.done());
  return answer;
}

}  // namespace weft::model

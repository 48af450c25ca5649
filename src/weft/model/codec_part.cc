#include <format>

#include "weft/model/codec.h"
#include "weft/model/fields.h"

namespace weft::model {
namespace {

json::object tensor_json(const Tensor& tensor) {
  json::object o;
  put(o, "name", tensor.name);
  put(o, "datatype", tensor.datatype);
  put_list(o, "shape", tensor.shape, [](std::int64_t n) { return json::value(n); });
  put_bytes(o, "bytes", tensor.bytes);
  put_list(o, "elements", tensor.elements, [](const std::string& element) {
    json::object item;
    put_bytes(item, "b64", element);
    return json::value(std::move(item));
  });
  return o;
}

void read_tensor(Fields& fields, Tensor& tensor) {
  fields.text("name", tensor.name);
  fields.text("datatype", tensor.datatype);
  fields.integers("shape", tensor.shape);
  fields.bytes("bytes", tensor.bytes);
  fields.list("elements", tensor.elements, [](const json::value& v) -> Result<std::string> {
    Fields item(v);
    std::string bytes;
    item.bytes("b64", bytes);
    WEFT_CHECK(item.done());
    return bytes;
  });
}

struct WriteBody {
  json::object& o;

  void operator()(const Text& v) const {
    o["type"] = "text";
    put(o, "text", v.text);
  }
  void operator()(const Data& v) const {
    o["type"] = "data";
    o["data"] = v.json;
  }
  void operator()(const Blob& v) const {
    o["type"] = "blob";
    put_bytes(o, "bytes", v.bytes);
    put(o, "filename", v.filename);
  }
  void operator()(const Link& v) const {
    o["type"] = "link";
    put(o, "uri", v.uri);
    put(o, "name", v.name);
    if (v.size) o["size"] = static_cast<std::int64_t>(*v.size);
  }
  void operator()(const Tensor& v) const {
    o = tensor_json(v);
    o["type"] = "tensor";
  }
  void operator()(const ToolCall& v) const {
    o["type"] = "tool_call";
    put(o, "id", v.id);
    put(o, "name", v.name);
    put(o, "arguments", v.arguments_text);
  }
  void operator()(const ToolResult& v) const {
    o["type"] = "tool_result";
    put(o, "call_id", v.call_id);
    put_list(o, "parts", v.parts, [](const Part& part) { return to_json(part); });
    put(o, "is_error", v.is_error);
  }
  void operator()(const Reasoning& v) const {
    o["type"] = "reasoning";
    put(o, "text", v.text);
    put(o, "opaque", v.opaque);
  }
  void operator()(const Refusal& v) const {
    o["type"] = "refusal";
    put(o, "text", v.text);
  }
};

void read(Fields& fields, Text& v) { fields.text("text", v.text); }
void read(Fields& fields, Refusal& v) { fields.text("text", v.text); }
void read(Fields& fields, Tensor& v) { read_tensor(fields, v); }

void read(Fields& fields, Data& v) {
  std::optional<json::value> data;
  fields.value("data", data);
  if (data) v.json = *std::move(data);
}

void read(Fields& fields, Blob& v) {
  fields.bytes("bytes", v.bytes);
  fields.text("filename", v.filename);
}

void read(Fields& fields, Link& v) {
  fields.text("uri", v.uri);
  fields.text("name", v.name);
  std::optional<std::int64_t> size;
  fields.integer("size", size);
  if (size) v.size = static_cast<std::uint64_t>(*size);
}

void read(Fields& fields, ToolCall& v) {
  fields.text("id", v.id);
  fields.text("name", v.name);
  fields.text("arguments", v.arguments_text);
}

void read(Fields& fields, ToolResult& v) {
  fields.text("call_id", v.call_id);
  fields.list("parts", v.parts, part_from_json);
  fields.flag("is_error", v.is_error);
}

void read(Fields& fields, Reasoning& v) {
  fields.text("text", v.text);
  fields.text("opaque", v.opaque);
}

template <class Body>
void read_as(Fields& fields, Part& part) {
  Body body;
  read(fields, body);
  part.body = std::move(body);
}

bool read_body(Fields& fields, std::string_view type, Part& part) {
  if (type == "text") return read_as<Text>(fields, part), true;
  if (type == "data") return read_as<Data>(fields, part), true;
  if (type == "blob") return read_as<Blob>(fields, part), true;
  if (type == "link") return read_as<Link>(fields, part), true;
  if (type == "tensor") return read_as<Tensor>(fields, part), true;
  if (type == "tool_call") return read_as<ToolCall>(fields, part), true;
  if (type == "tool_result") return read_as<ToolResult>(fields, part), true;
  if (type == "reasoning") return read_as<Reasoning>(fields, part), true;
  if (type == "refusal") return read_as<Refusal>(fields, part), true;
  return false;
}

}  // namespace

json::object to_json(const Part& part) {
  json::object o;
  std::visit(WriteBody{o}, part.body);
  put(o, "media_type", part.media_type);
  put(o, "meta", part.meta);
  return o;
}

Result<Part> part_from_json(const json::value& v) {
  Fields fields(v);
  Part part;
  std::string type;
  fields.text("type", type);
  if (!read_body(fields, type, part)) {
    fields.fault(make_argument_error("/type", std::format("/type: `{}` is no kind of part", type)));
  }
  fields.text("media_type", part.media_type);
  fields.object("meta", part.meta);
  WEFT_CHECK(fields.done());
  return part;
}

json::object to_json(const Tensor& tensor) { return tensor_json(tensor); }

Result<Tensor> tensor_from_json(const json::value& v) {
  Fields fields(v);
  Tensor tensor;
  read_tensor(fields, tensor);
  WEFT_CHECK(fields.done());
  return tensor;
}

json::object to_json(const Turn& turn) {
  json::object o;
  put(o, "id", turn.id);
  o["role"] = to_string(turn.role);
  put(o, "name", turn.name);
  put_list(o, "parts", turn.parts, [](const Part& part) { return to_json(part); });
  return o;
}

Result<Turn> turn_from_json(const json::value& v) {
  Fields fields(v);
  Turn turn;
  std::string role(to_string(turn.role));
  fields.text("id", turn.id);
  fields.text("role", role);
  fields.text("name", turn.name);
  fields.list("parts", turn.parts, part_from_json);
  if (const auto known = role_from(role)) {
    turn.role = *known;
  } else {
    fields.fault(make_argument_error("/role", std::format("/role: `{}` is no role", role)));
  }
  WEFT_CHECK(fields.done());
  return turn;
}

}  // namespace weft::model

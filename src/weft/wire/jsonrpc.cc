#include "weft/wire/jsonrpc.h"

#include <cmath>
#include <format>

namespace weft::wire {
namespace {

std::unexpected<Error> refused(std::string param, std::string message) {
  return fail(make_argument_error(std::move(param),
                                  std::format("not a JSON-RPC 2.0 message: {}", message)));
}

bool valid_id(const json::value& id) {
  if (id.is_string() || id.is_int64() || id.is_uint64()) return true;
  // Some write whole numbers as 1.0.
  constexpr double kExactMax = 9007199254740992.0;
  if (!id.is_double() || std::abs(id.get_double()) > kExactMax) return false;
  return id.get_double() == std::trunc(id.get_double());
}

Result<JsonRpcMessage> read_request(json::object& message, const json::value* id) {
  JsonRpcRequest request;
  json::value& method = message.at("method");
  if (!method.is_string()) return refused("/method", "`method` must be a string");
  request.method = std::string(method.get_string());
  if (id != nullptr) {
    if (!valid_id(*id))
      return refused("/id", "the `id` of a request must be a string or an integer");
    request.id = *id;
  }
  if (json::value* params = message.if_contains("params");
      params != nullptr && !params->is_null()) {
    if (!params->is_object()) return refused("/params", "`params` must be an object");
    request.params = std::move(params->get_object());
  }
  return JsonRpcMessage(std::move(request));
}

Result<JsonRpcError> read_error(json::value& text) {
  if (!text.is_object()) return refused("/error", "`error` must be an object");
  JsonRpcError error;
  const auto code = json::int_at(text.get_object(), "code");
  if (!code || *code < INT32_MIN || *code > INT32_MAX)
    return refused("/error/code", "`code` must be an integer");
  error.code = static_cast<int>(*code);
  error.message = std::string(json::string_at(text.get_object(), "message"));
  if (json::value* data = text.get_object().if_contains("data"); data != nullptr)
    error.data = std::move(*data);
  return error;
}

Result<JsonRpcMessage> read_response(json::object& message, const json::value* id) {
  JsonRpcResponse response;
  json::value* result = message.if_contains("result");
  json::value* error = message.if_contains("error");
  if (result != nullptr && error != nullptr && error->is_null()) error = nullptr;
  if (error != nullptr && result != nullptr && result->is_null()) result = nullptr;
  if ((result == nullptr) == (error == nullptr)) {
    return refused("", "it needs a `method`, or either a `result` or an `error`");
  }
  if (id != nullptr && !id->is_null() && !valid_id(*id))
    return refused("/id", "`id` must be a string or an integer");
  if (id == nullptr && result != nullptr)
    return refused("/id", "a result needs the `id` of its request");
  if (id != nullptr) response.id = *id;
  if (result != nullptr) {
    response.outcome = std::move(*result);
  } else {
    WEFT_TRY(response.outcome, read_error(*error));
  }
  return JsonRpcMessage(std::move(response));
}

void append_id(std::string& out, const JsonRpcId& id) {
  out += R"({"jsonrpc":"2.0","id":)";
  json::write(out, id);
}

std::string write_error_object(const JsonRpcError& error) {
  json::object object;
  object["code"] = error.code;
  object["message"] = error.message;
  if (error.data) object["data"] = *error.data;
  return json::write(json::value(std::move(object)));
}

}  // namespace

Result<JsonRpcMessage> parse_jsonrpc(std::string_view text) {
  WEFT_TRY(json::value message, json::parse(text));
  return read_jsonrpc(std::move(message));
}

Result<JsonRpcMessage> read_jsonrpc(json::value message) {
  if (message.is_array())
    return refused("", "batches are not supported; send one message at a time");
  if (!message.is_object()) return refused("", "it must be an object");
  json::object& object = message.get_object();
  if (json::string_at(object, "jsonrpc") != "2.0")
    return refused("/jsonrpc", "`jsonrpc` must be \"2.0\"");
  const json::value* id = object.if_contains("id");
  if (object.if_contains("method") == nullptr) return read_response(object, id);
  if (object.if_contains("result") != nullptr || object.if_contains("error") != nullptr) {
    return refused("", "`method` together with a `result` or an `error`");
  }
  return read_request(object, id);
}

std::string write_jsonrpc(const JsonRpcRequest& request) {
  std::string& out = json::scratch();
  if (request.id) {
    append_id(out, *request.id);
  } else {
    out += R"({"jsonrpc":"2.0")";
  }
  out += R"(,"method":)";
  json::write(out, json::value(request.method));
  if (!request.params.empty()) {
    out += R"(,"params":)";
    json::write(out, request.params);
  }
  out += '}';
  return json::taken(out);
}

std::string write_jsonrpc(const JsonRpcResponse& response) {
  if (const auto* error = std::get_if<JsonRpcError>(&response.outcome)) {
    return write_jsonrpc_error(response.id, *error);
  }
  std::string& out = json::scratch();
  append_id(out, response.id);
  out += R"(,"result":)";
  json::write(out, std::get<json::value>(response.outcome));
  out += '}';
  return json::taken(out);
}

std::string write_jsonrpc_result(const JsonRpcId& id, json::value result) {
  return write_jsonrpc(JsonRpcResponse{id, std::move(result)});
}

std::string write_jsonrpc_error(const JsonRpcId& id, const JsonRpcError& error) {
  std::string out;
  append_id(out, id);
  out += R"(,"error":)";
  out += write_error_object(error);
  out += '}';
  return out;
}

}  // namespace weft::wire

#include "weft/adapters/mcp/headers.h"

#include <algorithm>
#include <format>

#include "weft/adapters/mcp/eras.h"
#include "weft/wire/base64.h"

namespace weft::adapters::mcp {

namespace {

constexpr std::string_view kEncodedBegin = "=?base64?";
constexpr std::string_view kEncodedEnd = "?=";
constexpr std::size_t kShownChars = 64;

bool plain(std::string_view value) {
  if (value.empty() || value.front() == ' ' || value.back() == ' ') return false;
  if (value.starts_with(kEncodedBegin) && value.ends_with(kEncodedEnd)) return false;
  return std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

std::string shown(std::string_view value) {
  std::string out;
  for (const char c : value.substr(0, kShownChars)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

Refusal invalid_params(std::string message) {
  return Refusal{400, {wire::kJsonRpcInvalidParams, std::move(message), std::nullopt}};
}

Refusal unsupported_version(std::string_view requested) {
  json::array supported{json::value(kModernVersion)};
  for (const std::string_view version : kLegacyVersions) supported.emplace_back(version);
  json::object data;
  data["supported"] = std::move(supported);
  data["requested"] = requested;
  return Refusal{
      400,
      {kUnsupportedVersion, std::format("unsupported protocol version `{}`", shown(requested)),
       std::move(data)}};
}

std::optional<Refusal> check_version(const wire::Headers& headers, const json::object* meta) {
  const std::string_view told =
      meta == nullptr ? std::string_view() : json::string_at(*meta, kMetaVersion);
  const std::string_view header = headers.get(kHeaderVersion);
  if (!headers.has(kHeaderVersion)) return mismatch("the header MCP-Protocol-Version is missing");
  if (headers.count(kHeaderVersion) != 1)
    return mismatch("the header MCP-Protocol-Version stands twice");
  if (!told.empty() && told != header) {
    return mismatch(std::format("MCP-Protocol-Version `{}` is not the body's `{}`", shown(header),
                                shown(told)));
  }
  if (header != kModernVersion) return unsupported_version(header);
  if (told.empty()) {
    return invalid_params(std::format("params._meta needs `{}`", kMetaVersion));
  }
  if (json::object_at(*meta, kMetaCapabilities) == nullptr) {
    return invalid_params(std::format("params._meta needs `{}`", kMetaCapabilities));
  }
  return std::nullopt;
}

std::optional<Refusal> check_repeated(const wire::Headers& headers, std::string_view name,
                                      std::string_view body) {
  if (!headers.has(name)) return mismatch(std::format("the header {} is missing", name));
  if (headers.count(name) != 1) return mismatch(std::format("the header {} stands twice", name));
  auto value = decode_header_value(headers.get(name));
  if (!value) return mismatch(std::format("the header {}: {}", name, value.error().message));
  if (*value == body) return std::nullopt;
  return mismatch(std::format("{} `{}` is not the body's `{}`", name, shown(*value), shown(body)));
}

}  // namespace

Refusal mismatch(std::string message) {
  return Refusal{400, {kHeaderMismatch, "header mismatch: " + std::move(message), std::nullopt}};
}

std::string encode_header_value(std::string_view value) {
  if (plain(value)) return std::string(value);
  return std::format("{}{}{}", kEncodedBegin, wire::base64_encode(value), kEncodedEnd);
}

Result<std::string> decode_header_value(std::string_view value) {
  const bool encoded = value.starts_with(kEncodedBegin) && value.ends_with(kEncodedEnd) &&
                       value.size() >= kEncodedBegin.size() + kEncodedEnd.size();
  if (encoded) {
    value.remove_prefix(kEncodedBegin.size());
    value.remove_suffix(kEncodedEnd.size());
    if (value.size() % 4 != 0) return fail(Reason::invalid_argument, "broken base64 padding");
    auto bytes = wire::base64_decode(value);
    if (!bytes) return fail(Reason::invalid_argument, "broken base64");
    if (!wire::is_utf8(*bytes)) return fail(Reason::invalid_argument, "not UTF-8");
    return bytes;
  }
  const bool ascii = std::ranges::all_of(
      value, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
  if (!ascii) return fail(Reason::invalid_argument, "characters outside visible ASCII");
  return std::string(value);
}

std::string_view name_param(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method.starts_with("tasks/")) return "taskId";
  return {};
}

std::optional<Refusal> check_modern(const wire::Headers& headers,
                                    const wire::JsonRpcRequest& request) {
  const json::object* meta = json::object_at(request.params, "_meta");
  if (auto refusal = check_version(headers, meta)) return refusal;
  if (auto refusal = check_repeated(headers, kHeaderMethod, request.method)) return refusal;
  const std::string_view param = name_param(request.method);
  if (param.empty()) return std::nullopt;
  const std::string_view name = json::string_at(request.params, param);
  return check_repeated(headers, kHeaderName, name);
}

namespace {

const json::value* value_at(const json::object& arguments, const std::vector<std::string>& path) {
  const json::object* at = &arguments;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = json::object_at(*at, path[i]);
    if (at == nullptr) return nullptr;
  }
  return path.empty() ? nullptr : json::find(*at, path.back());
}

/// The text that a primitive has in a header; nothing for null and for what is no primitive.
std::optional<std::string> header_text(const json::value* value) {
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_bool()) return value->get_bool() ? "true" : "false";
  if (value->is_number()) return json::write(*value);
  return std::nullopt;
}

/// Integers agree by value (`42` and `42.0`), everything else by its text.
bool agree(std::string_view header, const json::value& value, std::string_view text) {
  if (header == text) return true;
  if (!value.is_number()) return false;
  auto number = json::parse(header);
  if (!number || !number->is_number()) return false;
  return number->to_number<double>() == value.to_number<double>();
}

}  // namespace

std::optional<Refusal> check_params(const wire::Headers& headers,
                                    const std::vector<HeaderParam>& params,
                                    const json::object& arguments) {
  for (const HeaderParam& param : params) {
    const std::string name = std::string(kHeaderParam) + param.header;
    const json::value* value = value_at(arguments, param.path);
    const auto text = header_text(value);
    if (!headers.has(name)) {
      if (text) return mismatch(std::format("the header {} is missing", name));
      continue;
    }
    if (headers.count(name) != 1) return mismatch(std::format("the header {} stands twice", name));
    auto header = decode_header_value(headers.get(name));
    if (!header) return mismatch(std::format("the header {}: {}", name, header.error().message));
    if (!text)
      return mismatch(std::format("the header {} has no counterpart in the arguments", name));
    if (!agree(*header, *value, *text))
      return mismatch(std::format("{} is not the argument's value", name));
  }
  return std::nullopt;
}

void add_modern_headers(wire::Headers& headers, std::string_view method, const json::object& params,
                        const std::vector<HeaderParam>& header_params) {
  headers.set(kHeaderVersion, std::string(kModernVersion));
  headers.set(kHeaderMethod, std::string(method));
  const std::string_view param = name_param(method);
  if (!param.empty()) headers.set(kHeaderName, encode_header_value(json::string_at(params, param)));
  const json::object* arguments = json::object_at(params, "arguments");
  if (arguments == nullptr) return;
  for (const HeaderParam& repeated : header_params) {
    const auto text = header_text(value_at(*arguments, repeated.path));
    if (text) headers.set(std::string(kHeaderParam) + repeated.header, encode_header_value(*text));
  }
}

}  // namespace weft::adapters::mcp

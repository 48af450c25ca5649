#include "weft/adapters/mcp/handshake.h"

#include <algorithm>
#include <format>

namespace weft::adapters::mcp {

namespace {

void read_server(Handshake& shake, const json::object* info) {
  if (info == nullptr) return;
  shake.name = std::string(json::string_at(*info, "name"));
  shake.title = std::string(json::string_at(*info, "title"));
  shake.server_version = std::string(json::string_at(*info, "version"));
}

json::object& meta_of(json::object& params) {
  json::value& meta = params["_meta"];
  if (!meta.is_object()) meta = json::object();
  return meta.get_object();
}

}  // namespace

json::object client_capabilities() {
  json::object elicitation;
  elicitation["form"] = json::object();
  elicitation["url"] = json::object();
  json::object capabilities;
  capabilities["elicitation"] = std::move(elicitation);
  return capabilities;
}

json::object initialize_params() {
  json::object params;
  params["protocolVersion"] = kLegacyVersion;
  params["capabilities"] = client_capabilities();
  params["clientInfo"] = implementation();
  return params;
}

Result<Handshake> read_initialize(const json::value& result) {
  if (!result.is_object())
    return fail(Reason::upstream_protocol, "the result of initialize is no object");
  const json::object& o = result.get_object();
  Handshake shake;
  shake.version = std::string(json::string_at(o, "protocolVersion"));
  if (!is_legacy_version(shake.version)) {
    return fail(
        Reason::upstream_protocol,
        std::format(
            "the server answered initialize with protocolVersion `{}`, which weft does not speak",
            shake.version.substr(0, 32)));
  }
  read_server(shake, json::object_at(o, "serverInfo"));
  shake.instructions = std::string(json::string_at(o, "instructions"));
  if (const json::object* caps = json::object_at(o, "capabilities")) shake.capabilities = *caps;
  shake.versions.push_back(shake.version);
  return shake;
}

Result<Handshake> read_discover(const json::value& result) {
  const json::array* versions =
      result.is_object() ? json::array_at(result.get_object(), "supportedVersions") : nullptr;
  if (versions == nullptr)
    return fail(Reason::upstream_protocol, "server/discover gave no supportedVersions");
  const json::object& o = result.get_object();
  Handshake shake;
  for (const json::value& version : *versions) {
    if (version.is_string()) shake.versions.emplace_back(version.get_string());
  }
  if (std::ranges::find(shake.versions, kModernVersion) != shake.versions.end()) {
    shake.era = Era::modern;
    shake.version = std::string(kModernVersion);
  }
  const json::object* meta = json::object_at(o, "_meta");
  read_server(shake, meta == nullptr ? nullptr : json::object_at(*meta, kMetaServer));
  if (shake.name.empty()) read_server(shake, json::object_at(o, "serverInfo"));
  shake.instructions = std::string(json::string_at(o, "instructions"));
  if (const json::object* caps = json::object_at(o, "capabilities")) shake.capabilities = *caps;
  return shake;
}

bool tells_changes(const Handshake& shake) {
  const json::object* tools = json::object_at(shake.capabilities, "tools");
  return tools != nullptr && json::bool_at(*tools, "listChanged").value_or(false);
}

void add_modern_meta(json::object& params, const std::string& log_level) {
  json::object& meta = meta_of(params);
  meta[kMetaVersion] = kModernVersion;
  meta[kMetaClient] = implementation();
  meta[kMetaCapabilities] = client_capabilities();
  if (!log_level.empty()) meta[kMetaLogLevel] = log_level;
}

void drop_modern_meta(json::object& params) {
  json::object& meta = meta_of(params);
  for (const std::string_view key : {kMetaVersion, kMetaClient, kMetaCapabilities, kMetaLogLevel})
    meta.erase(key);
  if (meta.empty()) params.erase("_meta");
}

void add_trace(json::object& params, const model::Trace& trace) {
  if (!trace.parent.empty()) meta_of(params)["traceparent"] = trace.parent;
  if (!trace.state.empty()) meta_of(params)["tracestate"] = trace.state;
}

void add_progress_token(json::object& params, const json::value& token) {
  meta_of(params)["progressToken"] = token;
}

bool is_modern_error(int code) {
  return code == kHeaderMismatch || code == kMissingCapability || code == kUnsupportedVersion;
}

bool is_modern_alone(const wire::JsonRpcError& error) {
  if (!is_modern_error(error.code)) return false;
  const json::object* data =
      error.data && error.data->is_object() ? &error.data->get_object() : nullptr;
  const json::array* supported = data == nullptr ? nullptr : json::array_at(*data, "supported");
  if (supported == nullptr) return true;
  return std::ranges::none_of(*supported, [](const json::value& version) {
    return version.is_string() && is_legacy_version(std::string_view(version.get_string()));
  });
}

}  // namespace weft::adapters::mcp

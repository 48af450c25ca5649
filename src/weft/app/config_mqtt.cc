#include "weft/app/config_mqtt.h"

#include <format>
#include <string>

#include "weft/adapters/mqtt/config.h"
#include "weft/adapters/openapi/yaml.h"
#include "weft/net/mqtt_client.h"

namespace weft::app {
namespace {

/// What a JSON Pointer points at, or the last on the way there that is there.
YAML::Node at_pointer(YAML::Node node, std::string_view pointer) {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = pointer.find('/');
    std::string token(pointer.substr(0, end));
    pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
    for (auto at = token.find('~'); at != std::string::npos; at = token.find('~', at + 1))
      token.replace(at, 2, token.compare(at, 2, "~1") == 0 ? "/" : "~");
    if (!node.IsMap()) return node;
    for (const auto& item : node) {
      if (!item.first.IsScalar() || item.first.Scalar() != token) continue;
      // The last is told by its key: what stands below it may be long.
      if (pointer.empty()) return item.first;
      node.reset(item.second);
      token.clear();
      break;
    }
    if (!token.empty()) return node;
  }
  return node;
}

}  // namespace

void read_mqtt(ConfigNode& node, std::size_t index, std::string_view text,
               hub::JoinRequest& request) {
  const auto section = node.any("mqtt");
  if (!net::is_mqtt_url(request.url)) {
    if (!section) return;
    node.fault(*section, "W1213",
               "`mqtt` says what listens behind a broker: the solution's `url` names none",
               "url: mqtt://127.0.0.1:1883", "leave `mqtt` out");
    return;
  }
  if (node.has("headers")) {
    node.fault(node.at("headers"), "W1213", "`headers` beside a broker do nothing: it is sent none",
               "", "say `user` under `mqtt`, and the password as `bearer`");
  }
  const auto whole = adapters::openapi::parse_yaml(text);
  if (!whole) {
    node.fault(section ? *section : node.node(), "W1201", whole.error().message, "", "");
    return;
  }
  const auto* details = json::at_pointer(*whole, std::format("/solutions/{}/mqtt", index));
  if (details != nullptr && details->is_object()) request.details = details->get_object();
  const auto read = adapters::mqtt::read_config(request.details, "client");
  if (read) return;
  const std::string& message = read.error().message;
  const auto line_end = message.find('\n');
  const YAML::Node at = section ? at_pointer(*section, read.error().param) : node.node();
  node.fault(at, "W1206", message.substr(0, line_end), "",
             line_end == std::string::npos ? "" : "for one:\n" + message.substr(line_end + 1));
}

}  // namespace weft::app

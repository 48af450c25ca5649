// Reading a YAML mapping strictly: every key is asked for by name, what is left over is a fault.
// Owned by app/config.cc.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/config.h"

namespace weft::app {

class ConfigNode {
 public:
  ConfigNode(YAML::Node node, std::string where, std::vector<ConfigFault>& faults,
             std::string_view file);

  std::optional<std::string> text(const std::string& key);
  std::optional<std::int64_t> integer(const std::string& key, std::int64_t from, std::int64_t to);
  std::optional<bool> boolean(const std::string& key);
  /// `30s`, `500ms`, `2m`, `1h`, or a number of seconds; in milliseconds.
  std::optional<std::int64_t> duration_ms(const std::string& key);
  std::vector<std::string> texts(const std::string& key);
  std::vector<std::pair<std::string, std::string>> pairs(const std::string& key);
  /// A mapping below; calls `read` when it is there.
  void child(const std::string& key, const std::function<void(ConfigNode&)>& read);
  /// A list of mappings; `read` gets each with its index.
  void children(const std::string& key, const std::function<void(ConfigNode&, std::size_t)>& read);
  std::optional<YAML::Node> any(const std::string& key);

  /// Says which keys nobody asked for. Last.
  void finish();
  void fault(const YAML::Node& at, std::string code, std::string message, std::string expected,
             std::string hint);
  const YAML::Node& node() const { return node_; }
  /// The value of a key, to say what is wrong with it; the mapping itself when the key is not
  /// there.
  YAML::Node at(const std::string& key) const;
  bool has(const std::string& key) const;
  int line() const { return node_.Mark().line + 1; }

 private:
  YAML::Node take(const std::string& key);
  /// Of a key that stands twice only the first would be read.
  void refuse_repeats(const YAML::Node& map);
  std::optional<std::string> scalar(const YAML::Node& node, const std::string& key,
                                    std::string_view wanted);

  YAML::Node node_;
  std::string where_;
  std::vector<ConfigFault>& faults_;
  std::string file_;
  std::vector<std::string> known_;
};

}  // namespace weft::app

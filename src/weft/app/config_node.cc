#include "weft/app/config_node.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <map>

#include "weft/app/terminal.h"

namespace weft::app {
namespace {

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  return "`" + node.Scalar() + "`";
}

}  // namespace

ConfigNode::ConfigNode(YAML::Node node, std::string where, std::vector<ConfigFault>& faults,
                       std::string_view file)
    : node_(node), where_(std::move(where)), faults_(faults), file_(file) {
  if (!node_.IsMap() && !node_.IsNull()) {
    fault(node_, "W1202", std::format("{} must be a mapping, not {}", where_, kind_of(node_)),
          "key: value", "indent its keys below it");
    node_ = YAML::Node(YAML::NodeType::Map);
  }
}

void ConfigNode::fault(const YAML::Node& at, std::string code, std::string message,
                       std::string expected, std::string hint) {
  const YAML::Mark mark = at.Mark();
  ConfigFault out;
  out.code = std::move(code);
  out.file = file_;
  out.line = mark.line + 1;
  out.column = mark.column + 1;
  out.length = at.IsScalar() ? std::max<std::size_t>(1, characters(at.Scalar())) : 1;
  out.message = std::move(message);
  out.expected = std::move(expected);
  out.hint = std::move(hint);
  faults_.push_back(std::move(out));
}

YAML::Node ConfigNode::take(const std::string& key) {
  known_.push_back(key);
  if (!node_.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  const YAML::Node& map = node_;
  return map[key];
}

YAML::Node ConfigNode::at(const std::string& key) const {
  if (!node_.IsMap()) return node_;
  const YAML::Node found = node_[key];
  return found.IsDefined() ? found : node_;
}

bool ConfigNode::has(const std::string& key) const {
  if (!node_.IsMap()) return false;
  const YAML::Node found = node_[key];
  return found.IsDefined() && !found.IsNull();
}

std::optional<YAML::Node> ConfigNode::any(const std::string& key) {
  YAML::Node node = take(key);
  if (!node.IsDefined() || node.IsNull()) return std::nullopt;
  return node;
}

std::optional<std::string> ConfigNode::scalar(const YAML::Node& node, const std::string& key,
                                              std::string_view wanted) {
  if (node.IsScalar()) return node.Scalar();
  fault(node, "W1204",
        std::format("`{}` in {} must be {}, not {}", key, where_, wanted, kind_of(node)),
        std::string(wanted), "");
  return std::nullopt;
}

std::optional<std::string> ConfigNode::text(const std::string& key) {
  const auto node = any(key);
  return node ? scalar(*node, key, "text") : std::nullopt;
}

std::optional<std::int64_t> ConfigNode::integer(const std::string& key, std::int64_t from,
                                                std::int64_t to) {
  const auto node = any(key);
  if (!node) return std::nullopt;
  const auto word = scalar(*node, key, "a number");
  if (!word) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), value);
  if (error != std::errc() || end != word->data() + word->size() || value < from || value > to) {
    const std::string wanted = std::format("a whole number from {} to {}", from, to);
    fault(*node, "W1205",
          std::format("`{}` in {} must be {}, not `{}`", key, where_, wanted, *word), wanted, "");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ConfigNode::boolean(const std::string& key) {
  const auto node = any(key);
  if (!node) return std::nullopt;
  const auto word = scalar(*node, key, "true or false");
  if (!word) return std::nullopt;
  if (*word == "true") return true;
  if (*word == "false") return false;
  fault(*node, "W1205",
        std::format("`{}` in {} must be true or false, not `{}`", key, where_, *word),
        "true, false", "");
  return std::nullopt;
}

std::optional<std::int64_t> ConfigNode::duration_ms(const std::string& key) {
  const auto node = any(key);
  if (!node) return std::nullopt;
  const auto word = scalar(*node, key, "a duration");
  if (!word) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), value);
  const std::string_view unit(end, word->data() + word->size());
  const std::int64_t factor = unit == "ms"                  ? 1
                              : unit == "s" || unit.empty() ? 1'000
                              : unit == "m"                 ? 60'000
                              : unit == "h"                 ? 3'600'000
                                                            : 0;
  if (error != std::errc() || factor == 0 || value <= 0 || value > 1'000'000) {
    fault(*node, "W1205",
          std::format("`{}` in {} must be a duration, not `{}`", key, where_, *word),
          "500ms, 30s, 2m, 1h", "");
    return std::nullopt;
  }
  return value * factor;
}

std::vector<std::string> ConfigNode::texts(const std::string& key) {
  std::vector<std::string> out;
  const auto node = any(key);
  if (!node) return out;
  if (!node->IsSequence()) {
    fault(*node, "W1204",
          std::format("`{}` in {} must be a list, not {}", key, where_, kind_of(*node)), "[a, b]",
          "");
    return out;
  }
  for (const auto& item : *node) {
    if (auto word = scalar(item, key, "a list of texts")) out.push_back(*std::move(word));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ConfigNode::pairs(const std::string& key) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto node = any(key);
  if (!node) return out;
  if (!node->IsMap()) {
    fault(*node, "W1204",
          std::format("`{}` in {} must be a mapping, not {}", key, where_, kind_of(*node)),
          "Name: value", "");
    return out;
  }
  refuse_repeats(*node);
  for (const auto& item : *node) {
    if (auto word = scalar(item.second, item.first.Scalar(), "text")) {
      out.emplace_back(item.first.Scalar(), *std::move(word));
    }
  }
  return out;
}

void ConfigNode::child(const std::string& key, const std::function<void(ConfigNode&)>& read) {
  const auto node = any(key);
  if (!node) return;
  ConfigNode below(*node, "`" + key + "`", faults_, file_);
  read(below);
  below.finish();
}

void ConfigNode::children(const std::string& key,
                          const std::function<void(ConfigNode&, std::size_t)>& read) {
  const auto node = any(key);
  if (!node) return;
  if (!node->IsSequence()) {
    fault(*node, "W1204", std::format("`{}` must be a list, not {}", key, kind_of(*node)),
          "- name: …", std::format("begin each entry of `{}` with `- `", key));
    return;
  }
  std::size_t index = 0;
  for (const auto& item : *node) {
    const std::string name = item.IsMap() && item["name"] && item["name"].IsScalar()
                                 ? std::format(" \"{}\"", item["name"].Scalar())
                                 : std::string();
    ConfigNode below(item, std::format("{}[{}]{}", key, index, name), faults_, file_);
    read(below, index++);
    below.finish();
  }
}

void ConfigNode::refuse_repeats(const YAML::Node& map) {
  std::map<std::string, int> lines;
  for (const auto& item : map) {
    if (!item.first.IsScalar()) {
      fault(item.first, "W1203", "a key must be a word", "", "");
      continue;
    }
    const std::string& key = item.first.Scalar();
    const auto [first, fresh] = lines.emplace(key, item.first.Mark().line + 1);
    if (!fresh)
      fault(item.first, "W1212",
            std::format("the key `{}` stands twice, first in line {}", key, first->second), "",
            "which of the two is meant?");
  }
}

void ConfigNode::finish() {
  if (!node_.IsMap()) return;
  refuse_repeats(node_);
  for (const auto& item : node_) {
    if (!item.first.IsScalar()) continue;
    const std::string& key = item.first.Scalar();
    if (std::ranges::find(known_, key) != known_.end()) continue;
    std::string expected;
    for (const auto& word : known_) expected += (expected.empty() ? "" : ", ") + word;
    const std::string near = nearest(key, known_);
    fault(item.first, "W1203", std::format("unknown key `{}` in {}", key, where_),
          "expected one of: " + expected,
          near.empty() ? "" : std::format("did you mean `{}`?", near));
  }
}

}  // namespace weft::app

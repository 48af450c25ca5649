#include "weft/app/config_document.h"

#include <algorithm>
#include <format>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include "weft/app/config_node.h"
#include "weft/app/terminal.h"

namespace weft::app {
namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;
constexpr int kConfigDepthMax = 32;

/// Aliases and tags have no place in a configuration, and both are ways to make a small file
/// endless.
class Prescan final : public YAML::EventHandler {
 public:
  std::optional<std::string> refused;
  YAML::Mark at;
  YAML::Mark began;

  void OnDocumentStart(const YAML::Mark& mark) override { began = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "an alias (`*name`)");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string&) override {
    check_tag(mark, tag);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    deeper(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    deeper(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void refuse(const YAML::Mark& mark, std::string what) {
    if (refused) return;
    refused = std::move(what);
    at = mark;
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "a tag (`" + tag + "`)");
  }
  void deeper(const YAML::Mark& mark) {
    if (++depth_ > kConfigDepthMax) refuse(mark, "nesting this deep");
  }
  int depth_ = 0;
};

ConfigFault fault_at(const YAML::Mark& mark, std::string_view file, std::string message,
                     std::string hint) {
  ConfigFault fault;
  fault.code = "W1201";
  fault.file = std::string(file);
  fault.line = mark.line + 1;
  fault.column = mark.column + 1;
  fault.message = std::move(message);
  fault.hint = std::move(hint);
  return fault;
}

/// What YAML says of a tab that indents a line does not name it.
std::optional<YAML::Mark> indenting_tab(const YAML::Mark& mark, std::string_view text) {
  const auto lines = lines_of(text);
  if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines.size()) return std::nullopt;
  const std::string_view line = lines[static_cast<std::size_t>(mark.line)];
  const auto first = line.find_first_not_of(' ');
  if (first == std::string_view::npos || line[first] != '\t') return std::nullopt;
  YAML::Mark at = mark;
  at.column = static_cast<int>(first);
  return at;
}

ConfigFault yaml_fault(const YAML::Exception& error, std::string_view text, std::string_view file) {
  if (const auto tab = indenting_tab(error.mark, text)) {
    return fault_at(*tab, file, "a tab indents this line; YAML wants spaces",
                    "put two spaces in its place");
  }
  return fault_at(error.mark, file, "this is not YAML: " + error.msg,
                  "check the indentation and the quotes");
}

/// YAML counts bytes, people count characters.
void count_characters(std::vector<ConfigFault>& faults, std::string_view text) {
  const auto lines = lines_of(text);
  for (auto& fault : faults) {
    if (fault.line < 1 || static_cast<std::size_t>(fault.line) > lines.size()) continue;
    const std::string_view line = lines[static_cast<std::size_t>(fault.line) - 1];
    const std::string_view before = line.substr(0, static_cast<std::size_t>(fault.column) - 1);
    fault.column = static_cast<int>(characters(before)) + 1;
  }
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

void read_document(std::string_view text, const std::string& file, std::string what,
                   std::vector<ConfigFault>& faults, const std::function<void(ConfigNode&)>& read) {
  if (text.size() > kConfigBytesMax) {
    faults.push_back(
        fault_at({}, file, std::format("the file is larger than {} bytes", kConfigBytesMax), ""));
    return;
  }
  try {
    std::istringstream scanned{std::string(text)};
    YAML::Parser parser(scanned);
    Prescan prescan;
    parser.HandleNextDocument(prescan);
    if (prescan.refused) {
      faults.push_back(fault_at(prescan.at, file, *prescan.refused + " is not allowed here",
                                "write the value itself"));
      return;
    }
    Prescan second;
    if (parser.HandleNextDocument(second)) {
      faults.push_back(fault_at(second.began, file, "a second document begins here (`---`)",
                                std::format("{} is one document", what)));
      return;
    }
    ConfigNode root(YAML::Load(std::string(text)), std::move(what), faults, file);
    read(root);
    root.finish();
  } catch (const YAML::Exception& error) {
    faults.push_back(yaml_fault(error, text, file));
  }
  count_characters(faults, text);
  std::ranges::stable_sort(faults, {},
                           [](const ConfigFault& f) { return std::pair(f.line, f.column); });
}

}  // namespace weft::app

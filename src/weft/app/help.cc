#include "weft/app/help.h"

#include <CLI/CLI.hpp>

#include <format>

#include "weft/app/terminal.h"

namespace weft::app {
namespace {

constexpr std::size_t kColumnsMax = 80;
/// Where descriptions begin.
constexpr std::size_t kTextAt = 30;

/// `  --listen HOST:PORT         where to listen`, as many lines as it takes.
std::string entry(const std::string& name, const std::string& text) {
  std::string out = "  " + name;
  const std::size_t used = columns(out);
  if (used + 2 > kTextAt) {
    out += '\n';
    out.append(kTextAt, ' ');
  } else {
    out.append(kTextAt - used, ' ');
  }
  return out + wrapped(text, kTextAt, kColumnsMax - kTextAt) + "\n";
}

class Format final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool positional) const override {
    const std::string& text = option->get_option_text();
    const bool alone = positional && !text.empty();
    return entry(alone ? text : make_option_name(option, positional) + make_option_opts(option),
                 option->get_description());
  }
  /// What it takes: its own words, and nothing of how it is checked.
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string& text = option->get_option_text();
    return text.empty() ? "" : " " + text;
  }
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string& text = option->get_option_text();
    const std::string name = text.empty() ? make_option_name(option, true) : text;
    return option->get_required() ? name : std::format("[{}]", name);
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return entry(command->get_name(), command->get_description());
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_format() { return std::make_shared<Format>(); }

}  // namespace weft::app

#include "weft/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace weft::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "weft", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    return made;
  }();
  return *instance;
}

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void set_level(Level level) { logger().set_level(level_of(level)); }
bool enabled(Level level) { return logger().should_log(level_of(level)); }
void write(Level level, std::string_view text) {
  // What others wrote must not begin a line of its own or steer a terminal.
  std::string line;
  if (std::ranges::any_of(text, control)) {
    line = std::string(text);
    std::ranges::replace_if(line, control, ' ');
    text = line;
  }
  logger().log(level_of(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace weft::log

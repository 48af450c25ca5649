// The log: one line an event on standard error, never a secret. Owned by base; any thread.
#pragma once

#include <format>
#include <string>
#include <string_view>

namespace weft::log {

enum class Level { debug, info, warn, error, off };

/// Sets what is written from now on; the start is info.
void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view text);

template <class... Args>
void debug(std::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, std::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, std::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warn(std::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, std::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, std::format(text, std::forward<Args>(args)...));
}

}  // namespace weft::log

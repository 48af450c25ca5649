// Regular expressions of ECMA-262, as JSON Schema uses them, matched in bounded time and memory.
// Owned by base; a compiled Pattern is immutable: any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft {

class Pattern {
 public:
  /// Errors name what is not understood (`\p{…}`, a broken group …).
  static Result<Pattern> create(std::string_view text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// Whether it is found anywhere in `text` (UTF-8). Nothing: it would take too long to tell.
  std::optional<bool> found_in(std::string_view text) const;
  const std::string& str() const { return text_; }

 private:
  struct Compiled;
  Pattern(std::string text, std::unique_ptr<Compiled> compiled);
  std::string text_;
  std::unique_ptr<Compiled> compiled_;
};

/// The number of Unicode code points of UTF-8.
std::size_t code_points(std::string_view text);

}  // namespace weft

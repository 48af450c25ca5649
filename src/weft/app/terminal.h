// Text as a terminal shows it: what steers it is made visible, columns are counted. Owned by app;
// pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft::app {

/// Nothing that came from a solution may steer the terminal, or hide: such characters as escapes.
/// Line ends, tabs, and the spaces, joiners and variants that writing and emoji need stay.
std::string printable(std::string_view text);
/// How many characters (code points) it has.
std::size_t characters(std::string_view text);
/// How many columns it takes: Chinese and emoji two, accents that are put on a letter none.
std::size_t columns(std::string_view text);
/// What stands below it so that columns line up: spaces, and the tabs that it holds.
std::string blank_like(std::string_view text);
/// Lines after the first begin with `indent` spaces.
std::string hanging(std::string_view text, std::size_t indent);
/// Broken between words into lines of at most so many columns; all but the first begin with
/// `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns_max);

}  // namespace weft::app

// The known words nearest to one that is unknown, for `did you mean`. Owned by hub; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::hub {

/// At most `count` of `known`, nearest first; those that have little in common with `word` only
/// when nothing is near.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known,
                                 std::size_t count);
/// "`a`, `b`"; `none` when there is none.
std::string quoted_list(const std::vector<std::string>& words);

}  // namespace weft::hub

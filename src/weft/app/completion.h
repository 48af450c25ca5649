// The bash completion of `weft`. Owned by app.
#pragma once

#include <string_view>

namespace weft::app {

std::string_view completion_script();

}  // namespace weft::app

// Lines of a configuration as they may be shown: what is secret in them stays out of terminals and
// journals. Owned by app; pure.
#pragma once

#include <string>
#include <string_view>

namespace weft::app {

/// The line with the values of keys that hold secrets (`secret_key`, `bearer`, a header called
/// `authorization` …) and passwords in URLs as `*`, each as wide as what it stands for. A value
/// that is a variable (`${NAME}`) is none. `before` is the line before it, whose key it may belong
/// to.
std::string without_secrets(std::string_view line, std::string_view before);

}  // namespace weft::app

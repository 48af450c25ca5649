// How the help of a command is laid out: in our words, and within the columns of a terminal. Owned
// by app.
#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace weft::app {

std::shared_ptr<CLI::FormatterBase> help_format();

}  // namespace weft::app

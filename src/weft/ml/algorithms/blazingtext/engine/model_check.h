// Whether a model file of fastText hangs together, before libfasttext gets to see it: it believes
// every number in it, and crashes on those that lie. Owned by the worker; pure.
#pragma once

#include <string_view>

#include "weft/base/result.h"

namespace weft::ml::blazingtext {

/// Plain and quantised models of versions up to 12. Errors: Reason::invalid_argument with what is
/// wrong, or what the file is instead.
Result<void> check_model(std::string_view bytes);

}  // namespace weft::ml::blazingtext

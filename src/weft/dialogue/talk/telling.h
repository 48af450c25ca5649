// Results as a person reads them. Owned by dialogue; pure.
#pragma once

#include <string>

#include "weft/base/json.h"
#include "weft/model/event.h"

namespace weft::dialogue {

/// The words of an answer; where it has none but data, its fields by name, and of lists the first
/// kItemsTold.
std::string telling_of(const model::Output& output);
/// `name The Crane, price 120`.
std::string shown_fields(const json::object& item);

}  // namespace weft::dialogue

// Results as a person reads them. Owned by dialogue; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/model/event.h"

namespace weft::dialogue {

/// `party_size` as a person reads it.
std::string readable(std::string_view name);
/// The words of an answer; where it has none but data, its fields by name, and of lists the first
/// kItemsTold.
std::string telling_of(const model::Output& output);

}  // namespace weft::dialogue

// A document in weft's strict YAML: one mapping, no aliases, no tags, every fault at once with its
// place. Owned by app; pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/config.h"

namespace weft::app {

class ConfigNode;

/// Reads the text of `file` (`what` names it in messages): `read` takes from the root what it
/// knows, the rest is a fault. Faults are added in the order of their places.
void read_document(std::string_view text, const std::string& file, std::string what,
                   std::vector<ConfigFault>& faults, const std::function<void(ConfigNode&)>& read);

/// The lines of a text without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace weft::app

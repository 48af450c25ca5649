// Names of slots and fields as words. Owned by dialogue; pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::dialogue {

/// `restaurantId`, `restaurant_id`, `restaurant.id`: the words, in lower case.
std::vector<std::string> name_words(std::string_view name);
/// The same as one text, for people.
std::string readable(std::string_view name);

}  // namespace weft::dialogue

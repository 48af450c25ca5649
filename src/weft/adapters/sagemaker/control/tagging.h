// Tags as requests hold them, and what an ARN names. Owned by adapters/sagemaker; any loop.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {

/// `Tags: [{Key, Value}]`. Errors: a key twice, one of AWS's own, too many.
Translated<ml::TagMap> tags_of(const json::object& input);
json::array tags_json(const ml::TagMap& tags);
/// What tags are on, for ml::Tags.
std::string tagged(std::string_view kind, std::string_view name);
/// The tags of something that was just made. `kind`: one of the constants.
Awaitable<Translated<void>> keep_tags(ml::Api& ml, std::string owner, std::string_view kind,
                                      std::string name, ml::TagMap tags);

}  // namespace weft::adapters::sagemaker

// What the List operations ask for. Owned by adapters/sagemaker; pure.
#pragma once

#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {

/// `descending`: the order without a SortOrder. Errors: a time that is none.
Translated<ml::ListQuery> list_query(const Call& call, bool descending);
/// The page's answer: `{MEMBER: […], NextToken}`.
json::object page_answer(std::string_view member, json::array summaries,
                         const std::string& next_token);

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/control/lists.h"

#include <format>
#include <optional>
#include <utility>

namespace weft::adapters::sagemaker {
namespace {

struct Bound {
  std::string_view member;
  std::optional<std::int64_t> ml::ListQuery::* place;
};
constexpr Bound kBounds[] = {
    {"CreationTimeAfter", &ml::ListQuery::created_after_ms},
    {"CreationTimeBefore", &ml::ListQuery::created_before_ms},
    {"LastModifiedTimeAfter", &ml::ListQuery::modified_after_ms},
    {"LastModifiedTimeBefore", &ml::ListQuery::modified_before_ms},
};

}  // namespace

Translated<ml::ListQuery> list_query(const Call& call, bool descending) {
  ml::ListQuery out;
  out.owner = call.owner();
  out.descending = descending;
  const std::string_view order = json::string_at(call.input, "SortOrder");
  if (!order.empty()) out.descending = order == "Descending";
  const std::string_view by = json::string_at(call.input, "SortBy");
  if (by == "Name") out.by = ml::ListQuery::By::name;
  if (by == "Status") out.by = ml::ListQuery::By::status;
  out.name_contains = call.name("NameContains");
  out.status = call.name("StatusEquals");
  for (const Bound& bound : kBounds) {
    if (json::find(call.input, bound.member) == nullptr) continue;
    const auto time = time_ms_at(call.input, bound.member);
    if (!time) return invalid(std::format("{} is no point in time", bound.member));
    out.*bound.place = time;
  }
  out.limit = static_cast<std::size_t>(json::int_at(call.input, "MaxResults").value_or(10));
  out.token = call.name("NextToken");
  return out;
}

json::object page_answer(std::string_view member, json::array summaries,
                         const std::string& next_token) {
  json::object out{{member, std::move(summaries)}};
  if (!next_token.empty()) out["NextToken"] = next_token;
  return out;
}

}  // namespace weft::adapters::sagemaker

#include "weft/ml/catalog/catalog.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/base/url.h"
#include "weft/store/tables.h"
#include "weft/wire/base64.h"

namespace weft::ml {
namespace {

constexpr std::size_t kPageRows = 1'000;

std::string key_of(std::string_view owner, std::string_view name) {
  return std::format("{}/{}", percent_encode(owner), name);
}

json::value to_json(const Record& record) {
  return json::object{{"owner", record.owner},           {"name", record.name},
                      {"created_ms", record.created_ms}, {"modified_ms", record.modified_ms},
                      {"status", record.status},         {"body", record.body}};
}

Result<Record> from_json(std::string_view key, const json::value& value) {
  const json::object empty;
  const json::object& object = value.is_object() ? value.get_object() : empty;
  Record out{.owner = std::string(json::string_at(object, "owner")),
             .name = std::string(json::string_at(object, "name")),
             .created_ms = json::int_at(object, "created_ms").value_or(0),
             .modified_ms = json::int_at(object, "modified_ms").value_or(0),
             .status = std::string(json::string_at(object, "status")),
             .body = {}};
  const json::object* body = json::object_at(object, "body");
  if (body == nullptr || key_of(out.owner, out.name) != key)
    return fail(Reason::internal, std::format("the record `{}` is damaged", key));
  out.body = *body;
  return out;
}

Error taken(std::string_view name) {
  Error error = make_error(Reason::invalid_argument, std::format("`{}` exists already", name));
  error.code = Code::already_exists;
  return error;
}

Error missing(std::string_view name) {
  Error error = make_error(Reason::invalid_argument, std::format("there is no `{}`", name));
  error.code = Code::not_found;
  return error;
}

/// Where a record stands in an order; the name decides between equals.
struct Place {
  std::string text;  ///< of a status
  std::int64_t number = 0;
  std::string name;
  friend auto operator<=>(const Place&, const Place&) = default;
};

Place place_of(const Record& record, ListQuery::By by) {
  switch (by) {
    case ListQuery::By::name: return {.text = "", .number = 0, .name = record.name};
    case ListQuery::By::created:
      return {.text = "", .number = record.created_ms, .name = record.name};
    case ListQuery::By::modified:
      return {.text = "", .number = record.modified_ms, .name = record.name};
    case ListQuery::By::status: return {.text = record.status, .number = 0, .name = record.name};
  }
  return {};
}

/// A token is the place of the last record of its page, in a form that nobody is tempted to make.
std::string token_of(const Place& place) {
  return wire::base64url_encode(std::format("{}/{}/{}", place.text, place.number, place.name));
}

Result<Place> from_token(std::string_view token) {
  const auto wrong = [] {
    return fail(Reason::invalid_argument, "NextToken is not one that this list gave");
  };
  const auto text = wire::base64_decode(token);
  const auto first = text ? text->find('/') : std::string::npos;
  const auto second = first == std::string::npos ? first : text->find('/', first + 1);
  if (second == std::string::npos) return wrong();
  Place out{.text = text->substr(0, first), .number = 0, .name = text->substr(second + 1)};
  const char* end = text->data() + second;
  const auto read = std::from_chars(text->data() + first + 1, end, out.number);
  if (read.ec != std::errc() || read.ptr != end) return wrong();
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool wanted(const Record& record, const ListQuery& query) {
  const auto outside = [](std::int64_t value, const std::optional<std::int64_t>& after,
                          const std::optional<std::int64_t>& before) {
    return (after && value <= *after) || (before && value >= *before);
  };
  return record.owner == query.owner && (query.status.empty() || record.status == query.status) &&
         (query.name_contains.empty() || lower(record.name).contains(lower(query.name_contains))) &&
         !outside(record.created_ms, query.created_after_ms, query.created_before_ms) &&
         !outside(record.modified_ms, query.modified_after_ms, query.modified_before_ms);
}

}  // namespace

Catalog::Catalog(store::Tables& tables, std::string space)
    : tables_(tables), space_(std::move(space)) {}

Awaitable<Result<void>> Catalog::load() {
  std::string after;
  while (true) {
    WEFT_CO_TRY(const auto rows, co_await tables_.scan(space_, "", after, kPageRows));
    for (const store::Row& row : rows) {
      WEFT_CO_TRY(Record record, from_json(row.key, row.value));
      const std::scoped_lock lock(mutex_);
      by_key_[row.key] = std::make_shared<const Record>(std::move(record));
    }
    if (rows.empty()) co_return Result<void>();
    after = rows.back().key;
  }
}

RecordPtr Catalog::find(std::string_view owner, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto at = by_key_.find(key_of(owner, name));
  return at == by_key_.end() ? nullptr : at->second;
}

std::size_t Catalog::size() const {
  const std::scoped_lock lock(mutex_);
  return by_key_.size();
}

std::vector<RecordPtr> Catalog::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<RecordPtr> out;
  out.reserve(by_key_.size());
  for (const auto& [name, record] : by_key_) out.push_back(record);
  return out;
}

Awaitable<Result<void>> Catalog::create(Record record) {
  const std::string key = key_of(record.owner, record.name);
  {
    const std::scoped_lock lock(mutex_);
    if (by_key_.contains(key) || !making_.insert(key).second) co_return fail(taken(record.name));
  }
  json::value value = to_json(record);
  auto kept = co_await tables_.put(space_, key, std::move(value));
  const std::scoped_lock lock(mutex_);
  making_.erase(key);
  if (kept) by_key_[key] = std::make_shared<const Record>(std::move(record));
  co_return kept;
}

Awaitable<Result<void>> Catalog::replace(Record record) {
  if (!find(record.owner, record.name)) co_return fail(missing(record.name));
  const std::string key = key_of(record.owner, record.name);
  json::value value = to_json(record);
  WEFT_CO_CHECK(co_await tables_.put(space_, key, std::move(value)));
  const std::scoped_lock lock(mutex_);
  by_key_[key] = std::make_shared<const Record>(std::move(record));
  co_return Result<void>();
}

Awaitable<Result<bool>> Catalog::erase(std::string owner, std::string name) {
  if (!find(owner, name)) co_return false;
  const std::string key = key_of(owner, name);
  WEFT_CO_TRY(const bool was, co_await tables_.erase(space_, key));
  const std::scoped_lock lock(mutex_);
  by_key_.erase(key);
  co_return was;
}

Result<ListPage> Catalog::list(const ListQuery& query) const {
  std::optional<Place> after;
  if (!query.token.empty()) {
    WEFT_TRY(after, from_token(query.token));
  }
  const auto before = [&](const Place& a, const Place& b) {
    return query.descending ? b < a : a < b;
  };
  // All of them, sorted anew: for 10,000 records that is a few milliseconds, and no index has to be
  // kept in step.
  std::vector<std::pair<Place, RecordPtr>> found;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, record] : by_key_) {
      if (!wanted(*record, query)) continue;
      Place place = place_of(*record, query.by);
      if (!after || before(*after, place)) found.emplace_back(std::move(place), record);
    }
  }
  const auto first = [&](const auto& a, const auto& b) { return before(a.first, b.first); };
  const std::size_t size = std::min(found.size(), query.limit);
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(size), first);
  ListPage out;
  for (std::size_t i = 0; i < size; ++i) out.records.push_back(found[i].second);
  if (size > 0 && size < found.size()) out.next_token = token_of(found[size - 1].first);
  return out;
}

}  // namespace weft::ml

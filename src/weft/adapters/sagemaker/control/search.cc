#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/control/endpoint_view.h"
#include "weft/adapters/sagemaker/control/limits.h"
#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/adapters/sagemaker/control/search_filter.h"
#include "weft/adapters/sagemaker/control/tagging.h"
#include "weft/adapters/sagemaker/control/training_view.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

/// Documents that are looked at before others have their turn on the loop.
constexpr std::size_t kDocumentsAtOnce = 100;

struct Document {
  std::string name;
  json::object members;
};

struct Page {
  std::vector<Document> documents;
  std::string next_token;
};

/// What can be searched for.
struct Searched {
  std::string_view resource;   ///< and the member of a result
  std::string_view structure;  ///< its properties are the members of it
  Result<Page> (*page)(const Call&, const ml::ListQuery&);
  json::object (*one)(const Call&, const std::string& name);
};

json::object with_tags(const Call& call, std::string_view kind, const std::string& name,
                       json::object described) {
  described["Tags"] = tags_json(call.ml.tags.of(call.owner(), tagged(kind, name)));
  return described;
}

json::object document_of(const Call& call, const ml::TrainingJob& job) {
  json::object out =
      described(call.caller, job, call.ml.jobs.metric_definitions(job), std::nullopt);
  // Those that a search does not show.
  for (const char* more : {"InfraCheckConfig", "ProfilingStatus", "RemoteDebugConfig"})
    out.erase(more);
  return with_tags(call, kTrainingJob, job.spec.name, std::move(out));
}

json::object document_of(const Call& call, const ml::Endpoint& endpoint) {
  json::object out = described(call, endpoint);
  out.erase("LastDeploymentConfig");
  return with_tags(call, kEndpoint, endpoint.name, std::move(out));
}

Result<Page> jobs_page(const Call& call, const ml::ListQuery& query) {
  WEFT_TRY(const auto page, call.ml.jobs.list(query));
  Page out{.documents = {}, .next_token = page.next_token};
  for (const auto& job : page.jobs)
    out.documents.push_back({.name = job->spec.name, .members = document_of(call, *job)});
  return out;
}

Result<Page> endpoints_page(const Call& call, const ml::ListQuery& query) {
  WEFT_TRY(const auto page, call.ml.endpoints.list(query));
  Page out{.documents = {}, .next_token = page.next_token};
  for (const auto& endpoint : page.endpoints)
    out.documents.push_back({.name = endpoint->name, .members = document_of(call, *endpoint)});
  return out;
}

/// There is no registry, and so nothing in it.
Result<Page> no_page(const Call& /*call*/, const ml::ListQuery& /*query*/) { return Page(); }

constexpr Searched kSearched[] = {
    {"TrainingJob", "DescribeTrainingJobResponse", jobs_page,
     [](const Call& call, const std::string& name) {
       const auto job = call.ml.jobs.find(call.owner(), name);
       return job ? document_of(call, *job) : json::object();
     }},
    {"Endpoint", "DescribeEndpointOutput", endpoints_page,
     [](const Call& call, const std::string& name) {
       const auto endpoint = call.ml.endpoints.find(call.owner(), name);
       return endpoint ? document_of(call, *endpoint) : json::object();
     }},
    {"ModelPackage", kPackageStructure, no_page,
     [](const Call& /*call*/, const std::string& /*name*/) { return json::object(); }},
};

struct Hit {
  SortKey key;
  std::string name;
};

/// A place in a sorted result; those behind it are the next page.
std::string token_of(const Hit& hit) {
  return wire::base64url_encode(
      json::write(json::array{hit.key.kind, hit.key.number, hit.key.text, hit.name}));
}

std::optional<Hit> hit_of(std::string_view token) {
  const auto text = wire::base64_decode(token);
  if (!text) return std::nullopt;
  const auto value = json::parse(*text);
  if (!value || !value->is_array() || value->get_array().size() != 4) return std::nullopt;
  const json::array& parts = value->get_array();
  if (!parts[0].is_int64() || !parts[1].is_number() || !parts[2].is_string() ||
      !parts[3].is_string())
    return std::nullopt;
  return Hit{.key = {.kind = static_cast<int>(parts[0].get_int64()),
                     .number = parts[1].to_number<double>(),
                     .text = std::string(parts[2].get_string())},
             .name = std::string(parts[3].get_string())};
}

struct Order {
  std::string property;
  bool descending = true;

  bool before(const Hit& a, const Hit& b) const {
    // What has no such property comes last either way.
    if ((a.key.kind == 2) != (b.key.kind == 2)) return b.key.kind == 2;
    if (a.key != b.key) return descending ? b.key < a.key : a.key < b.key;
    return a.name < b.name;
  }
};

Translated<void> check_search(const json::object& input) {
  if (json::string_at(input, "CrossAccountFilterOption") == "CrossAccount")
    return invalid("CrossAccountFilterOption CrossAccount is not supported by weft");
  const json::array* visibility = json::array_at(input, "VisibilityConditions");
  if (visibility != nullptr && !visibility->empty())
    return invalid("VisibilityConditions are not supported by weft; use a filter on Tags");
  return {};
}

/// One search, as long as it runs.
struct Searching {
  Call call;
  const Searched& what;
  SearchFilter filter;
  Order order;
};

Awaitable<Translated<std::vector<Hit>>> hits_of(std::shared_ptr<const Searching> search) {
  std::vector<Hit> out;
  ml::ListQuery query;
  query.owner = search->call.owner();
  query.by = ml::ListQuery::By::name;
  query.limit = kDocumentsAtOnce;
  const Executor loop = co_await boost::asio::this_coro::executor;
  for (std::size_t seen = 0; seen < kSearchedMax;) {
    const auto page = search->what.page(search->call, query);
    if (!page) co_return std::unexpected(to_aws(page.error()));
    for (const Document& document : page->documents) {
      if (search->filter.matches(document.members))
        out.push_back(
            {.key = sort_key_of(document.members, search->order.property), .name = document.name});
    }
    if (page->next_token.empty()) break;
    seen += page->documents.size();
    query.token = page->next_token;
    co_await boost::asio::post(loop, kAwait);
    if (search->call.caller.gone.cancelled()) break;
  }
  std::ranges::sort(out, [&](const Hit& a, const Hit& b) { return search->order.before(a, b); });
  co_return out;
}

json::object no_hits() {
  return {{"Results", json::array()},
          {"TotalHits", json::object{{"Value", 0}, {"Relation", "EqualTo"}}}};
}

json::object answer_of(const Searching& search, const std::vector<Hit>& hits, std::size_t from,
                       std::size_t limit) {
  json::object out = no_hits();
  json::array results;
  const std::size_t end = std::min(hits.size(), from + limit);
  for (std::size_t i = from; i < end; ++i) {
    json::object document = search.what.one(search.call, hits[i].name);
    if (!document.empty())
      results.push_back(json::object{{search.what.resource, std::move(document)}});
  }
  out["Results"] = std::move(results);
  out["TotalHits"].get_object()["Value"] = hits.size();
  if (end > from && end < hits.size()) out["NextToken"] = token_of(hits[end - 1]);
  return out;
}

}  // namespace

Awaitable<AwsResult> search(Call call) {
  auto fine = check_search(call.input);
  if (!fine) co_return std::unexpected(std::move(fine).error());
  const std::string resource = call.name("Resource");
  const auto searched = std::ranges::find(kSearched, resource, &Searched::resource);
  if (searched == std::end(kSearched)) {
    co_return invalid(std::format(
        "searching for {} is not supported by weft; there are TrainingJob and Endpoint", resource));
  }
  auto filter =
      SearchFilter::create(json::object_at(call.input, "SearchExpression"), searched->structure);
  if (!filter) co_return std::unexpected(std::move(filter).error());
  Order order{.property = call.name("SortBy"), .descending = call.name("SortOrder") != "Ascending"};
  if (order.property.empty()) order.property = "LastModifiedTime";
  if (!is_property(order.property, searched->structure))
    co_return invalid(std::format("Unknown property name: {}", order.property));
  std::optional<Hit> after;
  if (const std::string token = call.name("NextToken"); !token.empty()) {
    after = hit_of(token);
    if (!after) co_return invalid("NextToken is not one that this search gave");
  }
  const auto limit = static_cast<std::size_t>(json::int_at(call.input, "MaxResults").value_or(10));
  const auto searching = std::make_shared<const Searching>(
      Searching{std::move(call), *searched, *std::move(filter), std::move(order)});
  const auto hits = co_await hits_of(searching);
  if (!hits) co_return std::unexpected(hits.error());
  std::size_t from = 0;
  if (after) {
    const auto at = std::ranges::upper_bound(
        *hits, *after, [&](const Hit& a, const Hit& b) { return searching->order.before(a, b); });
    from = static_cast<std::size_t>(at - hits->begin());
  }
  co_return answer_of(*searching, *hits, from, limit);
}

}  // namespace weft::adapters::sagemaker

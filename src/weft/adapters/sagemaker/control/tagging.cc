#include "weft/adapters/sagemaker/control/tagging.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <utility>

#include "weft/adapters/sagemaker/control/limits.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {kTrainingJob, kModel, kEndpointConfig,
                                                    kEndpoint};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

struct Names {
  std::vector<std::string> names;
  std::string next_token;
};

/// A page of the names of a kind.
Names names_of(const Call& call, std::string_view kind, const ml::ListQuery& query) {
  Names out;
  const auto take = [&](const auto& page, const auto& all, auto name) {
    for (const auto& each : all) out.names.push_back(name(*each));
    out.next_token = page.next_token;
  };
  if (kind == kTrainingJob) {
    if (const auto page = call.ml.jobs.list(query))
      take(*page, page->jobs, [](const auto& job) { return job.spec.name; });
  } else if (kind == kModel) {
    if (const auto page = call.ml.models.list(query))
      take(*page, page->models, [](const auto& model) { return model.spec.name; });
  } else if (kind == kEndpointConfig) {
    if (const auto page = call.ml.endpoints.list_configs(query))
      take(*page, page->configs, [](const auto& config) { return config.name; });
  } else {
    if (const auto page = call.ml.endpoints.list(query))
      take(*page, page->endpoints, [](const auto& endpoint) { return endpoint.name; });
  }
  return out;
}

/// The name that is this one but for its case.
std::optional<std::string> name_like(const Call& call, std::string_view kind,
                                     const std::string& wanted) {
  ml::ListQuery query;
  query.owner = call.owner();
  query.by = ml::ListQuery::By::name;
  query.name_contains = wanted;
  query.limit = kNamesAtOnce;
  for (std::size_t seen = 0; seen < kNamesLikeMax; seen += kNamesAtOnce) {
    const Names page = names_of(call, kind, query);
    for (const std::string& each : page.names) {
      if (lower(each) == wanted) return each;
    }
    if (page.next_token.empty()) break;
    query.token = page.next_token;
  }
  return std::nullopt;
}

bool exists(const Call& call, std::string_view kind, const std::string& name) {
  if (kind == kTrainingJob) return call.ml.jobs.find(call.owner(), name) != nullptr;
  if (kind == kModel) return call.ml.models.find(call.owner(), name) != nullptr;
  if (kind == kEndpointConfig) return call.ml.endpoints.find_config(call.owner(), name) != nullptr;
  return call.ml.endpoints.find(call.owner(), name) != nullptr;
}

/// What tags are on that an ARN names. ARNs hold names in lower case, so the name itself is looked
/// for where it is not that.
Translated<std::string> on_of_arn(const Call& call) {
  const std::string arn = call.name("ResourceArn");
  // arn:aws:sagemaker:REGION:ACCOUNT:KIND/NAME
  std::size_t at = 0;
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    const auto colon = std::min(arn.find(':', at), arn.size());
    part = std::string_view(arn).substr(at, colon - at);
    at = std::min(colon + 1, arn.size());
  }
  const std::string_view rest = std::string_view(arn).substr(at);
  const auto slash = std::min(rest.find('/'), rest.size());
  const std::string_view kind = rest.substr(0, slash);
  const std::string name(rest.substr(std::min(slash + 1, rest.size())));
  if (std::ranges::find(kKinds, kind) == kKinds.end()) {
    return invalid(std::format(
        "tags on `{}` are not supported by weft; there are those of training-job, model, "
        "endpoint-config and endpoint",
        kind));
  }
  const auto none = [&] {
    return invalid(std::format("Could not find {} \"{}\".",
                               kind == kEndpointConfig ? "endpoint configuration" : kind, arn));
  };
  if (parts[4] != call.caller.account) return none();
  if (exists(call, kind, name)) return tagged(kind, name);
  const auto like = name_like(call, kind, lower(name));
  return like ? Translated<std::string>(tagged(kind, *like)) : none();
}

}  // namespace

std::string tagged(std::string_view kind, std::string_view name) {
  return std::format("{}/{}", kind, name);
}

Translated<ml::TagMap> tags_of(const json::object& input) {
  ml::TagMap out;
  std::string wrong;
  each_at(input, "Tags", [&](const json::object& tag) {
    const std::string key = text_at(tag, "Key");
    if (lower(key).starts_with("aws:"))
      wrong = std::format("the tag `{}`: keys that begin with aws: are AWS's own", key);
    if (!out.emplace(key, text_at(tag, "Value")).second)
      wrong = std::format("the tag `{}` is there twice", key);
  });
  if (!wrong.empty()) return invalid(std::move(wrong));
  return out;
}

json::array tags_json(const ml::TagMap& tags) {
  json::array out;
  for (const auto& [key, value] : tags) out.push_back(json::object{{"Key", key}, {"Value", value}});
  return out;
}

Awaitable<Translated<void>> keep_tags(ml::Api& ml, std::string owner, std::string_view kind,
                                      std::string name, ml::TagMap tags) {
  if (tags.empty()) co_return Translated<void>();
  std::string on = tagged(kind, name);
  auto kept = co_await ml.tags.add(std::move(owner), std::move(on), std::move(tags));
  if (kept) co_return Translated<void>();
  AwsError error = to_aws(kept.error());
  error.message = std::format("the {} `{}` was created, but its tags could not be kept: {}", kind,
                              name, error.message);
  co_return std::unexpected(std::move(error));
}

Awaitable<AwsResult> add_tags(Call call) {
  auto on = on_of_arn(call);
  if (!on) co_return std::unexpected(std::move(on).error());
  auto tags = tags_of(call.input);
  if (!tags) co_return std::unexpected(std::move(tags).error());
  const std::string of = *on;
  auto added = co_await call.ml.tags.add(call.owner(), *std::move(on), *std::move(tags));
  if (!added) co_return std::unexpected(to_aws(added.error()));
  co_return json::object{{"Tags", tags_json(call.ml.tags.of(call.owner(), of))}};
}

Awaitable<AwsResult> list_tags(Call call) {
  const auto on = on_of_arn(call);
  if (!on) co_return std::unexpected(on.error());
  // There are never more than one page holds.
  co_return json::object{{"Tags", tags_json(call.ml.tags.of(call.owner(), *on))}};
}

Awaitable<AwsResult> delete_tags(Call call) {
  auto on = on_of_arn(call);
  if (!on) co_return std::unexpected(std::move(on).error());
  std::vector<std::string> keys;
  const json::array* given = json::array_at(call.input, "TagKeys");
  if (given != nullptr) {
    for (const json::value& key : *given) {
      if (key.is_string()) keys.emplace_back(key.get_string());
    }
  }
  auto removed = co_await call.ml.tags.remove(call.owner(), *std::move(on), std::move(keys));
  if (!removed) co_return std::unexpected(to_aws(removed.error()));
  co_return json::object();
}

}  // namespace weft::adapters::sagemaker

#include "weft/adapters/openai/models.h"

#include <format>

#include "weft/adapters/openai/limits.h"
#include "weft/base/json.h"

namespace weft::adapters::openai {
namespace {

/// The path of a URL that a person gave, without what weft adds itself.
std::string base_path(const Url& given) {
  std::string path = given.path;
  while (path.ends_with('/')) path.pop_back();
  for (const std::string_view tail : {"/models", "/chat/completions", "/embeddings"}) {
    if (path.ends_with(tail)) path.resize(path.size() - tail.size());
  }
  return path;
}

}  // namespace

Result<std::vector<std::string>> decode_models(std::string_view body) {
  auto parsed = json::parse(body, kModelListBytesMax);
  if (!parsed) return fail(Reason::upstream_protocol, parsed.error().message);
  const auto* o = parsed->if_object();
  const auto* data = o ? json::array_at(*o, "data") : nullptr;
  if (!data) return fail(Reason::upstream_protocol, "the document has no `data` array");
  std::vector<std::string> models;
  for (const auto& item : *data) {
    const auto* entry = item.if_object();
    const auto id = entry ? json::string_at(*entry, "id") : std::string_view();
    if (id.empty()) return fail(Reason::upstream_protocol, "a model of the list has no id");
    if (models.size() < kModelsMax) models.emplace_back(id);
  }
  return models;
}

bool marked_as_list(std::string_view body) {
  const auto parsed = json::parse(body, kModelListBytesMax);
  return parsed && parsed->is_object() && json::string_at(parsed->get_object(), "object") == "list";
}

std::vector<Url> base_candidates(const Url& given) {
  const std::string path = base_path(given);
  std::vector<Url> bases;
  if (!path.ends_with("/v1")) bases.push_back(given.with_target(path + "/v1"));
  if (!path.empty()) bases.push_back(given.with_target(path));
  return bases;
}

double confidence_of(const Url& given, const Url& base, bool marked) {
  if (!marked) return 0.6;
  const std::string path = base_path(given);
  return !path.empty() && base.path == path ? 1 : 0.95;
}

Awaitable<Result<std::vector<std::string>>> fetch_models(HttpClientRef client,
                                                         net::ClientRequest request,
                                                         CancelToken cancel) {
  WEFT_CO_TRY(auto response, co_await client.get().send(std::move(request), cancel));
  if (response->head().status != 200) {
    co_return fail(Reason::upstream_protocol, std::format("HTTP {}", response->head().status));
  }
  WEFT_CO_TRY(const std::string body, co_await response->read_all(kModelListBytesMax));
  co_return decode_models(body);
}

}  // namespace weft::adapters::openai

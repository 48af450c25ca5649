#include "weft/hub/contexts.h"

#include <algorithm>
#include <format>

#include "weft/hub/limits.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

const std::string kSpace = "contexts";

/// A name may hold anything; a key's parts are told apart by what none of them holds.
std::string key_of(std::string_view owner, const ContextId& id) {
  return std::format("{}\n{}", owner, id.str());
}

KeptContext context_of(const store::Row& row) {
  KeptContext out;
  const auto at = row.key.find('\n');
  out.owner = row.key.substr(0, at);
  out.id = ContextId(at == std::string::npos ? "" : row.key.substr(at + 1));
  const auto* o = row.value.if_object();
  if (o == nullptr) return out;
  out.updated_ms = json::int_at(*o, "updated_ms").value_or(0);
  if (const auto* state = json::find(*o, "state")) out.state = *state;
  return out;
}

std::unexpected<Error> none(const ContextId& id) {
  Error error = make_argument_error(
      "/id", std::format("there is no conversation `{}`; `weft context ls` lists them", id.str()));
  error.code = Code::not_found;
  return fail(std::move(error));
}

}  // namespace

Awaitable<Result<std::optional<json::value>>> Contexts::get(std::string owner, ContextId id) {
  std::string key = key_of(owner, id);
  WEFT_CO_TRY(const auto found, co_await tables_.get(kSpace, std::move(key)));
  if (!found || !found->is_object()) co_return std::nullopt;
  const json::object& o = found->get_object();
  const auto* state = json::find(o, "state");
  const bool old = clock_.unix_ms() - json::int_at(o, "updated_ms").value_or(0) > kContextTtlMs;
  if (state == nullptr || old) co_return std::nullopt;
  co_return *state;
}

Awaitable<Result<void>> Contexts::put(std::string owner, ContextId id, json::value state) {
  if (json::write(state).size() > kContextBytesMax) {
    co_return fail(Reason::too_large,
                   std::format("the conversation is larger than the {} KiB that are kept of one; "
                               "begin a new one",
                               kContextBytesMax >> 10));
  }
  std::string key = key_of(owner, id);
  json::value row = json::object{{"updated_ms", clock_.unix_ms()}, {"state", std::move(state)}};
  WEFT_CO_CHECK(co_await tables_.put(kSpace, std::move(key), std::move(row)));
  if (puts_.fetch_add(1) % kContextSweepEvery == 0) WEFT_CO_CHECK(co_await sweep());
  co_return Result<void>();
}

Awaitable<Result<std::vector<KeptContext>>> Contexts::all(std::string prefix) {
  std::vector<KeptContext> out;
  std::string after;
  while (true) {
    std::string from = after;
    std::string begins = prefix;
    WEFT_CO_TRY(const auto rows,
                co_await tables_.scan(kSpace, std::move(begins), std::move(from), kContextsPage));
    if (rows.empty()) break;
    out.reserve(out.size() + rows.size());
    for (const store::Row& row : rows) out.push_back(context_of(row));
    after = rows.back().key;
  }
  co_return out;
}

Awaitable<Result<void>> Contexts::sweep() {
  WEFT_CO_TRY(const auto kept, co_await all(""));
  for (const KeptContext& each : kept) {
    if (clock_.unix_ms() - each.updated_ms <= kContextTtlMs) continue;
    std::string key = key_of(each.owner, each.id);
    WEFT_CO_CHECK(co_await tables_.erase(kSpace, std::move(key)));
  }
  co_return Result<void>();
}

Awaitable<Result<std::vector<KeptContext>>> Contexts::list(model::Principal principal,
                                                           std::size_t limit) {
  std::string prefix = principal.admin ? "" : principal.name + "\n";
  WEFT_CO_TRY(auto out, co_await all(std::move(prefix)));
  std::ranges::stable_sort(out, std::ranges::greater(), &KeptContext::updated_ms);
  if (out.size() > limit) out.resize(limit);
  co_return out;
}

Awaitable<Result<KeptContext>> Contexts::show(model::Principal principal, ContextId id) {
  std::string prefix = principal.admin ? "" : principal.name + "\n";
  WEFT_CO_TRY(auto kept, co_await all(std::move(prefix)));
  const auto at = std::ranges::find(kept, id, &KeptContext::id);
  if (at == kept.end()) co_return none(id);
  co_return std::move(*at);
}

Awaitable<Result<void>> Contexts::erase(model::Principal principal, ContextId id) {
  ContextId wanted = id;
  WEFT_CO_TRY(const KeptContext kept, co_await show(std::move(principal), std::move(wanted)));
  std::string key = key_of(kept.owner, kept.id);
  WEFT_CO_TRY(const bool was, co_await tables_.erase(kSpace, std::move(key)));
  if (!was) co_return none(id);
  co_return Result<void>();
}

}  // namespace weft::hub

// Heads, removals and lists.
#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/operations.h"

namespace weft::adapters::sagemaker::remote {
namespace {

/// Behind every key that begins so: no text goes on with a later character.
constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";

/// Where the store is to begin: a prefix that was told stands for all keys below it.
std::string start_of(const store::ObjectQuery& query) {
  const bool is_prefix = !query.delimiter.empty() && query.after.ends_with(query.delimiter) &&
                         query.after.size() > query.prefix.size();
  return is_prefix ? query.after + std::string(kLastCharacter) : query.after;
}

Ask page_ask(const std::string& bucket, const store::ObjectQuery& query, std::size_t wanted,
             const std::string& token) {
  Ask out;
  out.bucket = bucket;
  out.reads = true;
  out.parameters = {{"list-type", "2"}, {"encoding-type", "url"}};
  out.parameters.emplace_back("max-keys", std::format("{}", std::min(wanted, kListedMax)));
  if (!query.prefix.empty()) out.parameters.emplace_back("prefix", query.prefix);
  if (!query.delimiter.empty()) out.parameters.emplace_back("delimiter", query.delimiter);
  if (!token.empty()) {
    out.parameters.emplace_back("continuation-token", token);
  } else if (!query.after.empty()) {
    out.parameters.emplace_back("start-after", start_of(query));
  }
  return out;
}

/// Keys and prefixes in the order that they are told in, those behind `after` alone.
class Gathered {
 public:
  explicit Gathered(const store::ObjectQuery& query) : query_(query) {}

  /// Whether all of it belongs into this list.
  bool take(Listing page) {
    for (store::ObjectInfo& each : page.objects) {
      if (!each.key.starts_with(query_.prefix)) return false;
      ordered_ = ordered_ && (out_.objects.empty() || out_.objects.back().key < each.key);
      if (each.key > query_.after) out_.objects.push_back(std::move(each));
    }
    for (std::string& each : page.common_prefixes) {
      if (!each.starts_with(query_.prefix)) return false;
      if (each > query_.after) out_.common_prefixes.push_back(std::move(each));
    }
    return true;
  }
  std::size_t size() const { return out_.objects.size() + out_.common_prefixes.size(); }
  /// Else nothing can be said to be behind what was told.
  bool ordered() const { return ordered_; }

  /// The first of them; there is more behind what is told when `more` says so.
  store::ObjectPage page(bool more) {
    std::ranges::sort(out_.objects, {}, &store::ObjectInfo::key);
    std::ranges::sort(out_.common_prefixes);
    const auto again = std::ranges::unique(out_.common_prefixes);
    out_.common_prefixes.erase(again.begin(), again.end());
    while (size() > query_.limit) {
      drop_last();
      more = true;
    }
    if (more && size() > 0) out_.next = last();
    return std::move(out_);
  }

 private:
  bool prefix_is_last() const {
    return !out_.common_prefixes.empty() &&
           (out_.objects.empty() || out_.common_prefixes.back() > out_.objects.back().key);
  }
  std::string last() const {
    return prefix_is_last() ? out_.common_prefixes.back() : out_.objects.back().key;
  }
  void drop_last() {
    if (prefix_is_last()) {
      out_.common_prefixes.pop_back();
    } else {
      out_.objects.pop_back();
    }
  }

  const store::ObjectQuery& query_;
  store::ObjectPage out_;
  bool ordered_ = true;
};

}  // namespace

Awaitable<Result<std::optional<store::ObjectInfo>>> head(Client& client, std::string bucket,
                                                         std::string key, bool reads) {
  if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
  WEFT_CO_CHECK(check_key(key));
  Ask ask;
  ask.method = "HEAD";
  ask.bucket = bucket;
  ask.key = key;
  ask.reads = reads;
  ask.headers.add("x-amz-checksum-mode", "ENABLED");
  WEFT_CO_TRY(Answer answer, co_await client.call(std::move(ask)));
  const wire::Headers headers = answer.headers;
  WEFT_CO_TRY(const bool missing, co_await is_missing(client, std::move(answer), bucket, reads));
  if (missing) co_return std::nullopt;
  WEFT_CO_TRY(auto info, client.read(info_of(std::move(key), headers)));
  co_return info;
}

Awaitable<Result<bool>> remove(Client& client, std::string bucket, std::string key) {
  // To remove what is not there is well for the store: it does not say whether it was.
  WEFT_CO_TRY(const auto there, co_await head(client, bucket, key, /*reads=*/false));
  if (!there) co_return false;
  Ask ask;
  ask.method = "DELETE";
  ask.bucket = bucket;
  ask.key = std::move(key);
  WEFT_CO_TRY(Answer answer, co_await client.call(std::move(ask)));
  const bool first = answer.attempts == 1;
  WEFT_CO_TRY(const bool missing,
              co_await is_missing(client, std::move(answer), std::move(bucket), /*reads=*/false));
  co_return !missing || !first;
}

Awaitable<Result<store::ObjectPage>> list(Client& client, std::string bucket,
                                          store::ObjectQuery query) {
  if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
  if (query.limit == 0) {
    WEFT_CO_CHECK(co_await check_bucket(client, std::move(bucket), /*reads=*/true));
    co_return store::ObjectPage();
  }
  Gathered out(query);
  std::string token;
  for (int page = 0; page < kPagesMax; ++page) {
    Ask ask = page_ask(bucket, query, query.limit - out.size(), token);
    WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
    if (!answer.good()) co_return client.refused(answer, bucket);
    WEFT_CO_TRY(Listing found, client.read(read_listing(answer.body)));
    std::string next = std::move(found.next);
    if (!out.take(std::move(found)))
      co_return client.garbled("its list has keys that were not asked for");
    if (!next.empty() && !out.ordered())
      co_return client.garbled("its list is not in the order of the keys' bytes");
    if (next.empty() || out.size() >= query.limit) co_return out.page(!next.empty());
    if (next == token) break;
    token = std::move(next);
  }
  // Much of what it goes through is no object any more.
  if (out.size() > 0) co_return out.page(true);
  co_return client.garbled("its list goes on and has nothing in it");
}

}  // namespace weft::adapters::sagemaker::remote

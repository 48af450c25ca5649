#include <algorithm>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/remote/operations.h"

namespace weft::adapters::sagemaker::remote {
namespace {

/// The first region has no word for itself.
std::string location_xml(const std::string& region) {
  if (region == kDefaultRegion) return "";
  std::string out(kXmlHead);
  {
    const XmlElement root(out, "CreateBucketConfiguration",
                          "http://s3.amazonaws.com/doc/2006-03-01/");
    append_xml(out, "LocationConstraint", region);
  }
  return out;
}

}  // namespace

Awaitable<Result<std::vector<store::BucketInfo>>> buckets(Client& client) {
  std::vector<store::BucketInfo> out;
  std::string after;
  for (int page = 0; page < kPagesMax; ++page) {
    Ask ask;
    ask.reads = true;
    if (!after.empty()) ask.parameters = {{"continuation-token", after}};
    WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
    if (!answer.good()) co_return client.refused(answer, "");
    WEFT_CO_TRY(Buckets found, client.read(read_buckets(answer.body)));
    for (store::BucketInfo& each : found.buckets) {
      if (is_bucket_name(each.name)) out.push_back(std::move(each));
    }
    if (found.next.empty()) {
      std::ranges::sort(out, {}, &store::BucketInfo::name);
      co_return out;
    }
    if (found.next == after || out.size() > kEntriesMax) break;
    after = std::move(found.next);
  }
  co_return client.garbled("its list of buckets does not end");
}

Awaitable<Result<std::optional<store::BucketInfo>>> bucket(Client& client, std::string name,
                                                           bool reads) {
  if (!is_bucket_name(name)) co_return std::nullopt;
  Ask ask;
  ask.method = "HEAD";
  ask.bucket = name;
  ask.reads = reads;
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (answer.status == 404) co_return std::nullopt;
  if (!answer.good()) co_return client.refused(answer, name);
  co_return store::BucketInfo{.name = std::move(name), .created_ms = 0};
}

Awaitable<Result<void>> check_bucket(Client& client, std::string name, bool reads) {
  WEFT_CO_TRY(const auto found, co_await bucket(client, name, reads));
  if (!found) co_return fail(no_bucket(name));
  co_return Result<void>();
}

Awaitable<Result<bool>> is_missing(Client& client, Answer answer, std::string bucket, bool reads) {
  if (answer.good()) co_return false;
  if (answer.status != 404) co_return client.refused(answer, bucket);
  if (answer.fault.code == "NoSuchKey") co_return true;
  if (!answer.fault.code.empty()) co_return client.refused(answer, bucket);
  WEFT_CO_CHECK(co_await check_bucket(client, std::move(bucket), reads));
  co_return true;
}

Awaitable<Result<void>> make_bucket(Client& client, std::string name) {
  if (!is_bucket_name(name))
    co_return fail(make_argument_error("/bucket", "the name cannot be that of a bucket"));
  // A store may say that all is well when it was there already.
  WEFT_CO_TRY(const auto found, co_await bucket(client, name, /*reads=*/false));
  Answer answer;
  if (found) {
    answer.status = 409;
    answer.fault.code = "BucketAlreadyOwnedByYou";
    co_return client.refused(answer, name);
  }
  Ask ask;
  ask.method = "PUT";
  ask.bucket = name;
  if (std::string xml = location_xml(client.store().region); !xml.empty()) {
    ask.headers.add("Content-Type", "application/xml");
    ask.body = std::make_shared<const Body>(body_of(std::move(xml)));
  }
  WEFT_CO_TRY(answer, co_await client.call(std::move(ask)));
  if (answer.good()) co_return Result<void>();
  // The first of two attempts did it.
  if (answer.attempts > 1 && answer.fault.code == "BucketAlreadyOwnedByYou")
    co_return Result<void>();
  co_return client.refused(answer, name);
}

Awaitable<Result<void>> remove_bucket(Client& client, std::string name) {
  if (!is_bucket_name(name)) co_return fail(no_bucket(name));
  Ask ask;
  ask.method = "DELETE";
  ask.bucket = name;
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (answer.good()) co_return Result<void>();
  if (answer.status == 404 && answer.attempts > 1) co_return Result<void>();
  co_return client.refused(answer, name);
}

}  // namespace weft::adapters::sagemaker::remote

// Objects in another store: forwarded to a hub's own S3 endpoint, to stores that fail, and to
// nobody.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <format>
#include <fstream>
#include <thread>

#include "aws_hub.h"
#include "remote_store.h"
#include "weft/adapters/sagemaker/s3/s3.h"
#include "weft/base/hex.h"
#include "weft/base/testing/wait.h"
#include "weft/base/timers.h"
#include "weft/ml/owned_objects.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/testing/directory.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::Asking;
using testing::drip;
using testing::one_object;
using testing::Store;
using testing::store_at;
using weft::testing::AwsHub;

constexpr std::size_t kMiB = 1024 * 1024;

/// Bytes that do not repeat soon.
std::string noise(std::size_t bytes, std::uint32_t seed = 1) {
  std::string out(bytes, '\0');
  std::uint32_t state = seed;
  for (char& c : out) c = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return out;
}

std::string md5_of(std::string_view bytes) {
  wire::Digest digest(wire::DigestKind::md5);
  digest.add(bytes);
  const std::string out = digest.finish();
  return weft::hex({reinterpret_cast<const std::uint8_t*>(out.data()), out.size()});
}

std::string crc32_of(std::string_view bytes) {
  wire::Digest digest(wire::DigestKind::crc32);
  digest.add(bytes);
  return wire::base64_encode(digest.finish());
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// weft's own S3 endpoint as the store, in front of a folder.
class Forwarding : public ::testing::Test {
 protected:
  void make(const std::string& bucket) { ASSERT_TRUE(asking_.run(asking_->make_bucket(bucket))); }
  template <class T>
  T run(Awaitable<T> work) {
    return asking_.run(std::move(work));
  }

  store::testing::TemporaryDirectory directory_;
  SystemRandom random_;
  WorkPool pool_{2, 64};
  std::unique_ptr<store::Objects> all_ =
      *store::files::open_local_objects(directory_.path() / "objects", random_, pool_);
  store::MemoryTables tables_;
  ml::OwnedObjects owned_{*all_, tables_};
  AwsHub hub_{[this](Environment& environment) {
    return std::vector<Route>{
        s3_route(environment, std::make_shared<AwsDoor>(environment),
                 [this](std::string owner) { return owned_.of(std::move(owner)); })};
  }};
  wire::AwsCredentials key_ = hub_.make_key("forwarder");
  Asking asking_{hub_.clock, store_at(hub_.port(), key_.access_key, key_.secret)};
};

TEST_F(Forwarding, Buckets) {
  EXPECT_FALSE(run(asking_->bucket("data"))->has_value());
  make("data");
  make("abc");
  EXPECT_EQ(run(asking_->bucket("data"))->value().name, "data");
  const auto all = run(asking_->buckets());
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].name, "abc");
  EXPECT_GT((*all)[1].created_ms, 0);
  EXPECT_EQ(run(asking_->make_bucket("data")).error().code, Code::already_exists);
  ASSERT_TRUE(asking_.put("data", "k", "x"));
  EXPECT_EQ(run(asking_->remove_bucket("data")).error().code, Code::failed_precondition);
  EXPECT_EQ(run(asking_->remove("data", "k")), true);
  EXPECT_TRUE(run(asking_->remove_bucket("data")));
  EXPECT_EQ(run(asking_->remove_bucket("data")).error().code, Code::not_found);
  // What no store has is asked of none.
  EXPECT_FALSE(run(asking_->bucket("a/b"))->has_value());
  EXPECT_EQ(run(asking_->make_bucket("../abc")).error().param, "/bucket");
}

TEST_F(Forwarding, ABucketOfAnotherIsDenied) {
  const auto stranger = owned_.of("stranger");
  ASSERT_TRUE(weft::testing::run(stranger->make_bucket("theirs")));
  EXPECT_EQ(run(asking_->bucket("theirs")).error().reason, Reason::permission_denied);
  EXPECT_EQ(run(asking_->head("theirs", "k")).error().reason, Reason::permission_denied);
  const Error denied = run(asking_->list("theirs", {})).error();
  EXPECT_EQ(denied.reason, Reason::permission_denied);
  EXPECT_TRUE(denied.message.contains("AccessDenied")) << denied.message;
  EXPECT_TRUE(denied.message.contains("weft.yaml:14")) << denied.message;
}

TEST_F(Forwarding, AnObjectComesBackAsItWas) {
  make("data");
  const store::ObjectMeta meta{
      .content_type = "text/csv",
      .headers = {{"cache-control", "no-cache"}, {"x-amz-meta-made-by", "a test"}},
      .checksums = {{"crc32", crc32_of("bytes")}}};
  const auto put = asking_.put("data", "a b/c+ä", "bytes", meta);
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->etag, md5_of("bytes"));
  EXPECT_EQ(put->size, 5U);
  EXPECT_EQ(put->meta, meta);
  const auto head = run(asking_->head("data", "a b/c+ä"));
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->meta, meta);
  EXPECT_EQ((*head)->etag, put->etag);
  EXPECT_EQ((*head)->size, 5U);
  EXPECT_GT((*head)->modified_ms, 0);
  EXPECT_EQ(asking_.get("data", "a b/c+ä"), "bytes");
  EXPECT_EQ(run(asking_->remove("data", "a b/c+ä")), true);
  EXPECT_EQ(run(asking_->remove("data", "a b/c+ä")), false);
}

TEST_F(Forwarding, WhatIsNotThere) {
  make("data");
  EXPECT_FALSE(run(asking_->head("data", "k"))->has_value());
  EXPECT_EQ(*run(asking_->open("data", "k")), nullptr);
  EXPECT_EQ(run(asking_->remove("data", "k")), false);
  EXPECT_EQ(run(asking_->fetch("data", "k", asking_.folder() / "k")), false);
  EXPECT_FALSE(std::filesystem::exists(asking_.folder() / "k"));
  for (const Error& error :
       {run(asking_->head("none", "k")).error(), run(asking_->open("none", "k")).error(),
        run(asking_->remove("none", "k")).error(), run(asking_->list("none", {})).error(),
        run(asking_->list("none", {.limit = 0})).error(), asking_.put("none", "k", "x").error(),
        run(asking_->begin_upload("none", "k", {})).error(),
        run(asking_->uploads("none", "")).error(),
        run(asking_->fetch("none", "k", asking_.folder() / "k")).error()}) {
    EXPECT_EQ(error.code, Code::not_found) << error.message;
    EXPECT_EQ(error.message, "there is no bucket `none`");
  }
  for (const char* key : {"", "..", "a/../b"})
    EXPECT_EQ(run(asking_->head("data", key)).error().reason, Reason::invalid_argument) << key;
}

TEST_F(Forwarding, LargeBodiesAreReadFromAnywhere) {
  make("data");
  const std::string bytes = noise(3 * kMiB + 17);
  const auto put = asking_.put("data", "large", bytes);
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->etag, md5_of(bytes));
  for (const std::size_t step : {std::size_t{70'000}, std::size_t{512 * 1024}, 8 * kMiB}) {
    const auto got = asking_.get("data", "large", step);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(*got == bytes) << step;
  }
  auto reader = *run(asking_->open("data", "large"));
  for (const auto& [offset, size] : std::vector<std::pair<std::uint64_t, std::size_t>>{
           {kMiB, 10}, {kMiB + 10, 100'000}, {0, 1}, {bytes.size() - 5, 100}, {5, 300'000}}) {
    EXPECT_TRUE(run(reader->read(offset, size)) == bytes.substr(offset, size)) << offset;
  }
  EXPECT_EQ(run(reader->read(bytes.size(), 10)), "");
  asking_.drop(std::move(reader));
  // What waited on the disk has no name there.
  EXPECT_TRUE(std::filesystem::is_empty(asking_.folder() / "forwarding"));
}

TEST_F(Forwarding, WhatIsNotCommittedLeavesNothing) {
  make("data");
  {
    auto writer = *run(asking_->put("data", "k"));
    ASSERT_TRUE(run(Asking::write_all(*writer, noise(kMiB))));
  }
  EXPECT_FALSE(run(asking_->head("data", "k"))->has_value());
  EXPECT_TRUE(std::filesystem::is_empty(asking_.folder() / "forwarding"));
  const auto put = asking_.put("data", "empty", "");
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(asking_.get("data", "empty"), "");
}

TEST_F(Forwarding, AnObjectThatIsReplacedWhileItIsReadIsNotMixed) {
  make("data");
  ASSERT_TRUE(asking_.put("data", "k", noise(kMiB)));
  auto reader = *run(asking_->open("data", "k"));
  ASSERT_TRUE(run(reader->read(0, 1000)));
  ASSERT_TRUE(asking_.put("data", "k", noise(kMiB, 2)));
  const Error replaced = run(reader->read(500'000, 1000)).error();
  EXPECT_EQ(replaced.code, Code::aborted);
  ASSERT_EQ(run(asking_->remove("data", "k")), true);
  EXPECT_EQ(run(reader->read(0, 1000)).error().code, Code::aborted);
  asking_.drop(std::move(reader));
}

TEST_F(Forwarding, ListsAreThoseOfAFolder) {
  make("data");
  const std::vector<std::string> keys{"a",  "a/1", "a/2",  "a/b/1", "a/b/2", "a0",    "b c+d",
                                      "b/", "ä/ö", "z&<>", "z/1",   "z/\n2", "z%2F3", "zz/1//2"};
  for (const std::string& key : keys) ASSERT_TRUE(asking_.put("data", key, key));
  for (const char* prefix : {"", "a", "a/", "a/b/", "z", "q"}) {
    for (const char* delimiter : {"", "/", "b"}) {
      for (const std::size_t limit : {1U, 2U, 3U, 1000U}) {
        store::ObjectQuery query{
            .prefix = prefix, .delimiter = delimiter, .after = "", .limit = limit};
        while (true) {
          const auto own = run(asking_->list("data", query));
          const auto folder = weft::testing::run(all_->list("data", query));
          ASSERT_TRUE(own) << own.error().message;
          const auto where = std::format("prefix `{}` delimiter `{}` limit {} after `{}`", prefix,
                                         delimiter, limit, query.after);
          const auto names = [](const store::ObjectPage& page) {
            std::string out;
            for (const auto& each : page.objects)
              out += std::format("{} {} {}\n", each.key, each.size, each.etag);
            for (const auto& each : page.common_prefixes) out += each + " *\n";
            return out;
          };
          ASSERT_EQ(names(*own), names(*folder)) << where;
          ASSERT_EQ(own->next, folder->next) << where;
          if (!own->next) break;
          query.after = *own->next;
        }
      }
    }
  }
}

TEST_F(Forwarding, UploadsInParts) {
  make("data");
  const std::string first = noise(5 * kMiB);
  const std::string second = noise(1000, 2);
  const store::ObjectMeta meta{
      .content_type = "text/plain", .headers = {{"x-amz-meta-a", "b"}}, .checksums = {}};
  const auto id = run(asking_->begin_upload("data", "k/1", meta));
  ASSERT_TRUE(id) << id.error().message;
  std::vector<std::pair<int, std::string>> made;
  for (const auto& [number, bytes] : {std::pair{1, &first}, std::pair{2, &second}}) {
    auto writer = *run(asking_->put_part("data", "k/1", *id, number));
    ASSERT_TRUE(run(Asking::write_all(*writer, *bytes)));
    const auto part = run(writer->commit({}));
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_EQ(part->etag, md5_of(*bytes));
    made.emplace_back(number, part->etag);
  }
  const auto parts = run(asking_->parts("data", "k/1", *id));
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].size, first.size());
  EXPECT_EQ((*parts)[1].etag, md5_of(second));
  const auto uploads = run(asking_->uploads("data", "k/"));
  ASSERT_TRUE(uploads);
  ASSERT_EQ(uploads->size(), 1U);
  EXPECT_EQ((*uploads)[0].id, *id);
  EXPECT_EQ((*uploads)[0].key, "k/1");
  EXPECT_TRUE(run(asking_->uploads("data", "x"))->empty());

  EXPECT_EQ(run(asking_->complete_upload("data", "k/1", *id, {{1, "bad"}}, {})).error().code,
            Code::invalid_argument);
  EXPECT_EQ(run(asking_->complete_upload("data", "k/1", *id, {}, {})).error().code,
            Code::invalid_argument);
  EXPECT_EQ(run(asking_->complete_upload("data", "k/1", *id, made,
                                         store::ObjectDigest{.kind = wire::DigestKind::crc32,
                                                             .bytes = std::string(4, 0)}))
                .error()
                .reason,
            Reason::unsupported)
      << "the store would have replaced what was there before it could be compared";
  const auto done = run(asking_->complete_upload("data", "k/1", *id, made, {}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->etag.ends_with("-2"));
  EXPECT_EQ(done->size, first.size() + second.size());
  EXPECT_EQ(done->meta, meta);
  EXPECT_TRUE(asking_.get("data", "k/1") == first + second);
}

TEST_F(Forwarding, UploadsThatAreNone) {
  make("data");
  const auto id = run(asking_->begin_upload("data", "k", {}));
  ASSERT_TRUE(id);
  EXPECT_TRUE(run(asking_->abort_upload("data", "k", *id)));
  ASSERT_TRUE(asking_.put("data", "k", "stays"));
  for (const std::string& none : {*id, std::string("x"), std::string()}) {
    EXPECT_EQ(run(asking_->abort_upload("data", "k", none)).error().reason, Reason::task_not_found);
    EXPECT_EQ(run(asking_->parts("data", "k", none)).error().reason, Reason::task_not_found);
    EXPECT_EQ(run(asking_->complete_upload("data", "k", none, {{1, "a"}}, {})).error().reason,
              Reason::task_not_found);
    auto writer = run(asking_->put_part("data", "k", none, 1));
    const auto part = writer ? run((*writer)->commit({})) : fail(writer.error());
    EXPECT_EQ(part.error().reason, Reason::task_not_found);
  }
  EXPECT_EQ(asking_.get("data", "k"), "stays");
}

TEST_F(Forwarding, FilesGoOutAndComeBack) {
  const std::string bytes = noise(2 * kMiB);
  const auto file = asking_.folder() / "out";
  write_file(file, bytes);
  // The bucket is made with it.
  const auto taken = run(asking_->take(file, "models", "m/1", {.content_type = "a/b"}));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->etag, md5_of(bytes));
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto back = asking_.folder() / "deep/er/back";
  EXPECT_EQ(run(asking_->fetch("models", "m/1", back)), true);
  EXPECT_TRUE(read_file(back) == bytes);
  EXPECT_FALSE(run(asking_->fetch("models", "m/1", back))) << "it exists already";
  EXPECT_TRUE(read_file(back) == bytes);
  EXPECT_EQ((*run(asking_->head("models", "m/1")))->meta.content_type, "a/b");
  EXPECT_FALSE(run(asking_->take(asking_.folder() / "none", "models", "m/2", {})));
  write_file(file, "");
  EXPECT_TRUE(run(asking_->take(file, "models", "empty", {})));
  EXPECT_EQ(run(asking_->fetch("models", "empty", asking_.folder() / "empty")), true);
}

TEST_F(Forwarding, ALargeFileGoesInParts) {
  make("models");
  const std::string bytes = noise(64 * kMiB + 12'345);
  const auto file = asking_.folder() / "out";
  write_file(file, bytes);
  const auto taken = run(asking_->take(file, "models", "m", {.headers = {{"x-amz-meta-a", "b"}}}));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_TRUE(taken->etag.ends_with("-2")) << taken->etag;
  EXPECT_EQ(taken->size, bytes.size());
  EXPECT_EQ(taken->meta.headers.at("x-amz-meta-a"), "b");
  EXPECT_EQ(run(asking_->fetch("models", "m", asking_.folder() / "back")), true);
  EXPECT_TRUE(read_file(asking_.folder() / "back") == bytes);
}

TEST_F(Forwarding, AKeyThatIsNotTheStoresIsNamedAndNotShown) {
  Asking wrong(hub_.clock, store_at(hub_.port(), key_.access_key, "another-secret"));
  const Error error = wrong.run(wrong->buckets()).error();
  EXPECT_EQ(error.reason, Reason::permission_denied);
  EXPECT_TRUE(error.message.contains("SignatureDoesNotMatch")) << error.message;
  EXPECT_TRUE(error.message.contains("`access_key` and `secret_key`")) << error.message;
  EXPECT_FALSE(error.message.contains(key_.access_key)) << error.message;
  EXPECT_FALSE(error.message.contains("another-secret")) << error.message;
}

// ---- stores that fail

constexpr std::string_view kEmptyList =
    "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

TEST(ForwardingFaults, AStoreThatIsNotThere) {
  SystemClock clock;
  std::uint16_t port = 0;
  {
    net::testing::Harness gone([](net::Exchange&) -> Awaitable<> { co_return; });
    port = gone.port();
  }
  Asking asking(clock, store_at(port, "AKIDSTORE", "the-secret"));
  const Error error = asking.run(asking->list("data", {})).error();
  EXPECT_EQ(error.reason, Reason::unavailable);
  EXPECT_TRUE(error.message.contains(std::format("http://127.0.0.1:{}", port))) << error.message;
  EXPECT_TRUE(error.message.contains("`ml.objects.endpoint` (weft.yaml:14)")) << error.message;
  EXPECT_EQ(asking.put("data", "k", "x").error().reason, Reason::unavailable);
  const auto file = asking.folder() / "file";
  write_file(file, "x");
  EXPECT_EQ(asking.run(asking->take(file, "data", "k", {})).error().reason, Reason::unavailable);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(ForwardingFaults, AnErrorThatMayPassIsAskedAgain) {
  Store store([](net::Exchange& exchange, int count) -> Awaitable<> {
    if (count < 3) {
      Store::say(exchange, 503, Store::error("SlowDown"));
    } else {
      Store::say(exchange, 200, std::string(kEmptyList));
    }
    co_return;
  });
  EXPECT_TRUE(store.asking.run(store.asking->list("data", {})));
  EXPECT_EQ(store.count(), 3);
  EXPECT_EQ(store.connections(), 1U) << "connections are used again";
}

TEST(ForwardingFaults, AnErrorThatStaysIsTold) {
  Store store([](net::Exchange& exchange, int) -> Awaitable<> {
    co_await Store::take_body(exchange);
    Store::say(exchange, 500, Store::error("InternalError", "the disk is odd"));
    co_return;
  });
  const Error error = store.asking.put("data", "k", std::string(kMiB, 'x')).error();
  EXPECT_EQ(error.reason, Reason::unavailable);
  EXPECT_TRUE(error.message.contains("InternalError: the disk is odd")) << error.message;
  EXPECT_EQ(store.count(), 3);
}

TEST(ForwardingFaults, WhatIsNoAnswerOfS3) {
  for (const auto& [status, body, type] : std::vector<std::tuple<int, std::string, std::string>>{
           {200, "<html><body>Welcome</body></html>", "text/html"},
           {200, "\x01\x02", "application/octet-stream"},
           {200, "<ListBucketResult><Contents>", "application/xml"},
           {404, "no such page", "text/html"},
           {200, std::string(9 * kMiB, ' '), "application/xml"}}) {
    Store store([&](net::Exchange& exchange, int) -> Awaitable<> {
      Store::say(exchange, status, body, {}, type);
      co_return;
    });
    const Error error = store.asking.run(store.asking->list("data", {})).error();
    EXPECT_EQ(error.reason, Reason::upstream_protocol) << error.message;
    EXPECT_TRUE(error.message.contains("is an S3 endpoint")) << error.message;
    EXPECT_EQ(store.count(), 1);
  }
}

TEST(ForwardingFaults, ARedirectIsNotFollowed) {
  Store other([](net::Exchange& exchange, int) -> Awaitable<> {
    Store::say(exchange, 200, std::string(kEmptyList));
    co_return;
  });
  std::string target;
  Store store([&](net::Exchange& exchange, int) -> Awaitable<> {
    wire::Headers headers;
    headers.add("Location", target);
    headers.add("x-amz-bucket-region", "eu-west-1");
    Store::say(exchange, 307, Store::error("TemporaryRedirect"), std::move(headers));
    co_return;
  });
  target = "http://127.0.0.1:1/";
  const Error error = store.asking.run(store.asking->list("data", {})).error();
  EXPECT_EQ(error.reason, Reason::permission_denied);
  EXPECT_TRUE(error.message.contains("`eu-west-1`")) << error.message;
  EXPECT_EQ(store.count(), 1);
  EXPECT_EQ(other.count(), 0);
}

TEST(ForwardingFaults, ListsThatCannotBe) {
  const auto list = [](std::string body) {
    Store store([&](net::Exchange& exchange, int) -> Awaitable<> {
      Store::say(exchange, 200, body);
      co_return;
    });
    return store.asking.run(store.asking->list("data", {.prefix = "p/", .limit = 5})).error();
  };
  const auto keys = [](std::string_view more, std::initializer_list<const char*> names) {
    std::string out = std::format("<ListBucketResult>{}", more);
    for (const char* name : names)
      out += std::format("<Contents><Key>{}</Key><Size>1</Size></Contents>", name);
    return out + "</ListBucketResult>";
  };
  constexpr std::string_view kMore =
      "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
  EXPECT_TRUE(list(keys(kMore, {})).message.contains("does not end") ||
              list(keys(kMore, {})).message.contains("nothing in it"));
  EXPECT_TRUE(list(keys(kMore, {"p/b", "p/a"})).message.contains("order"));
  EXPECT_TRUE(list(keys("", {"q/a"})).message.contains("not asked for"));
}

TEST(ForwardingFaults, ABodyThatIsCutOffGoesOnWhereItWas) {
  const std::string bytes = noise(kMiB);
  const auto cut = [](int count) { return count % 2 == 0 ? std::size_t{200'000} : 8 * kMiB; };
  Store store(one_object(bytes, cut, "\"e\""));
  const auto got = store.asking.get("data", "k");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(*got == bytes);
  const auto file = store.asking.folder() / "k";
  const auto fetched = store.asking.run(store.asking->fetch("data", "k", file));
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_TRUE(read_file(file) == bytes);
}

TEST(ForwardingFaults, AStoreThatDoesNotLookAtIfMatchMixesNothing) {
  const auto cut = [](int) { return std::size_t{200'000}; };
  const auto all = [](int) { return 8 * kMiB; };
  const Store::Act before = one_object(noise(kMiB), cut, "\"e\"");
  for (const Store::Act& after :
       {one_object(noise(kMiB, 2), all, "\"f\""), one_object(noise(2 * kMiB, 2), all, "\"e\"")}) {
    Store store([&](net::Exchange& exchange, int count) {
      const std::string_view range = exchange.head().headers.get("Range");
      const bool first = range.empty() || range.starts_with("bytes=0-");
      return first ? before(exchange, count) : after(exchange, count);
    });
    const auto got = store.asking.get("data", "k");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Code::aborted) << got.error().message;
    const auto file = store.asking.folder() / "k";
    const auto fetched = store.asking.run(store.asking->fetch("data", "k", file));
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, Code::aborted) << fetched.error().message;
    EXPECT_FALSE(std::filesystem::exists(file));
  }
}

TEST(ForwardingFaults, ABodyThatIsAlwaysCutOffLeavesNoFile) {
  Store store(one_object(noise(kMiB), [](int) { return std::size_t{0}; }, "\"e\""));
  const auto file = store.asking.folder() / "k";
  const Error error = store.asking.run(store.asking->fetch("data", "k", file)).error();
  EXPECT_EQ(error.reason, Reason::unavailable);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(store.asking.get("data", "k").error().reason, Reason::unavailable);
  EXPECT_LT(store.count(), 20);
}

TEST(ForwardingFaults, BytesThatAreNotThoseOfTheirChecksumAreNotKept) {
  wire::Headers more;
  more.add("x-amz-checksum-crc32", crc32_of("others"));
  Store store(one_object("bytes", [](int) { return kMiB; }, "\"e\"", more));
  const auto file = store.asking.folder() / "k";
  const Error error = store.asking.run(store.asking->fetch("data", "k", file)).error();
  EXPECT_TRUE(error.message.contains("checksum")) << error.message;
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ForwardingFaults, AnObjectWithoutAnETagOrWithAnotherPieceIsNone) {
  Store bare(one_object("bytes", [](int) { return kMiB; }, ""));
  EXPECT_EQ(bare.asking.run(bare.asking->head("data", "k")).error().reason,
            Reason::upstream_protocol);
  Store other([](net::Exchange& exchange, int) -> Awaitable<> {
    wire::Headers headers;
    headers.add("ETag", "\"e\"");
    if (exchange.head().method != "HEAD") headers.add("Content-Range", "bytes 5-9/10");
    Store::say(exchange, exchange.head().method == "HEAD" ? 200 : 206, "0123456789",
               std::move(headers));
    co_return;
  });
  EXPECT_EQ(other.asking.get("data", "k").error().reason, Reason::upstream_protocol);
}

TEST(ForwardingFaults, AnErrorBehindAGoodHeadIsOne) {
  Store store([](net::Exchange& exchange, int) -> Awaitable<> {
    Store::say(exchange, 200, Store::error("InternalError", "too late"));
    co_return;
  });
  const Error error =
      store.asking.run(store.asking->complete_upload("data", "k", "u", {{1, "a"}}, {})).error();
  EXPECT_EQ(error.reason, Reason::unavailable);
  EXPECT_TRUE(error.message.contains("too late")) << error.message;
}

TEST(ForwardingFaults, AnUploadThatWasCompletedUnheardIsAnObject) {
  const std::vector<std::pair<int, std::string>> parts{{1, md5_of("a")}, {2, md5_of("b")}};
  const std::string whole = "\"96e024ba2074fe77e8e965ba43a704be-2\"";
  const auto complete = [&](std::string_view etag, int unheard) {
    Store store([&](net::Exchange& exchange, int count) -> Awaitable<> {
      co_await Store::take_body(exchange);
      wire::Headers headers;
      headers.add("ETag", etag);
      if (exchange.head().method == "HEAD") {
        Store::say(exchange, 200, "ab", std::move(headers));
      } else if (count <= unheard) {
        Store::say(exchange, 503, Store::error("SlowDown"));
      } else {
        Store::say(exchange, 404, Store::error("NoSuchUpload"));
      }
    });
    const auto done = store.asking.run(store.asking->complete_upload("data", "k", "u", parts, {}));
    return done ? Reason::none : done.error().reason;
  };
  EXPECT_EQ(complete(whole, 1), Reason::none);
  EXPECT_EQ(complete("\"another\"", 1), Reason::task_not_found);
  // Nothing went unheard: the object is somebody else's doing.
  EXPECT_EQ(complete(whole, 0), Reason::task_not_found);
}

TEST(ForwardingFaults, AnUploadThatFailsIsTakenAway) {
  Store store([](net::Exchange& exchange, int) -> Awaitable<> {
    const wire::RequestHead& head = exchange.head();
    if (head.method == "POST") {
      Store::say(exchange, 200,
                 "<InitiateMultipartUploadResult><UploadId>u 1</UploadId>"
                 "</InitiateMultipartUploadResult>");
    } else if (head.method == "DELETE") {
      Store::say(exchange, 204, "");
    } else {
      co_await Store::take_body(exchange);
      Store::say(exchange, 403, Store::error("AccessDenied"));
    }
  });
  const auto file = store.asking.folder() / "file";
  write_file(file, std::string(65 * kMiB, 'x'));
  const Error error = store.asking.run(store.asking->take(file, "data", "k", {})).error();
  EXPECT_EQ(error.reason, Reason::permission_denied);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(store.asked().back(), "DELETE /data/k?uploadId=u%201 ");
}

TEST(ForwardingFaults, AStoreThatIsSlowIsGivenUp) {
  const RemoteWaits short_waits{
      .answer = Milliseconds(200), .piece = Milliseconds(200), .commit = Milliseconds(200)};
  Store store(
      [](net::Exchange& exchange, int) -> Awaitable<> {
        (void)co_await sleep_for(Milliseconds(60'000), exchange.gone());
      },
      short_waits);
  const auto began = std::chrono::steady_clock::now();
  const Error slow = store.asking.run(store.asking->list("data", {})).error();
  EXPECT_EQ(slow.reason, Reason::deadline);
  EXPECT_TRUE(slow.message.contains("is too slow")) << slow.message;
  EXPECT_EQ(store.asking.put("data", "k", "x").error().reason, Reason::deadline);
  // It takes nothing of a large body.
  EXPECT_EQ(store.asking.put("data", "k", std::string(32 * kMiB, 'x')).error().reason,
            Reason::deadline);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST(ForwardingFaults, ASmallBodyThatDripsIsGivenUp) {
  Store store([](net::Exchange& exchange, int) { return drip(exchange, 200, "x"); },
              {.answer = Milliseconds(500)});
  const auto file = store.asking.folder() / "k";
  const auto fetched = store.asking.run(store.asking->fetch("data", "k", file));
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().reason, Reason::deadline) << fetched.error().message;
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ForwardingFaults, AnErrorThatDripsIsTold) {
  Store store([](net::Exchange& exchange,
                 int) { return drip(exchange, 403, Store::error("AccessDenied")); },
              {.answer = Milliseconds(500)});
  const auto began = std::chrono::steady_clock::now();
  const auto file = store.asking.folder() / "k";
  const Error error = store.asking.run(store.asking->fetch("data", "k", file)).error();
  EXPECT_EQ(error.reason, Reason::permission_denied);
  EXPECT_TRUE(error.message.contains("AccessDenied")) << error.message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(ForwardingFaults, WhatIsWholeIsNotTooSlow) {
  const Store::Act answer = one_object("bytes", [](int) { return kMiB; }, "\"e\"");
  Store store(
      [&](net::Exchange& exchange, int count) -> Awaitable<> {
        if (exchange.head().method == "GET")
          (void)co_await sleep_for(Milliseconds(600), exchange.gone());
        co_await answer(exchange, count);
      },
      {.piece = Milliseconds(300)});
  EXPECT_EQ(store.asking.get("data", "k"), "bytes");
}

TEST(ForwardingFaults, ManyAreRemovedSomeAtATimeAndToldInOrder) {
  constexpr int kKeys = 40;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  Store store([&](net::Exchange& exchange, int) -> Awaitable<> {
    const wire::RequestHead& head = exchange.head();
    most = std::max<int>(most, ++running);
    const Milliseconds pause(head.target == "/data/k0" ? 200 : 20);
    (void)co_await sleep_for(pause, exchange.gone());
    --running;
    wire::Headers headers;
    headers.add("ETag", "\"e\"");
    if (head.method == "DELETE" && head.target == "/data/k7") {
      Store::say(exchange, 400, Store::error("InvalidArgument"));
    } else {
      Store::say(exchange, 200, "x", std::move(headers));
    }
  });
  // The S3 endpoint on the loop that asks.
  AwsHub hub([](Environment&) { return std::vector<Route>(); });
  const std::shared_ptr<store::Objects> objects(std::shared_ptr<void>(), &*store.asking);
  std::vector<Route> routes{s3_route(hub.environment, std::make_shared<AwsDoor>(hub.environment),
                                     [&](const std::string&) { return objects; })};
  auto server = net::HttpServer::create(store.asking.loops(), {.host = "127.0.0.1"}, {}, {},
                                        make_front(hub.environment, std::move(routes), {}));
  ASSERT_TRUE(server) << server.error().message;
  (*server)->start();

  std::string body = "<Delete>";
  for (int i = 0; i < kKeys; ++i) body += std::format("<Object><Key>k{}</Key></Object>", i);
  const weft::testing::Sent sent{
      .target = "/data?delete",
      .body = body + "</Delete>",
      .service = "s3",
      .by = wire::AwsCredentials{.access_key = "AKIDCALLER", .secret = "x", .session_token = ""}};
  wire::RequestHead head = hub.head_of(sent);
  head.headers.set("Content-Length", std::format("{}", sent.body.size()));
  std::string text;
  wire::write_request_head(text, head);
  net::testing::RawClient client((*server)->port());
  client.send(text + sent.body);
  const weft::testing::Answer answer = AwsHub::read(client);
  EXPECT_EQ(answer.status, 200) << answer.body;
  std::size_t at = 0;
  for (int i = 0; i < kKeys; ++i) {
    at = answer.body.find(std::format("<{}><Key>k{}</Key>", i == 7 ? "Error" : "Deleted", i), at);
    ASSERT_NE(at, std::string::npos) << i << " " << answer.body;
  }
  EXPECT_EQ(store.count(), 2 * kKeys);
  EXPECT_GT(most, 1);
  EXPECT_LE(most, 16);
}

TEST(ForwardingFaults, EndingTheReadingEndsNoChange) {
  Store store([](net::Exchange& exchange, int) -> Awaitable<> {
    co_await Store::take_body(exchange);
    const wire::RequestHead& head = exchange.head();
    wire::Headers headers;
    headers.add("ETag", "\"e\"");
    if (head.method == "HEAD" && !head.target.starts_with("/data/k")) {
      Store::say(exchange, 404, "");
    } else if (head.method == "POST") {
      Store::say(exchange, 200,
                 "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>");
    } else {
      Store::say(exchange, 200, "x", std::move(headers));
    }
  });
  store.asking->end_reading();
  EXPECT_EQ(store.asking.run(store.asking->head("data", "k")).error().reason, Reason::cancelled);
  EXPECT_EQ(store.asking.run(store.asking->bucket("data")).error().reason, Reason::cancelled);
  const auto made = store.asking.run(store.asking->make_bucket("data"));
  EXPECT_TRUE(made) << made.error().message;
  const auto done =
      store.asking.run(store.asking->complete_upload("data", "k", "u", {{1, "a"}}, {}));
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(store.asking.run(store.asking->remove("data", "k")), true);
}

TEST(ForwardingFaults, EndingTheReadingEndsWhatRuns) {
  Store store([](net::Exchange& exchange, int) -> Awaitable<> {
    (void)co_await sleep_for(Milliseconds(60'000), exchange.gone());
  });
  auto end = [](Store& of) -> Awaitable<Result<store::ObjectPage>> {
    Timer timer = run_after(co_await boost::asio::this_coro::executor, Milliseconds(100),
                            [&of] { of.asking->end_reading(); });
    auto page = co_await of.asking->list("data", {});
    co_return page;
  };
  EXPECT_EQ(store.asking.run(end(store)).error().reason, Reason::cancelled);
  EXPECT_EQ(store.asking.run(store.asking->list("data", {})).error().reason, Reason::cancelled);
}

TEST(ForwardingFaults, EndingTheWritingEndsWhatRuns) {
  for (const std::size_t size : {std::size_t{1}, 32 * kMiB}) {
    std::atomic<bool> arrived = false;
    Store store([&arrived](net::Exchange& exchange, int) -> Awaitable<> {
      if (exchange.head().method == "HEAD") co_return Store::say(exchange, 200, "");
      arrived = true;
      (void)co_await sleep_for(Milliseconds(60'000), exchange.gone());
    });
    const std::jthread later([&] {
      EXPECT_TRUE(weft::testing::wait_until([&] { return arrived.load(); }));
      store.asking->end_writing();
    });
    EXPECT_EQ(store.asking.put("data", "k", std::string(size, 'x')).error().reason,
              Reason::cancelled);
    EXPECT_EQ(store.asking.run(store.asking->make_bucket("data")).error().reason,
              Reason::cancelled);
    const auto read = store.asking.run(store.asking->bucket("data"));
    EXPECT_TRUE(read) << read.error().message;
  }
}

TEST(ForwardingFaults, WhatCannotBeSignedWithIsRefused) {
  store::testing::TemporaryDirectory directory;
  net::Loops loops{1};
  WorkPool pool{1, 16};
  SystemClock clock;
  const auto refused = [&](std::string key, std::string secret, std::string region) {
    RemoteStore store = store_at(1, std::move(key), std::move(secret));
    store.region = std::move(region);
    const auto made = open_remote_objects({.loops = loops,
                                           .clock = clock,
                                           .pool = pool,
                                           .folder = directory.path() / "x",
                                           .store = std::move(store)});
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(refused("key", "secret", "us-east-1"), "");
  EXPECT_TRUE(refused("a\nb", "secret", "us-east-1").starts_with("weft.yaml:14: `access_key`"));
  EXPECT_TRUE(refused("", "secret", "us-east-1").contains("`access_key`"));
  EXPECT_TRUE(refused("key", "", "us-east-1").contains("`secret_key`"));
  EXPECT_TRUE(refused("key", "secret", "a/b").contains("`region`"));
}

}  // namespace
}  // namespace weft::adapters::sagemaker

#include "weft/ml/owned_objects.h"

#include <boost/asio/this_coro.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <fstream>

#include "weft/base/ids.h"
#include "weft/base/task_group.h"
#include "weft/base/testing/run.h"
#include "weft/base/work_pool.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/memory_tables.h"
#include "weft/store/testing/directory.h"
#include "weft/store/testing/objects_through.h"

namespace weft::ml {
namespace {

using testing::run;

class OwnedObjectsTest : public ::testing::Test {
 protected:
  OwnedObjectsTest() { EXPECT_TRUE(run(owned_.start())); }

  std::vector<std::string> names(const std::shared_ptr<store::Objects>& of) {
    std::vector<std::string> out;
    const auto buckets = run(of->buckets());
    EXPECT_TRUE(buckets);
    for (const auto& bucket : *buckets) out.push_back(bucket.name);
    return out;
  }
  Result<store::ObjectInfo> put(const std::shared_ptr<store::Objects>& to, std::string bucket) {
    auto writer = run(to->put(std::move(bucket), "key"));
    if (!writer) return fail(std::move(writer).error());
    EXPECT_TRUE(run((*writer)->write("bytes")));
    return run((*writer)->commit({}));
  }

  store::testing::TemporaryDirectory directory_;
  SystemRandom random_;
  WorkPool pool_{1, 16};
  store::MemoryTables tables_;
  std::unique_ptr<store::Objects> all_ =
      *store::files::open_local_objects(directory_.path() / "objects", random_, pool_);
  OwnedObjects owned_{*all_, tables_};
  std::shared_ptr<store::Objects> alice_ = owned_.of("alice");
  std::shared_ptr<store::Objects> bob_ = owned_.of("bob");
};

TEST_F(OwnedObjectsTest, ABucketIsItsMakersAlone) {
  ASSERT_TRUE(run(alice_->make_bucket("alices")));
  ASSERT_TRUE(put(alice_, "alices"));
  EXPECT_EQ(names(alice_), std::vector<std::string>{"alices"});
  EXPECT_EQ(names(bob_), std::vector<std::string>());
  EXPECT_EQ(owned_.owner_of("alices"), "alice");
  const Error refused = put(bob_, "alices").error();
  EXPECT_EQ(refused.reason, Reason::permission_denied);
  EXPECT_EQ(run(bob_->bucket("alices")).error(), refused);
  EXPECT_EQ(run(bob_->head("alices", "key")).error(), refused);
  EXPECT_EQ(run(bob_->open("alices", "key")).error(), refused);
  EXPECT_EQ(run(bob_->remove("alices", "key")).error(), refused);
  EXPECT_EQ(run(bob_->list("alices", {})).error(), refused);
  EXPECT_EQ(run(bob_->begin_upload("alices", "key", {})).error(), refused);
  EXPECT_EQ(run(bob_->put_part("alices", "key", "u", 1)).error(), refused);
  EXPECT_EQ(run(bob_->parts("alices", "key", "u")).error(), refused);
  EXPECT_EQ(run(bob_->complete_upload("alices", "key", "u", {}, {})).error(), refused);
  EXPECT_EQ(run(bob_->abort_upload("alices", "key", "u")).error(), refused);
  EXPECT_EQ(run(bob_->uploads("alices", "")).error(), refused);
  EXPECT_EQ(run(bob_->fetch("alices", "key", directory_.path() / "x")).error(), refused);
  EXPECT_EQ(run(bob_->remove_bucket("alices")).error(), refused);
  EXPECT_EQ(run(bob_->head("nobodys", "key")).error().code, Code::not_found);
  EXPECT_TRUE(run(alice_->head("alices", "key"))->has_value());
}

TEST_F(OwnedObjectsTest, ATakenNameIsToldFromOnesOwn) {
  ASSERT_TRUE(run(alice_->make_bucket("alices")));
  const Error own = run(alice_->make_bucket("alices")).error();
  const Error others = run(bob_->make_bucket("alices")).error();
  EXPECT_EQ(own.code, Code::already_exists);
  EXPECT_EQ(others.code, Code::already_exists);
  EXPECT_NE(own.reason, Reason::permission_denied);
  EXPECT_EQ(others.reason, Reason::permission_denied);
  // Gone, it may be another one's.
  ASSERT_TRUE(run(alice_->remove_bucket("alices")));
  EXPECT_EQ(run(alice_->remove_bucket("alices")).error().code, Code::not_found);
  ASSERT_TRUE(run(bob_->make_bucket("alices")));
  EXPECT_EQ(names(bob_), std::vector<std::string>{"alices"});
  EXPECT_EQ(put(alice_, "alices").error().reason, Reason::permission_denied);
}

TEST_F(OwnedObjectsTest, OwnersAreThereAfterARestart) {
  ASSERT_TRUE(run(alice_->make_bucket("alices")));
  OwnedObjects again(*all_, tables_);
  EXPECT_EQ(names(again.of("alice")), std::vector<std::string>()) << "not read yet";
  ASSERT_TRUE(run(again.start()));
  EXPECT_EQ(names(again.of("alice")), std::vector<std::string>{"alices"});
  EXPECT_EQ(names(again.of("bob")), std::vector<std::string>());
  json::value broken = json::object();
  ASSERT_TRUE(run(tables_.put("bucket_owners", "x", broken)));
  EXPECT_FALSE(run(OwnedObjects(*all_, tables_).start()));
}

TEST_F(OwnedObjectsTest, WhatNobodyMadeIsLocal) {
  std::filesystem::create_directories(directory_.path() / "objects" / "by-hand");
  EXPECT_EQ(names(owned_.of("local")), std::vector<std::string>{"by-hand"});
  EXPECT_EQ(names(alice_), std::vector<std::string>());
  EXPECT_EQ(run(alice_->make_bucket("by-hand")).error().reason, Reason::permission_denied);
}

TEST_F(OwnedObjectsTest, WhatWasMadeInOneStoreIsNobodysInAnother) {
  ASSERT_TRUE(run(alice_->make_bucket("alices")));
  OwnedObjects elsewhere(*all_, tables_, "https://s3.example/");
  ASSERT_TRUE(run(elsewhere.start()));
  EXPECT_EQ(elsewhere.owner_of("alices"), "local");
  EXPECT_EQ(run(elsewhere.of("alice")->head("alices", "key")).error().reason,
            Reason::permission_denied);
  ASSERT_TRUE(run(elsewhere.of("bob")->make_bucket("bobs")));
  OwnedObjects again(*all_, tables_, "https://s3.example/");
  ASSERT_TRUE(run(again.start()));
  EXPECT_EQ(again.owner_of("bobs"), "bob");
  OwnedObjects folder(*all_, tables_);
  ASSERT_TRUE(run(folder.start()));
  EXPECT_EQ(folder.owner_of("bobs"), "local");
  EXPECT_EQ(folder.owner_of("alices"), "alice");
}

TEST_F(OwnedObjectsTest, WhoCouldNotMakeABucketDoesNotOwnIt) {
  // A file stands in its place: it is not there, and cannot be made.
  std::ofstream(directory_.path() / "objects" / "taken") << "x";
  ASSERT_FALSE(run(alice_->make_bucket("taken")));
  EXPECT_EQ(owned_.owner_of("taken"), "local");
  OwnedObjects again(*all_, tables_);
  ASSERT_TRUE(run(again.start()));
  EXPECT_EQ(again.owner_of("taken"), "local");
}

/// A store whose answers to make_bucket() are lost.
class Unheard final : public store::testing::ObjectsThrough {
 public:
  using ObjectsThrough::ObjectsThrough;
  Awaitable<Result<void>> make_bucket(std::string name) override {
    (void)co_await ObjectsThrough::make_bucket(std::move(name));
    co_return fail(Reason::unavailable, "no answer");
  }
};

TEST_F(OwnedObjectsTest, ABucketThatWasMadeUnheardIsItsMakers) {
  Unheard store(*all_);
  OwnedObjects owned(store, tables_);
  const auto alice = owned.of("alice");
  EXPECT_TRUE(run(alice->make_bucket("alices"))) << "it is there, as one look tells";
  EXPECT_EQ(owned.owner_of("alices"), "alice");
  EXPECT_TRUE(put(alice, "alices"));
  EXPECT_EQ(run(owned.of("bob")->make_bucket("alices")).error().reason, Reason::permission_denied);
}

TEST_F(OwnedObjectsTest, TakingAFileInMakesItsOwnersBucket) {
  const auto file = directory_.path() / "file";
  std::ofstream(file) << "x";
  ASSERT_TRUE(run(alice_->take(file, "alices", "key", {})));
  EXPECT_EQ(owned_.owner_of("alices"), "alice");
  std::ofstream(file) << "y";
  ASSERT_TRUE(run(alice_->take(file, "alices", "key", {})));
  std::ofstream(file) << "z";
  EXPECT_EQ(run(bob_->take(file, "alices", "key", {})).error().reason, Reason::permission_denied);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(OwnedObjectsTest, JobsThatEndAtOnceMakeOneBucket) {
  std::vector<Result<store::ObjectInfo>> taken;
  const auto one = [&](int number) -> Awaitable<> {
    const auto file = directory_.path() / std::format("file-{}", number);
    std::ofstream(file) << number;
    taken.push_back(co_await alice_->take(file, "alices", std::format("key-{}", number), {}));
  };
  run([&]() -> Awaitable<bool> {
    TaskGroup group(co_await boost::asio::this_coro::executor);
    for (int number = 0; number < 8; ++number) group.spawn(one(number));
    co_await group.join();
    co_return true;
  }());
  ASSERT_EQ(taken.size(), 8U);
  for (const auto& each : taken) EXPECT_TRUE(each.has_value()) << each.error().message;
  EXPECT_EQ(owned_.owner_of("alices"), "alice");
}

TEST_F(OwnedObjectsTest, NamesKeepToTheRulesOfS3) {
  for (const char* name : {"abc", "a-b.c1", "0123", "sagemaker-us-east-1-000000000000"})
    EXPECT_TRUE(run(alice_->make_bucket(name))) << name;
  for (const std::string& name :
       {std::string("ab"), std::string("Abc"), std::string("a..b"), std::string("-ab"),
        std::string("ab."), std::string("127.0.0.1"), std::string("../abc"), std::string("a/b"),
        std::string("xn--abc"), std::string("abc-s3alias"), std::string("a_b"),
        std::string(64, 'a'), std::string(), std::string(".weft")}) {
    const auto made = run(alice_->make_bucket(name));
    EXPECT_FALSE(made) << name;
    EXPECT_EQ(made.error_or(Error()).param, "/bucket") << name;
  }
}

}  // namespace
}  // namespace weft::ml

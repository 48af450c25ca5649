#include "weft/ml/jobs/checkpoint_sync.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weft/base/ids.h"
#include "weft/base/testing/run.h"
#include "weft/base/work_pool.h"
#include "weft/ml/owned_objects.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/memory_tables.h"
#include "weft/store/testing/directory.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;
using weft::testing::run;

class CheckpointSyncTest : public ::testing::Test {
 protected:
  CheckpointSyncTest() {
    EXPECT_TRUE(run(owned_.start()));
    fs::create_directories(checkpoints_ / "deep");
  }
  void write(const fs::path& name, std::string_view text) {
    std::ofstream(checkpoints_ / name, std::ios::app) << text;
  }
  Result<void> look() { return run(sync_.look(ended_.token())); }
  std::string get(std::string key) {
    const auto reader = run(all_->open("kept", std::move(key)));
    return reader && *reader ? run((*reader)->read(0, 1 << 20)).value_or("?") : "none";
  }

  store::testing::TemporaryDirectory directory_;
  fs::path root_ = directory_.path() / "job";
  fs::path checkpoints_ = root_ / "checkpoints";
  SystemRandom random_;
  WorkPool pool_{1, 16};
  store::MemoryTables tables_;
  std::unique_ptr<store::Objects> all_ =
      *store::files::open_local_objects(directory_.path() / "objects", random_, pool_);
  OwnedObjects owned_{*all_, tables_};
  std::shared_ptr<store::Objects> anns_ = owned_.of("ann");
  std::shared_ptr<store::Objects> bens_ = owned_.of("ben");
  CancelSource ended_;
  CheckpointSync sync_{"j", root_, {"kept", "at"}, *anns_};
};

TEST_F(CheckpointSyncTest, WhatIsBeingWrittenIsLeftAlone) {
  write("deep/model", "one");
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/deep/model"), "none");
  write("deep/model", ", two");
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/deep/model"), "none");
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/deep/model"), "one, two");
  EXPECT_EQ(owned_.owner_of("kept"), "ann") << "the bucket was made";
  // Not again before it has changed.
  ASSERT_TRUE(run(anns_->remove("kept", "at/deep/model")).value_or(false));
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/deep/model"), "none");
  write("deep/model", ", three");
  ASSERT_TRUE(look());
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/deep/model"), "one, two, three");
  EXPECT_TRUE(fs::exists(checkpoints_ / "deep/model"));
}

TEST_F(CheckpointSyncTest, LinksLeadNowhere) {
  const fs::path secrets = directory_.path() / "secrets";
  fs::create_directories(secrets);
  std::ofstream(secrets / "key") << "secret";
  fs::create_symlink(secrets / "key", checkpoints_ / "key");
  fs::create_directory_symlink(secrets, checkpoints_ / "folder");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(look());
  EXPECT_EQ(get("at/key"), "none");
  EXPECT_EQ(get("at/folder/key"), "none");
  fs::remove_all(checkpoints_);
  fs::create_directory_symlink(secrets, checkpoints_);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(look());
  EXPECT_EQ(get("at/key"), "none");
}

TEST_F(CheckpointSyncTest, WhatCouldNotBeUploadedIsTriedAgain) {
  ASSERT_TRUE(run(bens_->make_bucket("kept")));
  write("model", "one");
  ASSERT_TRUE(look());
  EXPECT_EQ(look().error().reason, Reason::permission_denied);
  ASSERT_TRUE(run(bens_->remove_bucket("kept")));
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/model"), "one");
}

TEST_F(CheckpointSyncTest, TheJobsEndEndsIt) {
  write("model", "one");
  ASSERT_TRUE(look());
  ended_.cancel(make_error(Reason::cancelled, "the program has ended"));
  ASSERT_TRUE(look());
  EXPECT_EQ(get("at/model"), "none");
}

}  // namespace
}  // namespace weft::ml

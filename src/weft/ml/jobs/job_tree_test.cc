#include "weft/ml/jobs/job_tree.h"

#include <gtest/gtest.h>

#include <sys/fsuid.h>
#include <unistd.h>

#include <fstream>

#include "weft/store/testing/directory.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

/// This thread is nobody to the file system: root may do what it likes whatever a folder says.
class AsNobody {
 public:
  explicit AsNobody(const fs::path& folder) {
    if (::geteuid() != 0) return;
    EXPECT_EQ(::chown(folder.c_str(), kNobody, kNobody), 0);
    ::setfsuid(kNobody);
  }
  ~AsNobody() { ::setfsuid(::geteuid()); }
  AsNobody(const AsNobody&) = delete;

 private:
  static constexpr uid_t kNobody = 65'534;
};

void leave_closed_folders(const fs::path& root) {
  fs::create_directories(root / "model/deep");
  fs::create_directories(root / "hidden");
  std::ofstream(root / "model/deep/weights") << "old";
  std::ofstream(root / "hidden/more") << "old";
  fs::permissions(root / "model/deep", fs::perms(0555));
  fs::permissions(root / "model", fs::perms(0555));
  fs::permissions(root / "hidden", fs::perms::none);
}

TEST(JobTree, FoldersThatWereClosedGoToo) {
  const store::testing::TemporaryDirectory folder;
  const AsNobody nobody(folder.path());
  leave_closed_folders(folder.path() / "job");
  std::error_code refused;
  fs::remove_all(folder.path() / "job", refused);
  ASSERT_TRUE(refused) << "or this shows nothing";
  const auto removed = remove_tree(folder.path() / "job");
  EXPECT_TRUE(removed) << removed.error().message;
  EXPECT_FALSE(fs::exists(folder.path() / "job"));
  EXPECT_TRUE(remove_tree(folder.path() / "job")) << "that is gone";
}

TEST(JobTree, LinksAreRemovedAndLeadNowhere) {
  const store::testing::TemporaryDirectory folder;
  const AsNobody nobody(folder.path());
  const fs::path other = folder.path() / "other";
  fs::create_directories(other);
  std::ofstream(other / "file") << "stays";
  fs::permissions(other, fs::perms(0500));
  leave_closed_folders(folder.path() / "job");
  fs::create_directory_symlink(other, folder.path() / "job/link");
  EXPECT_TRUE(remove_tree(folder.path() / "job"));
  EXPECT_TRUE(fs::exists(other / "file"));
  EXPECT_EQ(fs::status(other).permissions(), fs::perms(0500));
}

TEST(JobTree, FilesInFoldersThatWereClosedAreFound) {
  const store::testing::TemporaryDirectory folder;
  const AsNobody nobody(folder.path());
  const fs::path root = folder.path() / "job";
  leave_closed_folders(root);
  const auto found = files_below(root);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->files,
            (std::vector<fs::path>{root / "hidden/more", root / "model/deep/weights"}));
}

TEST(JobTree, WhatIsNoFileIsTold) {
  const store::testing::TemporaryDirectory folder;
  const fs::path root = folder.path() / "job";
  fs::create_directories(root / "deep");
  std::ofstream(root / "file") << "here";
  fs::create_symlink("../file", root / "deep/link");
  fs::create_directory_symlink("deep", root / "link");
  const auto found = files_below(root);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->files, (std::vector<fs::path>{root / "file"}));
  EXPECT_EQ(found->others, (std::vector<fs::path>{root / "deep/link", root / "link"}));
}

TEST(JobTree, WhatCannotBeRemovedIsNamed) {
  const store::testing::TemporaryDirectory folder;
  const AsNobody nobody(folder.path());
  fs::create_directories(folder.path() / "job");
  fs::permissions(folder.path(), fs::perms(0500));
  const auto removed = remove_tree(folder.path() / "job");
  ASSERT_FALSE(removed);
  EXPECT_TRUE(removed.error().message.contains((folder.path() / "job").string()));
  fs::permissions(folder.path(), fs::perms(0700));
}

}  // namespace
}  // namespace weft::ml

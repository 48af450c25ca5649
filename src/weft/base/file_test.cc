#include "weft/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace weft {
namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-file-XXXXXX").string();
    WEFT_ASSERT(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(File, WholeFilesBothWays) {
  const Folder folder;
  const auto path = folder.path / "a";
  EXPECT_EQ(read_file(path, 10).error().code, Code::not_found);
  ASSERT_TRUE(write_file(path, "hello").has_value());
  ASSERT_TRUE(write_file(path, "hello again").has_value());
  EXPECT_EQ(read_file(path, 11).value_or("?"), "hello again");
  EXPECT_EQ(read_file(path, 10).error().reason, Reason::too_large);
  // Nothing beside it stays.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 1);
}

TEST(File, WhatCannotBeWrittenIsNamed) {
  const Folder folder;
  const auto path = folder.path / "none" / "a";
  const auto written = write_file(path, "x");
  ASSERT_FALSE(written.has_value());
  EXPECT_TRUE(written.error().message.contains((folder.path / "none").string()))
      << written.error().message;
  EXPECT_TRUE(written.error().message.ends_with("No such file or directory"));
}

TEST(File, OnlyRegularFilesAreRead) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.path / "a", "x").has_value());
  std::filesystem::create_symlink(folder.path / "a", folder.path / "link");
  ASSERT_EQ(::mkfifo((folder.path / "pipe").c_str(), 0600), 0);
  for (const char* name : {"link", "pipe", ".", "none"})
    EXPECT_EQ(read_file(folder.path / name, 10).error().code, Code::not_found) << name;
}

}  // namespace
}  // namespace weft

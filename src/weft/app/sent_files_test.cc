#include "weft/app/sent_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weft/base/file.h"
#include "weft/store/testing/directory.h"
#include "weft/wire/tar.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

struct SentFiles : testing::Test {
  void put(const std::string& name, const std::string& text = "x") const {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << text;
  }
  std::string sent(const std::string& from = "") const {
    const auto files = files_to_send(folder.path() / from);
    if (!files) return files.error().message;
    std::string out;
    for (const SentFile& file : *files) out += std::format("{}:{} ", file.name, file.bytes);
    return out;
  }
  store::testing::TemporaryDirectory folder;
};

TEST_F(SentFiles, AreTheScriptsOwn) {
  put("train.py", "hello");
  put("lib/a.py");
  for (const char* name :
       {".env", ".git/config", "__pycache__/a.pyc", "lib/__pycache__/a.pyc", "weft-data/weft.db",
        "weft-data/ml/objects/1", "lib/other/weft.db", "lib/other/log", "hub/weft.sock",
        "env/pyvenv.cfg", "env/lib/x.py", "weft.yaml"})
    put(name);
  EXPECT_EQ(sent(), "lib/a.py:1 train.py:5 ");
  EXPECT_EQ(sent("train.py"), "train.py:5 ");
  EXPECT_TRUE(sent("weft-data").contains("is the data folder of a hub"));
  EXPECT_TRUE(sent("none").contains("No such file"));
}

TEST_F(SentFiles, TooMuchIsNoCode) {
  const std::vector<SentFile> large{{.path = "", .name = "train.py", .bytes = 10},
                                    {.path = "", .name = "rows.csv", .bytes = kCodeBytesMax}};
  const auto refused = check_code(large, "here");
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.contains("the largest rows.csv of 100000000"));
  EXPECT_TRUE(refused.error().message.contains("a folder of their own"));
  const std::vector<SentFile> many(kCodeFilesMax + 1, {.path = "", .name = "a", .bytes = 1});
  EXPECT_FALSE(check_code(many, "here").has_value());
  EXPECT_TRUE(check_code({}, "here").has_value());
}

TEST_F(SentFiles, ArePackedAsTar) {
  put("code/train.py", "hello");
  put("code/lib/a.py", std::string(600, 'a'));
  const auto files = files_to_send(folder.path() / "code").value();
  const fs::path archive = folder.path() / "code.tar";
  ASSERT_TRUE(pack_files(files, archive).has_value());
  const std::string bytes = read_file(archive, 1 << 20).value();
  ASSERT_EQ(bytes.size(), 512U + 1'024 + 512 + 512 + 1'024);
  EXPECT_EQ(wire::read_tar_block(bytes.substr(0, 512)).value()->name, "lib/a.py");
  EXPECT_EQ(wire::read_tar_block(bytes.substr(1'536, 512)).value()->name, "train.py");
  EXPECT_TRUE(std::string_view(bytes).substr(2'048).starts_with("hello"));
}

TEST(TemporaryFolders, GoWithTheirOwner) {
  fs::path path;
  {
    const auto folder = TemporaryFolder::create();
    path = folder.value().path();
    EXPECT_TRUE(fs::is_directory(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace weft::app

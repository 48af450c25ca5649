#include "weft/app/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace weft::app {
namespace {

TEST(Files, AreReadWholeOrSayWhy) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "weft-files";
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "a").string();
  const std::string text = std::string(40'000, 'x') + '\0' + "end";
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(read_file(file).value(), text);
  EXPECT_NE(read_file(folder.string()).error().message.find("directory"), std::string::npos);
  EXPECT_NE(read_file((folder / "none").string()).error().message.find("No such file"),
            std::string::npos);
  std::istringstream in("words");
  EXPECT_EQ(read_rest(in, "standard input").value(), "words");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weft::app

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

TEST(Files, AModelsInputIsAFileOrData) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "weft-input";
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "rows,1.csv").string();
  std::ofstream(file) << "7,8\n";
  for (const std::string& named : {file, "@" + file}) {
    EXPECT_EQ(read_model_input(named).value().data, "7,8\n");
    EXPECT_EQ(read_model_input(named).value().file, file);
  }
  for (const char* data : {"1,2", "5", "[1]", "{\"a\": 1}", "two words", "1.5"}) {
    EXPECT_EQ(read_model_input(data).value().data, data);
    EXPECT_EQ(read_model_input(data).value().file, "");
  }
  for (const char* neither : {"rows.csv", "word", "@rows.csv"})
    EXPECT_FALSE(read_model_input(neither).has_value()) << neither;
  EXPECT_TRUE(read_model_input("rows.csv").error().message.starts_with("there is no file `rows"));
  EXPECT_TRUE(read_model_input(folder.string()).error().message.contains("directory"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weft::app

#include "weft/store/tables.h"

#include <gmock/gmock.h>

#include "weft/base/testing/run.h"
#include "weft/store/memory_tables.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store {
namespace {

using weft::testing::run;

std::vector<std::string> keys(const Result<std::vector<Row>>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows.value()) out.push_back(row.key);
  return out;
}

class TablesTest : public ::testing::TestWithParam<bool> {
 protected:
  TablesTest() {
    if (GetParam()) store_ = sqlite::Store::open({.directory = directory_.path()}).value();
  }
  Tables& tables() { return store_ ? store_->tables() : memory_; }

 private:
  store::testing::TemporaryDirectory directory_;
  std::unique_ptr<sqlite::Store> store_;
  MemoryTables memory_;
};

INSTANTIATE_TEST_SUITE_P(All, TablesTest, ::testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "Sqlite" : "Memory"; });

TEST_P(TablesTest, KeepsReplacesAndErases) {
  EXPECT_EQ(run(tables().get("s", "k")).value(), std::nullopt);
  ASSERT_TRUE(run(tables().put("s", "k", json::object{{"a", 1}})));
  ASSERT_TRUE(run(tables().put("s", "k", json::object{{"a", 2}})));
  EXPECT_EQ(run(tables().get("s", "k")).value(), json::value(json::object{{"a", 2}}));
  EXPECT_EQ(run(tables().get("t", "k")).value(), std::nullopt);
  EXPECT_EQ(run(tables().erase("s", "k")), true);
  EXPECT_EQ(run(tables().erase("s", "k")), false);
  EXPECT_EQ(run(tables().get("s", "k")).value(), std::nullopt);
}

TEST_P(TablesTest, ScansInTheOrderOfKeysWithinASpace) {
  for (const char* key : {"b/1", "a", "b/3", "b/2", "c", "b%"})
    ASSERT_TRUE(run(tables().put("s", key, key)));
  ASSERT_TRUE(run(tables().put("t", "b/9", 1)));
  using ::testing::ElementsAre;
  EXPECT_THAT(keys(run(tables().scan("s", "", "", 10))),
              ElementsAre("a", "b%", "b/1", "b/2", "b/3", "c"));
  EXPECT_THAT(keys(run(tables().scan("s", "b/", "", 10))), ElementsAre("b/1", "b/2", "b/3"));
  EXPECT_THAT(keys(run(tables().scan("s", "b/", "b/1", 1))), ElementsAre("b/2"));
  EXPECT_THAT(keys(run(tables().scan("s", "b/", "z", 10))), ElementsAre());
}

TEST_P(TablesTest, KeepsEveryTypeOfValue) {
  const json::array values{nullptr,       true,          -1, 18446744073709551615u, 0.1, "ü\n",
                           json::array{}, json::object{}};
  for (const auto& value : values) {
    ASSERT_TRUE(run(tables().put("s", "k", value)));
    EXPECT_EQ(run(tables().get("s", "k")).value(), value);
  }
}

}  // namespace
}  // namespace weft::store

#include "weft/ml/catalog/catalog.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/base/testing/run.h"
#include "weft/store/memory_tables.h"

namespace weft::ml {
namespace {

using weft::testing::run;
using By = ListQuery::By;
using Names = std::vector<std::string>;

Record record(std::string name, std::int64_t created = 0, std::string status = "InService") {
  return {.owner = "ann",
          .name = std::move(name),
          .created_ms = created,
          .modified_ms = created + 5,
          .status = std::move(status),
          .body = {{"a", 1}}};
}

struct Filled {
  store::MemoryTables tables;
  Catalog catalog{tables, "ml.test"};
  void add(Record made) {
    const auto created = run(catalog.create(std::move(made)));
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }
  Names names(ListQuery query) const {
    query.owner = "ann";
    Names out;
    const auto page = catalog.list(query);
    EXPECT_TRUE(page.has_value());
    for (const RecordPtr& each : page->records) out.push_back(each->name);
    return out;
  }
};

TEST(Catalog, WhatIsMadeIsKept) {
  Filled f;
  f.add(record("a", 3));
  EXPECT_EQ(run(f.catalog.create(record("a"))).error().code, Code::already_exists);
  Record changed = record("a", 3, "Failed");
  ASSERT_TRUE(run(f.catalog.replace(changed)).has_value());
  Catalog again(f.tables, "ml.test");
  ASSERT_TRUE(run(again.load()).has_value());
  ASSERT_NE(again.find("ann", "a"), nullptr);
  EXPECT_EQ(again.find("ann", "a")->status, "Failed");
  EXPECT_EQ(again.find("ann", "a")->body, changed.body);
  EXPECT_EQ(run(again.erase("ann", "a")), true);
  EXPECT_EQ(run(again.erase("ann", "a")), false);
  EXPECT_EQ(again.find("ann", "a"), nullptr);
  EXPECT_EQ(run(again.replace(changed)).error().code, Code::not_found);
}

TEST(Catalog, OrdersAndFilters) {
  Filled f;
  f.add(record("beta", 1, "Failed"));
  f.add(record("alpha", 3));
  f.add(record("Gamma", 2));
  EXPECT_EQ(f.names({}), (Names{"alpha", "Gamma", "beta"}));
  EXPECT_EQ(f.names({.by = By::name, .descending = false}), (Names{"Gamma", "alpha", "beta"}));
  EXPECT_EQ(f.names({.by = By::status, .descending = false}), (Names{"beta", "Gamma", "alpha"}));
  EXPECT_EQ(f.names({.by = By::modified, .descending = false}), (Names{"beta", "Gamma", "alpha"}));
  EXPECT_EQ(f.names({.name_contains = "GA"}), Names{"Gamma"});
  EXPECT_EQ(f.names({.status = "Failed"}), Names{"beta"});
  EXPECT_EQ(f.names({.created_after_ms = 1, .created_before_ms = 3}), Names{"Gamma"});
  EXPECT_EQ(f.names({.modified_after_ms = 7}), Names{"alpha"});
  EXPECT_EQ(f.names({.limit = 0}), Names{});
}

TEST(Catalog, PagesAddUpWhateverHappensBetweenThem) {
  Filled f;
  for (int i = 0; i < 25; ++i) f.add(record(std::format("r{:02}", i), i / 3, i % 2 ? "A" : "B"));
  for (const By by : {By::name, By::created, By::modified, By::status}) {
    for (const bool descending : {false, true}) {
      const Names whole = f.names({.by = by, .descending = descending, .limit = 100});
      Names pieces;
      ListQuery query{.owner = "ann", .by = by, .descending = descending, .limit = 4};
      do {
        const auto page = f.catalog.list(query);
        ASSERT_TRUE(page.has_value());
        for (const RecordPtr& each : page->records) pieces.push_back(each->name);
        query.token = page->next_token;
      } while (!query.token.empty());
      EXPECT_EQ(pieces, whole);
    }
  }
  ListQuery query{.owner = "ann", .by = By::name, .descending = false, .limit = 4};
  query.token = f.catalog.list(query)->next_token;
  // The last of the first page goes: the second begins where it would have.
  ASSERT_TRUE(run(f.catalog.erase("ann", "r03")).has_value());
  EXPECT_EQ(f.names(query), (Names{"r04", "r05", "r06", "r07"}));
}

TEST(Catalog, EachOwnerHasNamesOfItsOwn) {
  Filled f;
  f.add(record("a", 1, "Failed"));
  Record other = record("a", 2, "InService");
  other.owner = "ben";
  f.add(other);
  EXPECT_EQ(f.catalog.find("ann", "a")->status, "Failed");
  EXPECT_EQ(f.catalog.find("ben", "a")->status, "InService");
  EXPECT_EQ(f.catalog.find("eve", "a"), nullptr);
  EXPECT_EQ(f.catalog.list({.owner = "eve"})->records.size(), 0U);
  EXPECT_EQ(run(f.catalog.erase("eve", "a")), false);
  EXPECT_EQ(f.catalog.list({.owner = "ben"})->records.size(), 1U);
}

TEST(Catalog, TokensThatAreNone) {
  const Filled f;
  for (const char* token : {"x", "!!", "YWJj", "YS9iL2M="}) {
    const auto page = f.catalog.list({.token = token});
    ASSERT_FALSE(page.has_value()) << token;
    EXPECT_EQ(page.error().reason, Reason::invalid_argument);
  }
}

}  // namespace
}  // namespace weft::ml

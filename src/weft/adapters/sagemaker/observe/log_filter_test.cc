#include "weft/adapters/sagemaker/observe/log_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::adapters::sagemaker {
namespace {

/// `yes`, `no`, or what is wrong.
std::string found(std::string_view pattern, std::string_view line) {
  const auto filter = LogFilter::create(pattern);
  if (!filter) return filter.error();
  return filter->matches(line) ? "yes" : "no";
}

// The examples of "Filter pattern syntax" in CloudWatch Logs' user guide.
TEST(LogFilter, AsTheUserGuideHasIt) {
  EXPECT_EQ(found("ERROR", "[ERROR 400] BAD REQUEST"), "yes");
  EXPECT_EQ(found("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"), "yes");
  EXPECT_EQ(found("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST"), "no");
  EXPECT_EQ(found("?ERROR ?ARGUMENTS", "[ERROR 401] UNAUTHORIZED REQUEST"), "yes");
  EXPECT_EQ(found("?ERROR ?ARGUMENTS", "[WARN] all is well"), "no");
  EXPECT_EQ(found("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"), "yes");
  EXPECT_EQ(found("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR OF A SERVER"), "no");
  EXPECT_EQ(found("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST"), "yes");
  EXPECT_EQ(found("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"), "no");
}

TEST(LogFilter, EdgesOfTheForm) {
  EXPECT_EQ(found("", "anything"), "yes");
  EXPECT_EQ(found("  ", ""), "yes");
  EXPECT_EQ(found("error", "ERROR"), "no") << "the case counts";
  EXPECT_EQ(found(R"("say \"hi\"")", R"(they say "hi" here)"), "yes");
  EXPECT_EQ(found("-", "x"), "yes");
  EXPECT_EQ(found("\"open", "x"), "a quote in the filterPattern is not closed");
}

TEST(LogFilter, OtherKindsAreRefusedByName) {
  EXPECT_TRUE(found("{ $.a = 1 }", "x").contains("conditions on JSON are not supported by weft"));
  EXPECT_TRUE(found("[a, b]", "x").contains("patterns of columns are not supported by weft"));
  EXPECT_TRUE(found("%a.*b%", "x").contains("regular expressions are not supported by weft"));
  EXPECT_TRUE(found("?a b", "x").contains("are not supported by weft; use one kind"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "a ";
  EXPECT_EQ(found(many, "a"), "more than 100 terms in filterPattern");
}

}  // namespace
}  // namespace weft::adapters::sagemaker

#include "weft/wire/csv.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weft::wire {
namespace {

struct Read {
  std::vector<float> values;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::string why;
};

Read read(std::initializer_list<std::string_view> blocks, char delimiter = ',') {
  Read out;
  CsvReader reader(delimiter);
  for (const std::string_view block : blocks) {
    const auto rows = reader.read(block, out.values);
    if (!rows) {
      out.why = rows.error().message;
      break;
    }
    out.rows += *rows;
  }
  out.columns = reader.columns();
  return out;
}

TEST(Csv, Rows) {
  const Read made = read({"1,2.5,-3e2\n4,+5,.5\n"});
  EXPECT_EQ(made.why, "");
  EXPECT_EQ(made.rows, 2U);
  EXPECT_EQ(made.columns, 3U);
  EXPECT_EQ(made.values, (std::vector<float>{1, 2.5, -300, 4, 5, .5}));
}

TEST(Csv, HowFilesReallyEnd) {
  const std::vector<float> rows = {1, 2, 3, 4};
  EXPECT_EQ(read({"1,2\r\n3,4\r\n"}).values, rows);
  EXPECT_EQ(read({"1,2\n3,4"}).values, rows);
  EXPECT_EQ(read({"\xef\xbb\xbf"
                  "1,2\n\n3,4\n\n"})
                .values,
            rows);
  EXPECT_EQ(read({" 1 ,\t2\n3,4 \n"}).values, rows);
  EXPECT_EQ(read({"\"1\",2\n3,\"4\"\n"}).values, rows);
  EXPECT_EQ(read({"1;2\n3;4\n"}, ';').values, rows);
  EXPECT_EQ(read({"1,2\n", "3,4\n"}).values, rows);
  EXPECT_EQ(read({""}).rows, 0U);
}

TEST(Csv, WhatIsMissingIsNan) {
  const Read made = read({"1,,nan\n,NaN,2\n"});
  ASSERT_EQ(made.values.size(), 6U);
  EXPECT_EQ(made.values[0], 1);
  for (const std::size_t at : {1, 2, 3, 4}) EXPECT_TRUE(std::isnan(made.values[at])) << at;
  EXPECT_EQ(made.values[5], 2);
  // One column, and nothing in it but blanks.
  EXPECT_TRUE(std::isnan(read({" \n"}).values.at(0)));
}

TEST(Csv, PastTheRangeOfAFloat) {
  const Read made = read({"1e39,-1e39,1e-50,-1e-50,1e999,1e-999\n"});
  ASSERT_EQ(made.values.size(), 6U);
  EXPECT_TRUE(std::isinf(made.values[0]) && made.values[0] > 0);
  EXPECT_TRUE(std::isinf(made.values[1]) && made.values[1] < 0);
  EXPECT_EQ(made.values[2], 0);
  EXPECT_EQ(made.values[3], 0);
  EXPECT_TRUE(std::isinf(made.values[4]));
  EXPECT_EQ(made.values[5], 0);
}

TEST(Csv, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_EQ(read({"1,2\n", "3,x4\n"}).why, "line 2, column 2: `x4` is not a number");
  EXPECT_EQ(read({"1,2\n\n3\n"}).why, "line 3, column 1: 1 fields; the first line has 2");
  EXPECT_EQ(read({"1,2\n3,4,5\n"}).why,
            "line 2, column 3: more than the 2 fields of the first line");
  EXPECT_EQ(read({"label,weight\n"}).why, "line 1, column 1: `label` is not a number");
  EXPECT_EQ(read({"1,\"2\n"}).why, "line 1, column 2: the quote is not closed");
  EXPECT_EQ(read({"\"1\"2,3\n"}).why, "line 1, column 1: `2,3` follows the closing quote");
  EXPECT_EQ(read({"1 2,3\n"}).why, "line 1, column 1: `1 2` is not a number");
  EXPECT_EQ(read({"+-1\n"}).why, "line 1, column 1: `+-1` is not a number");
  EXPECT_EQ(read({std::string("1,\0\n", 4)}).why, "line 1, column 2: `?` is not a number");
  EXPECT_EQ(read({"1," + std::string(60, 'z')}).why,
            "line 1, column 2: `" + std::string(24, 'z') + "…` is not a number");
}

TEST(Csv, Delimiters) {
  EXPECT_EQ(sniff_delimiter("1,2;3"), ',');
  EXPECT_EQ(sniff_delimiter("1;2\n3,4"), ';');
  EXPECT_EQ(sniff_delimiter("1\t2"), '\t');
  EXPECT_EQ(sniff_delimiter("1|2"), '|');
  EXPECT_EQ(sniff_delimiter("1 2 3"), ' ');
  EXPECT_EQ(sniff_delimiter(" 1 \r\n2"), ',');
  EXPECT_EQ(sniff_delimiter(""), ',');
}

}  // namespace
}  // namespace weft::wire

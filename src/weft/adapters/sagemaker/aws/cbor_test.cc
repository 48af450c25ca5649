#include "weft/adapters/sagemaker/aws/cbor.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/sagemaker/limits.h"

namespace weft::adapters::sagemaker {
namespace {

std::string bytes_of(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return out;
}

std::string digits_of(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += std::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string read(std::string_view digits) {
  const auto value = read_cbor(bytes_of(digits));
  return value ? json::write(*value) : "!" + value.error().message;
}

// RFC 8949, Appendix A.
TEST(Cbor, ReadsTheExamplesOfTheStandard) {
  const std::vector<std::pair<std::string_view, std::string_view>> examples{
      {"00", "0"},
      {"01", "1"},
      {"0a", "10"},
      {"17", "23"},
      {"1818", "24"},
      {"1819", "25"},
      {"1864", "100"},
      {"1903e8", "1000"},
      {"1a000f4240", "1000000"},
      {"1b000000e8d4a51000", "1000000000000"},
      {"1bffffffffffffffff", "18446744073709551615"},
      {"20", "-1"},
      {"29", "-10"},
      {"3863", "-100"},
      {"3903e7", "-1000"},
      {"f90000", "0E0"},
      {"f93c00", "1E0"},
      {"fb3ff199999999999a", "1.1E0"},
      {"f93e00", "1.5E0"},
      {"f97bff", "6.5504E4"},
      {"fa47c35000", "1E5"},
      {"fa7f7fffff", "3.4028234663852886E38"},
      {"fb7e37e43c8800759c", "1E300"},
      {"f90001", "5.960464477539063E-8"},
      {"f90400", "6.103515625E-5"},
      {"f9c400", "-4E0"},
      {"fbc010666666666666", "-4.1E0"},
      {"f4", "false"},
      {"f5", "true"},
      {"f6", "null"},
      {"f7", "null"},
      {"c11a514b67b0", "1363896240"},
      {"c1fb41d452d9ec200000", "1.3638962405E9"},
      {"40", "\"\""},
      {"4401020304", "\"AQIDBA==\""},
      {"60", "\"\""},
      {"6161", "\"a\""},
      {"62225c", R"("\"\\")"},
      {"62c3bc", "\"ü\""},
      {"64f0908591", "\"𐅑\""},
      {"80", "[]"},
      {"83010203", "[1,2,3]"},
      {"8301820203820405", "[1,[2,3],[4,5]]"},
      {"a0", "{}"},
      {"a26161016162820203", R"({"a":1,"b":[2,3]})"},
      {"826161a161626163", R"(["a",{"b":"c"}])"},
      {"5f42010243030405ff", "\"AQIDBAU=\""},
      {"7f657374726561646d696e67ff", "\"streaming\""},
      {"9fff", "[]"},
      {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
      {"83018202039f0405ff", "[1,[2,3],[4,5]]"},
      {"bf61610161629f0203ffff", R"({"a":1,"b":[2,3]})"},
      {"826161bf61626163ff", R"(["a",{"b":"c"}])"},
  };
  for (const auto& [digits, text] : examples) {
    const auto value = read_cbor(bytes_of(digits));
    ASSERT_TRUE(value) << digits << ": " << value.error().message;
    EXPECT_EQ(*value, json::parse(text).value()) << digits;
  }
}

TEST(Cbor, WhatJsonHasNoWordForIsRefusedByName) {
  EXPECT_EQ(read("f97c00"), "!CBOR, byte 3: NaN and infinite numbers are not taken");
  EXPECT_EQ(read("f97e00"), "!CBOR, byte 3: NaN and infinite numbers are not taken");
  EXPECT_EQ(read("c249010000000000000000"), "!CBOR, byte 1: tag 2 is not taken");
  EXPECT_EQ(read("3bffffffffffffffff"), "!CBOR, byte 9: a number is too small");
  EXPECT_EQ(read("a10102"), "!CBOR, byte 2: a key is no text");
  EXPECT_EQ(read("f0"), "!CBOR, byte 1: a simple value that means nothing");
  EXPECT_EQ(read("c16161"), "!CBOR, byte 3: a timestamp is no number");
}

TEST(Cbor, WhatIsCutOffOrLiesAboutItsLengthIsRefused) {
  for (const std::string_view digits : {"",
                                        "18",
                                        "1903",
                                        "61",
                                        "8301",
                                        "a16161",
                                        "9f01",
                                        "bf6161",
                                        "7f6161",
                                        "5b7fffffffffffffff",
                                        "9b7fffffffffffffff",
                                        "bb7fffffffffffffff",
                                        "1c",
                                        "ff",
                                        "0001",
                                        "7f4101ff",
                                        "61ff",
                                        "1f",
                                        "df00",
                                        "c1"}) {
    EXPECT_EQ(read(digits)[0], '!') << digits;
  }
  std::string deep(kCborDepthMax + 2, static_cast<char>(0x81));
  EXPECT_FALSE(read_cbor(deep + '\0'));
  EXPECT_TRUE(read_cbor(std::string(kCborDepthMax, static_cast<char>(0x81)) + '\0'));
}

// botocore 1.44.8, PutMetricData of cloudwatch.
TEST(Cbor, ReadsARequestOfBotocore) {
  EXPECT_EQ(
      json::parse(
          read("a2694e616d657370616365616e6a4d65747269634461746181a66a4d65747269634e616d656178"
               "6556616c7565fb3fe00000000000006656616c75657382fb3ff0000000000000fb40040000000000"
               "0066436f756e747382fb3ff0000000000000fb40000000000000006954696d657374616d70c11a6b"
               "07f5107153746f726167655265736f6c7574696f6e01"))
          .value(),
      json::parse(R"({"Namespace":"n","MetricData":[{"MetricName":"x","Value":0.5,
          "Values":[1E0,2.5],"Counts":[1E0,2E0],"Timestamp":1795683600,"StorageResolution":1}]})")
          .value());
}

TEST(Cbor, WritesWhatItsShapeSays) {
  using Kind = Shape::Kind;
  const std::vector<Shape> shapes{
      {.kind = Kind::structure_, .first = 0, .count = 4},
      {.kind = Kind::timestamp_},
      {.kind = Kind::double_},
      {.kind = Kind::blob_},
      {.kind = Kind::list_, .of = 1},
  };
  const std::vector<Shape::Member> members{{.name = "T", .shape = 1},
                                           {.name = "D", .shape = 2},
                                           {.name = "B", .shape = 3},
                                           {.name = "L", .shape = 4}};
  const Shapes all{.shapes = shapes, .members = members, .words = {}, .operations = {}};
  std::string out;
  write_cbor(out, json::parse(R"({"T":1,"D":2,"B":"AQI=","L":[3],"X":4})").value(), &all, 0);
  EXPECT_EQ(digits_of(out),
            "a5"
            "6154c1fb3ff0000000000000"
            "6144fb4000000000000000"
            "6142420102"
            "614c81c1fb4008000000000000"
            "615804");
  std::string plain;
  write_cbor(plain,
             json::parse(R"([0,23,24,255,256,65535,65536,4294967295,4294967296,-1,-25,1.5,null])")
                 .value());
  EXPECT_EQ(digits_of(plain),
            "8d0017181818ff19010019ffff1a000100001affffffff1b0000000100000000203818"
            "fb3ff8000000000000f6");
  EXPECT_EQ(
      read_cbor(plain).value(),
      json::parse("[0,23,24,255,256,65535,65536,4294967295,4294967296,-1,-25,1.5,null]").value());
}

}  // namespace
}  // namespace weft::adapters::sagemaker

#include "weft/adapters/sagemaker/s3/bodies.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

using Parts = std::vector<std::pair<int, std::string>>;

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "" : told(result.error()).code;
}

// botocore 1.44.8.
TEST(S3Bodies, ReadsWhatBotocoreSends) {
  EXPECT_EQ(
      read_parts("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                 "<Part><ETag>\"a54357aff0632cce46d942af68356b38\"</ETag><ChecksumCRC32>AAAAAA=="
                 "</ChecksumCRC32><PartNumber>1</PartNumber></Part><Part>"
                 "<ETag>&quot;0c78aef83f66abc1fa1e8477f296d394&quot;</ETag><PartNumber>2"
                 "</PartNumber></Part></CompleteMultipartUpload>")
          .value(),
      (Parts{{1, "a54357aff0632cce46d942af68356b38"}, {2, "0c78aef83f66abc1fa1e8477f296d394"}}));
  const auto deletion =
      read_deletion(
          "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a/b "
          "&amp;&lt;x&gt;</Key></Object><Object><Key>+\xC3\xBC</Key></Object>"
          "<Quiet>true</Quiet></Delete>")
          .value();
  EXPECT_EQ(deletion.keys, (std::vector<std::string>{"a/b &<x>", "+\xC3\xBC"}));
  EXPECT_TRUE(deletion.quiet);
  EXPECT_EQ(read_location("<CreateBucketConfiguration "
                          "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>"
                          "eu-west-1</LocationConstraint></CreateBucketConfiguration>")
                .value(),
            "eu-west-1");
}

TEST(S3Bodies, OddKeysStayAsTheyAre) {
  const auto keys =
      read_deletion(
          "<?xml version=\"1.0\"?>\n<Delete>\n  <Object>\n    <Key> </Key>\n  </Object>"
          "<Object><Key>a&#13;&#10;b</Key></Object>"
          "<Object><Key><![CDATA[<&>]]></Key></Object></Delete>")
          .value()
          .keys;
  EXPECT_EQ(keys, (std::vector<std::string>{" ", "a\r\nb", "<&>"}));
}

TEST(S3Bodies, WhatIsNoneIsMalformed) {
  for (const char* xml :
       {"", "<", "<Delete/>", "<Delete></Deletes>", "<Other><Object><Key>a</Key></Object></Other>",
        "<Delete><Object><Key></Key></Object></Delete>", "<Delete><Object/></Delete>",
        "<Delete><Object><Key>\xff</Key></Object></Delete>"}) {
    EXPECT_EQ(code_of(read_deletion(xml)), "MalformedXML") << xml;
  }
  for (const char* part : {"", "<Part/>", "<Part><PartNumber>0</PartNumber><ETag>a</ETag></Part>",
                           "<Part><PartNumber>10001</PartNumber><ETag>a</ETag></Part>",
                           "<Part><PartNumber>1x</PartNumber><ETag>a</ETag></Part>",
                           "<Part><PartNumber>1</PartNumber></Part>", "<Other/>"}) {
    const std::string xml =
        std::format("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", part);
    EXPECT_EQ(code_of(read_parts(xml)), "MalformedXML") << part;
  }
  std::string many = "<Delete>";
  for (std::size_t i = 0; i < kDeletedAtOnceMax; ++i) many += "<Object><Key>k</Key></Object>";
  EXPECT_TRUE(read_deletion(many + "</Delete>"));
  EXPECT_EQ(code_of(read_deletion(many + "<Object><Key>k</Key></Object></Delete>")),
            "MalformedXML");
  EXPECT_EQ(code_of(read_deletion(std::string(kXmlBytesMax + 1, ' '))), "MalformedXML");
}

TEST(S3Bodies, EntitiesOfADocumentTypeAreNotExpanded) {
  const auto read = read_deletion(
      "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
      "<Delete><Object><Key>&a;&x;</Key></Object></Delete>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->keys, std::vector<std::string>{"&a;&x;"});
}

TEST(S3Bodies, ConditionsAndVersionsAreRefusedByName) {
  EXPECT_EQ(code_of(read_deletion(
                "<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>")),
            "NotImplemented");
  EXPECT_EQ(code_of(read_deletion("<Delete><Object><Key>a</Key><ETag>1</ETag></Object></Delete>")),
            "NotImplemented");
  EXPECT_TRUE(
      read_deletion("<Delete><Object><Key>a</Key><VersionId>null</VersionId></Object></Delete>"));
  EXPECT_EQ(
      code_of(read_location("<CreateBucketConfiguration><Bucket/></CreateBucketConfiguration>")),
      "NotImplemented");
  EXPECT_EQ(read_location("<CreateBucketConfiguration/>").value(), "");
}

}  // namespace
}  // namespace weft::adapters::sagemaker::s3

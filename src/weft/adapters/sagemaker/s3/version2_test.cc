#include "weft/adapters/sagemaker/s3/version2.h"

#include <gtest/gtest.h>

namespace weft::adapters::sagemaker::s3 {
namespace {

/// Whether the URL, as botocore 1.44.8 presigned it, has the signature that is calculated here.
bool fits(std::string method, std::string target,
          std::initializer_list<std::pair<std::string_view, std::string_view>> headers = {},
          std::string_view host = "127.0.0.1:8420") {
  wire::RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.headers.add("Host", host);
  for (const auto& [name, value] : headers) head.headers.add(name, value);
  const auto signature = query_signature_of(Query(head.query()));
  EXPECT_TRUE(signature);
  EXPECT_EQ(signature->access_key, "AKIDEXAMPLE");
  EXPECT_EQ(signature->expires_s, 1'795'683'660);
  const auto address = address_of(head, {});
  EXPECT_TRUE(address);
  return signature_v2("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", head, *address) ==
         signature->signature;
}

TEST(S3Version2, FitsWhatBotocorePresigns) {
  EXPECT_TRUE(fits("GET",
                   "/bbb/a%20b/c%2B%C3%BC?AWSAccessKeyId=AKIDEXAMPLE&"
                   "Signature=ZS4ndzNDoTvassHOoAcjt6%2F5dsE%3D&Expires=1795683660"));
  EXPECT_TRUE(fits("GET",
                   "/bbb/k?response-content-type=text%2Fplain%3B%20x%3Dy&"
                   "response-content-disposition=attachment&AWSAccessKeyId=AKIDEXAMPLE&"
                   "Signature=4O5eCjtV7YthH5rQd2hrsXwAtt8%3D&Expires=1795683660"));
  EXPECT_TRUE(fits("PUT",
                   "/bbb/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=LYLmuTvfhRzbwCko7vyX8sF0p7Q%3D&"
                   "content-type=text%2Fcsv&x-amz-meta-colour=blue&Expires=1795683660",
                   {{"Content-Type", "text/csv"}, {"x-amz-meta-colour", "blue"}}));
  EXPECT_TRUE(fits("PUT",
                   "/bbb/k?uploadId=u1&partNumber=2&AWSAccessKeyId=AKIDEXAMPLE&"
                   "Signature=Em9b1wrDGu365kcVb68bKaNjUFg%3D&Expires=1795683660"));
  EXPECT_TRUE(fits("GET",
                   "/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=P6IfKQclnX1bXKlbtrbgCLMvch8%3D&"
                   "Expires=1795683660",
                   {}, "bbb.localhost:8420"));
}

TEST(S3Version2, CoversWhatIsAskedFor) {
  EXPECT_FALSE(fits("PUT",
                    "/bbb/a%20b/c%2B%C3%BC?AWSAccessKeyId=AKIDEXAMPLE&"
                    "Signature=ZS4ndzNDoTvassHOoAcjt6%2F5dsE%3D&Expires=1795683660"));
  EXPECT_FALSE(fits("GET",
                    "/bbb/k?AWSAccessKeyId=AKIDEXAMPLE&response-content-type=text%2Fhtml&"
                    "Signature=P6IfKQclnX1bXKlbtrbgCLMvch8%3D&Expires=1795683660"));
  EXPECT_FALSE(fits("GET",
                    "/bbb/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=P6IfKQclnX1bXKlbtrbgCLMvch8%3D&"
                    "Expires=1795683660",
                    {{"x-amz-meta-colour", "blue"}}));
  for (const char* none : {"", "AWSAccessKeyId=a&Signature=b", "AWSAccessKeyId=a&Expires=1",
                           "AWSAccessKeyId=a&Signature=b&Expires=x"}) {
    EXPECT_FALSE(query_signature_of(Query(none))) << none;
  }
}

}  // namespace
}  // namespace weft::adapters::sagemaker::s3

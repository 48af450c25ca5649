#include "weft/base/grpc_url.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(GrpcUrls, AreReadAndWritten) {
  const Url plain = parse_grpc_url("grpc://Models.example:8001/v2/models/a%2Fb").value();
  EXPECT_EQ(plain.str(), "http://models.example:8001/v2/models/a%2Fb");
  EXPECT_EQ(grpc_url(plain), "grpc://models.example:8001");
  const Url tls = parse_grpc_url("grpcs://[::1]:9000").value();
  EXPECT_TRUE(tls.tls());
  EXPECT_EQ(tls.host, "::1");
  EXPECT_EQ(grpc_url(tls), "grpcs://[::1]:9000");
  // The ports that gRPC's own clients take.
  EXPECT_EQ(parse_grpc_url("grpc://h")->port, 80);
  EXPECT_EQ(parse_grpc_url("grpcs://h")->port, 443);
}

TEST(GrpcUrls, WhatIsNone) {
  EXPECT_TRUE(is_grpc_url("grpc://h"));
  EXPECT_FALSE(is_grpc_url("http://h"));
  EXPECT_FALSE(is_grpc_url("grpc:h"));
  EXPECT_EQ(parse_grpc_url("http://h").error().message,
            "`http://h` does not begin with grpc:// or grpcs://");
  EXPECT_FALSE(parse_grpc_url("grpc://").has_value());
  EXPECT_FALSE(parse_grpc_url("grpc://h:99999").has_value());
  EXPECT_FALSE(parse_grpc_url("grpc://user@h").has_value());
}

}  // namespace
}  // namespace weft

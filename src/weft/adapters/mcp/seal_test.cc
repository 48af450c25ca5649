#include "weft/adapters/mcp/seal.h"

#include <gtest/gtest.h>

namespace weft::adapters::mcp {
namespace {

json::object params(std::string_view text) { return json::parse(text).value().get_object(); }

class SealTest : public ::testing::Test {
 protected:
  SystemRandom random;
  Sealer sealer{random};
  const std::string digest =
      call_digest("tools/call", params(R"({"name":"pay","arguments":{"a":1,"b":[2]}})"));
  const std::string state = sealer.seal(ParkedCall{TaskId("01T"), "ann", digest, 1'000}, random);
};

TEST_F(SealTest, OpensForItsOwn) {
  auto call = sealer.open(state, "ann", digest, 999);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->task.str(), "01T");
  EXPECT_EQ(state.find("01T"), std::string::npos);
}

TEST_F(SealTest, EverythingElseIsRefusedAlike) {
  const auto refused = sealer.open("", "ann", digest, 0);
  ASSERT_FALSE(refused);
  Sealer other(random);
  std::string flipped = state;
  flipped[flipped.size() / 2] = flipped[flipped.size() / 2] == 'A' ? 'B' : 'A';
  const std::string elsewhere =
      call_digest("tools/call", params(R"({"name":"pay","arguments":{"a":2}})"));
  EXPECT_EQ(sealer.open(state, "bob", digest, 0), refused);
  EXPECT_EQ(sealer.open(state, "ann", elsewhere, 0), refused);
  EXPECT_EQ(sealer.open(state, "ann", digest, 1'001), refused);
  EXPECT_EQ(sealer.open(flipped, "ann", digest, 0), refused);
  EXPECT_EQ(other.open(state, "ann", digest, 0), refused);
  EXPECT_EQ(sealer.open(std::string(10'000, 'A'), "ann", digest, 0), refused);
}

TEST_F(SealTest, DigestsDoNotDependOnTheOrderOfMembers) {
  EXPECT_EQ(call_digest("tools/call",
                        params(R"({"arguments":{"b":[2],"a":1},"name":"pay","_meta":{"x":1}})")),
            digest);
  EXPECT_NE(call_digest("tools/call", params(R"({"name":"pay","arguments":{"a":1,"b":[3]}})")),
            digest);
  EXPECT_NE(call_digest("prompts/get", params(R"({"name":"pay","arguments":{"a":1,"b":[2]}})")),
            digest);
}

}  // namespace
}  // namespace weft::adapters::mcp

#include "weft/hub/approval.h"

#include <gtest/gtest.h>

#include <map>

#include "weft/hub/testing.h"

namespace weft::hub {
namespace {

TEST(Approval, NamesThatAreNoSkillAreFound) {
  model::Solution solution;
  solution.skills = {testing::fake_skill("pay"), testing::fake_skill("balance")};
  JoinRequest request;
  EXPECT_TRUE(unknown_approvals(request, solution).empty());
  request.approvals = {{"*", Approval::solution}, {"pay", Approval::hub}};
  EXPECT_TRUE(unknown_approvals(request, solution).empty());
  request.approvals = {{"*", Approval::hub}, {"Pay", Approval::hub}, {"pya", Approval::both}};
  EXPECT_EQ(unknown_approvals(request, solution), (std::vector<std::string>{"Pay", "pya"}));
}

TEST(Approval, AMisspeltGuardHoldsForAll) {
  model::Solution solution;
  solution.skills = {testing::fake_skill("pay"), testing::fake_skill("balance")};
  const auto asks = [&](std::map<std::string, Approval> approvals) {
    JoinRequest request;
    request.approvals = {approvals.begin(), approvals.end()};
    std::string out;
    for (const auto& skill : solution.skills) {
      if (asks_first(request, solution, skill)) out += skill.id.str() + " ";
    }
    EXPECT_TRUE(out.empty() || asks_any(request));
    return out;
  };
  EXPECT_EQ(asks({}), "");
  EXPECT_EQ(asks({{"pay", Approval::hub}}), "pay ");
  EXPECT_EQ(asks({{"pya", Approval::hub}}), "pay balance ");
  EXPECT_EQ(asks({{"pya", Approval::both}, {"balance", Approval::solution}}), "pay ");
  EXPECT_EQ(asks({{"pya", Approval::solution}}), "");
  EXPECT_EQ(asks({{"*", Approval::hub}, {"balance", Approval::solution}}), "pay ");
}

}  // namespace
}  // namespace weft::hub

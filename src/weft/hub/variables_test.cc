#include "weft/hub/variables.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "weft/hub/registry.h"

namespace weft::hub {
namespace {

TEST(Variables, AreTakenFromTheEnvironment) {
  ::setenv("WEFT_TEST_TOKEN", "canary", 1);
  EXPECT_EQ(*resolve_variables("Bearer ${WEFT_TEST_TOKEN}, ${WEFT_TEST_TOKEN}."),
            "Bearer canary, canary.");
  EXPECT_EQ(*resolve_variables("$5 {}"), "$5 {}");
}

TEST(Variables, WhatIsNotSetOrNotClosedIsAnError) {
  EXPECT_EQ(resolve_variables("a ${WEFT_TEST_IS_NOT_SET}").error().reason, Reason::unavailable);
  EXPECT_EQ(resolve_variables("a ${WEFT").error().reason, Reason::invalid_argument);
}

TEST(Variables, AreLookedForWhereverARequestMayHoldThem) {
  const std::string unset = "${WEFT_TEST_IS_NOT_SET}";
  EXPECT_TRUE(check_variables({}));
  JoinRequest header;
  header.headers.emplace_back("X-Team", unset);
  EXPECT_FALSE(check_variables(header));
  JoinRequest bearer;
  bearer.bearer = unset;
  EXPECT_FALSE(check_variables(bearer));
  JoinRequest environment;
  environment.environment["TEAM"] = unset;
  EXPECT_FALSE(check_variables(environment));
}

}  // namespace
}  // namespace weft::hub

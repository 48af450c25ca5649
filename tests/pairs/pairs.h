// What the tests over all pairs of adapters have in common: the pairs, and a chain for each.
#pragma once

#include <gtest/gtest.h>

#include <tuple>

#include "chain.h"

namespace weft::pairs {

using Pair = std::tuple<std::string, std::string>;

/// The protocol of the caller, and that of the solution.
class OverPairs : public ::testing::TestWithParam<Pair> {
 protected:
  OverPairs() : chain_(std::get<0>(GetParam()), std::get<1>(GetParam())) {}
  void SetUp() override { ASSERT_EQ(chain_.broken(), ""); }

  const std::string& caller() const { return std::get<0>(GetParam()); }
  const std::string& solution() const { return std::get<1>(GetParam()); }
  bool through(std::string_view protocol) const {
    return caller() == protocol || solution() == protocol;
  }

  Chain chain_;
};

inline std::string name_of(const ::testing::TestParamInfo<Pair>& info) {
  return std::get<0>(info.param) + "_to_" + std::get<1>(info.param);
}

inline auto all_pairs() {
  const auto protocols = ::testing::Values("openai", "mcp", "a2a", "openapi");
  return ::testing::Combine(protocols, protocols);
}

}  // namespace weft::pairs

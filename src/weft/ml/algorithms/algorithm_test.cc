#include "weft/ml/algorithms/algorithm.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

TEST(Algorithms, AreFoundByNameOrImage) {
  const auto all = all_algorithms();
  for (const char* named :
       {"xgboost", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", "sagemaker-xgboost@sha256:abc"}) {
    const Algorithm* found = find_algorithm(all, named);
    ASSERT_NE(found, nullptr) << named;
    EXPECT_EQ(found->name, "xgboost");
  }
  EXPECT_EQ(find_algorithm(all, "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1")->name,
            "blazingtext");
  EXPECT_EQ(find_algorithm(all, "onnx")->name, "onnx");
  for (const char* named : {"", "lda", "382416733822.dkr.ecr.us-east-1.amazonaws.com/lda:1",
                            "example.org/sagemaker-xgboost/other:1"})
    EXPECT_EQ(find_algorithm(all, named), nullptr) << named;
}

TEST(Algorithms, OnnxOnlyServes) {
  for (const Algorithm& each : all_algorithms()) EXPECT_EQ(each.trains, each.name != "onnx");
}

}  // namespace
}  // namespace weft::ml

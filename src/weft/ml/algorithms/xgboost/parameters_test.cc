#include "weft/ml/algorithms/xgboost/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weft::ml::xgboost {
namespace {

std::string why(Given given) {
  given.try_emplace("num_round", "3");
  const auto plan = plan_of(given);
  return plan ? std::string() : plan.error().message;
}

TEST(XgboostParameters, ThePlanOfAJob) {
  const auto plan = plan_of({{"num_round", "50"},
                             {"learning_rate", "0.2"},
                             {"objective", "binary:logistic"},
                             {"eval_metric", "auc,error@0.7,accuracy"},
                             {"early_stopping_rounds", "5"},
                             {"subsample", "0.7"},
                             {"seed", "7"},
                             {"csv_weights", "1"}});
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->rounds, 50);
  EXPECT_EQ(plan->early_stopping_rounds, 5);
  EXPECT_EQ(plan->watched_metric, "accuracy");
  EXPECT_EQ(plan->own_metrics, std::vector<std::string>{"accuracy"});
  EXPECT_TRUE(plan->samples);
  EXPECT_TRUE(plan->weights_in_csv);
  EXPECT_EQ(plan->seed, 7);
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(plan->parameters, (Parameters{{"eta", "0.2"},
                                          {"objective", "binary:logistic"},
                                          {"seed", "7"},
                                          {"subsample", "0.7"},
                                          {"eval_metric", "auc"},
                                          {"eval_metric", "error@0.7"}}));
}

TEST(XgboostParameters, TheMetricThatIsTunedIsScored) {
  const auto plan = plan_of({{"num_round", "5"}, {"_tuning_objective_metric", "validation:f1"}});
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->own_metrics, std::vector<std::string>{"f1"});
  EXPECT_EQ(plan->watched_metric, "f1");
  EXPECT_FALSE(plan->samples);
}

TEST(XgboostParameters, WhatDoesNotGoTogether) {
  EXPECT_EQ(why({{"objective", "multi:softmax"}}),
            "Require input for parameter 'num_class' for multi-classification");
  EXPECT_EQ(why({{"num_class", "3"}}),
            "Do not need to setup parameter 'num_class' for learning task other than "
            "multi-classification.");
  EXPECT_EQ(why({{"objective", "reg:squarederror"}, {"eval_metric", "auc"}}),
            "Metric 'auc' can only be applied for classification and ranking problems.");
  EXPECT_EQ(why({{"eval_metric", "aft-nloglik"}}),
            "Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.");
  EXPECT_EQ(why({{"eval_metric", "rmse@2"}}),
            "Metric 'rmse@2' is not supported. Parameter 'eval_metric' with customized threshold "
            "should be one of these options: 'error', 'ndcg', 'map'.");
  EXPECT_EQ(why({{"eval_metric", "error@x"}}),
            "Threshold value 't' in 'error@t' expects float input.");
  EXPECT_EQ(why({{"eval_metric", "speed"}}),
            "Hyperparameter eval_metric: speed is not a metric of this algorithm");
  EXPECT_TRUE(why({{"monotone_constraints", "(1,0)"}}).starts_with("monotone_constraints can be"));
  EXPECT_EQ(why({{"monotone_constraints", "(1,0)"}, {"tree_method", "hist"}}), "");
  EXPECT_TRUE(why({{"interaction_constraints", "[[0]]"}}).starts_with("interaction_constraints"));
  EXPECT_TRUE(why({{"tree_method", "gpu_hist"}}).starts_with("weft trains on the processor"));
  EXPECT_TRUE(why({{"sampling_method", "gradient_based"}})
                  .contains("leave out sampling_method `gradient_based`"));
  EXPECT_EQ(why({{"sampling_method", "uniform"}}), "");
  for (const std::string gone : {"distcol", "grow_local_histmaker", "grow_skmaker"}) {
    EXPECT_EQ(why({{"updater", "sync," + gone}}),
              "updater `" + gone +
                  "` is not in weft's version of XGBoost any more: leave it out and choose a "
                  "tree_method (`hist`, `approx`, `exact`)");
  }
  EXPECT_EQ(why({{"updater", "shotgun"}, {"booster", "gblinear"}}), "");
  EXPECT_TRUE(why({{"updater", "prune"}, {"booster", "gblinear"}}).starts_with("Linear updater"));
  EXPECT_TRUE(why({{"updater", "shotgun"}}).starts_with("Tree updater should be selected"));
  EXPECT_TRUE(why({{"updater", "grow_colmaker,grow_histmaker"}}).starts_with("Only one tree"));
  EXPECT_TRUE(why({{"updater", "sync"}, {"process_type", "update"}}).starts_with("process_type"));
}

TEST(XgboostParameters, WhichWayIsBetter) {
  EXPECT_TRUE(higher_is_better("auc"));
  EXPECT_TRUE(higher_is_better("ndcg@10"));
  EXPECT_FALSE(higher_is_better("error@0.5"));
  EXPECT_FALSE(higher_is_better("rmse"));
}

}  // namespace
}  // namespace weft::ml::xgboost

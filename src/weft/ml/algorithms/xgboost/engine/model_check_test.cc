#include "weft/ml/algorithms/xgboost/engine/model_check.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/base/json.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"

namespace weft::ml::xgboost {
namespace {

Rows table() {
  Rows out;
  out.columns = 3;
  for (int i = 0; i < 64; ++i) {
    for (const int value : {i % 7, i % 5, i}) out.values.push_back(static_cast<float>(value));
    out.labels.push_back(static_cast<float>((i % 7) * 2 + i % 3));
  }
  return out;
}

std::string model(const Booster::Parameters& parameters, const char* format = "ubj") {
  const auto matrix = Matrix::of(table(), 1);
  EXPECT_TRUE(matrix.has_value()) << matrix.error().message;
  auto booster = Booster::create(*matrix, {}, parameters);
  EXPECT_TRUE(booster.has_value()) << booster.error().message;
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(booster->update(round, *matrix).has_value());
  return booster->save(format).value_or("?");
}

std::string why(std::string_view bytes) {
  const auto checked = check_model(bytes);
  return checked ? std::string() : checked.error().message;
}

TEST(XgboostModelCheck, RealModelsPass) {
  for (const char* format : {"ubj", "json"}) {
    EXPECT_EQ(why(model({{"max_depth", "4"}}, format)), "") << format;
    EXPECT_EQ(why(model({{"booster", "dart"}, {"rate_drop", "0.5"}}, format)), "") << format;
    EXPECT_EQ(why(model({{"booster", "gblinear"}}, format)), "") << format;
    EXPECT_EQ(why(model({{"objective", "multi:softprob"}, {"num_class", "20"}}, format)), "");
    EXPECT_EQ(why(model({{"num_parallel_tree", "3"}, {"subsample", "0.5"}}, format)), "");
    EXPECT_EQ(why(model({{"gamma", "100000"}}, format)), "") << "trees of a root alone";
  }
}

/// A model with one tree, in which a member of the tree is replaced.
std::string with(std::string_view member, std::string_view value, std::string_view feature = "3") {
  const json::value tree = json::parse(R"({"base_weights":[0,1,2],"categories":[],
    "categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[0,0,0],
    "id":0,"left_children":[1,-1,-1],"loss_changes":[1,0,0],"parents":[2147483647,0,0],
    "right_children":[2,-1,-1],"split_conditions":[3,1,2],"split_indices":[1,0,0],
    "split_type":[0,0,0],"sum_hessian":[9,4,5],"tree_param":{"num_deleted":"0","num_feature":"3",
    "num_nodes":"3","size_leaf_vector":"1"}})")
                               .value();
  json::object changed = tree.get_object();
  if (!member.empty()) changed[member] = json::parse(value).value();
  return std::format(
      R"({{"learner":{{"attributes":{{}},"feature_names":[],"gradient_booster":{{"model":{{
        "gbtree_model_param":{{"num_trees":"1"}},"tree_info":[0],"trees":[{}]}},"name":"gbtree"}},
        "learner_model_param":{{"base_score":"5E-1","num_class":"0","num_feature":"{}"}},
        "objective":{{"name":"reg:squarederror"}}}},"version":[3,0,0]}})",
      json::write(changed), feature);
}

TEST(XgboostModelCheck, EveryWayATreeCanBeBroken) {
  EXPECT_EQ(why(with("", "")), "");
  const auto bad = [](std::string_view member, std::string_view value) {
    const std::string out = why(with(member, value));
    EXPECT_TRUE(out.starts_with("the model is damaged: ")) << member << value << out;
    return out.substr(std::min<std::size_t>(out.size(), 22));
  };
  EXPECT_EQ(bad("left_children", "[1,-1]"), "tree 0: left_children has 2 elements for 3 nodes");
  EXPECT_EQ(bad("left_children", "[0,-1,-1]"), "tree 0: node 0 has children 0 and 2");
  EXPECT_EQ(bad("left_children", "[7,-1,-1]"), "tree 0: node 0 has children 7 and 2");
  EXPECT_EQ(bad("left_children", "[-2,-1,-1]"), "tree 0: node 0 has children -2 and 2");
  EXPECT_EQ(bad("right_children", "[1,-1,-1]"), "tree 0: node 0 has children 1 and 1");
  EXPECT_EQ(bad("right_children", "[-1,-1,-1]"), "tree 0: node 0 has children 1 and -1");
  EXPECT_EQ(bad("split_indices", "[3,0,0]"), "tree 0: node 0 asks for feature 3 of 3");
  EXPECT_EQ(bad("split_indices", "[-1,0,0]"), "tree 0: node 0 asks for feature -1 of 3");
  EXPECT_EQ(bad("parents", "[2147483647,2,0]"), "tree 0: node 1 has parent 2 and is a child of 0");
  EXPECT_EQ(bad("default_left", "[0]"), "tree 0: default_left has 1 elements for 3 nodes");
  EXPECT_EQ(bad("split_type", "[1,0,0]"), "tree 0: node 0 splits by categories that are not there");
  EXPECT_EQ(bad("categories_nodes", "[0]"), "tree 0: its categories have different lengths");
  EXPECT_EQ(bad("tree_param", R"({"num_nodes":"0","num_feature":"3"})"),
            "tree 0: num_nodes cannot be");
  EXPECT_EQ(bad("tree_param", R"({"num_nodes":"99999999999","num_feature":"3"})"),
            "tree 0: num_nodes cannot be");
  EXPECT_EQ(bad("left_children", "[1,\"x\",-1]"), "something else stands where a number should");
  EXPECT_EQ(why(with("", "", "2")), "the model is damaged: its trees ask for 3 features, it has 2");
}

TEST(XgboostModelCheck, WhatIsNoModelIsNamed) {
  EXPECT_TRUE(why("\x80\x04\x95\x10").contains("Python pickle"));
  EXPECT_TRUE(why("binf\x01").contains("old binary format"));
  EXPECT_EQ(why("hello"), "this is no XGBoost model (JSON or UBJSON)");
  EXPECT_EQ(why(""), "this is no XGBoost model (JSON or UBJSON)");
  EXPECT_EQ(why("{}"), "this is no XGBoost model: it has no learner");
  EXPECT_TRUE(why(R"({"learner":)").starts_with("the model is damaged: "));
  EXPECT_TRUE(why(R"({"learner":{"gradient_booster":7}})").starts_with("the model is damaged: "));
}

TEST(XgboostModelCheck, WhatIsCutOffIsFound) {
  const std::string bytes = model({});
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_NE(why(std::string_view(bytes).substr(0, size)), "") << size;
}

}  // namespace
}  // namespace weft::ml::xgboost

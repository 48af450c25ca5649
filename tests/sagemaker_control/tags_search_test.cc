#include <format>
#include <string>
#include <vector>

#include "control_world.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::ControlWorld;

std::string on(std::string_view thing, std::string_view more = "") {
  return std::format(R"({{"ResourceArn":"arn:aws:sagemaker:us-east-1:123456789012:{}"{}}})", thing,
                     more);
}

TEST(TagOperations, FromCreationOnAndAway) {
  ControlWorld world;
  world.train("Job", R"(,"Tags":[{"Key":"team","Value":"risk"},{"Key":"cost","Value":""}])");
  EXPECT_EQ(json::write(world.ask("ListTags", on("training-job/job"))),
            R"({"Tags":[{"Key":"cost","Value":""},{"Key":"team","Value":"risk"}]})")
      << "the ARN is in lower case, the name is not";
  EXPECT_EQ(json::write(world.ask(
                "AddTags", on("training-job/job", R"(,"Tags":[{"Key":"cost","Value":"5"}])"))),
            R"({"Tags":[{"Key":"cost","Value":"5"},{"Key":"team","Value":"risk"}]})");
  EXPECT_EQ(json::write(world.ask("DeleteTags", on("training-job/Job", R"(,"TagKeys":["team"])"))),
            "{}");
  EXPECT_EQ(json::write(world.ask("ListTags", on("training-job/Job"))),
            R"({"Tags":[{"Key":"cost","Value":"5"}]})");
  world.ask("DeleteTrainingJob", R"({"TrainingJobName":"Job"})");
  EXPECT_EQ(world.refused("ListTags", on("training-job/job")),
            "ValidationException: Could not find training-job "
            "\"arn:aws:sagemaker:us-east-1:123456789012:training-job/job\".");
  world.train("Job");
  EXPECT_EQ(json::write(world.ask("ListTags", on("training-job/job"))), R"({"Tags":[]})")
      << "another job of the name has none of them";
}

TEST(TagOperations, OfEveryKind) {
  ControlWorld world;
  const std::string tags = R"("Tags":[{"Key":"k","Value":"v"}])";
  world.ask("CreateModel",
            R"({"ModelName":"m","PrimaryContainer":{"Image":"xgboost:1"},)" + tags + "}");
  world.ask("CreateEndpointConfig",
            R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"All",
        "ModelName":"m","InitialInstanceCount":1,"InstanceType":"ml.m5.large"}],)" +
                tags + "}");
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c",)" + tags + "}");
  for (const char* thing : {"model/m", "endpoint-config/c", "endpoint/e"}) {
    EXPECT_EQ(json::write(world.ask("ListTags", on(thing))),
              R"({"Tags":[{"Key":"k","Value":"v"}]})")
        << thing;
  }
  world.owner = "ben";
  EXPECT_EQ(world.refused("ListTags", on("model/m")).substr(0, 41),
            "ValidationException: Could not find model");
}

TEST(TagOperations, WhatIsWrongIsNamed) {
  ControlWorld world;
  EXPECT_EQ(world.refused("ListTags", on("pipeline/p")),
            "ValidationException: tags on `pipeline` are not supported by weft; there are those of "
            "training-job, model, endpoint-config and endpoint");
  EXPECT_EQ(world.refused("CreateTrainingJob",
                          ControlWorld::job("j", R"(,"Tags":[{"Key":"aws:x","Value":"1"}])")),
            "ValidationException: the tag `aws:x`: keys that begin with aws: are AWS's own");
  EXPECT_EQ(world.jobs->find("ann", "j"), nullptr) << "nothing was made";
  EXPECT_EQ(world.refused("CreateTrainingJob", ControlWorld::job("j", R"(,"Tags":[
      {"Key":"a","Value":"1"},{"Key":"a","Value":"2"}])")),
            "ValidationException: the tag `a` is there twice");
  EXPECT_EQ(world.refused("ListTags",
                          R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:999999999999:model/m"})"),
            "ValidationException: Could not find model "
            "\"arn:aws:sagemaker:us-east-1:999999999999:model/m\".");
}

std::vector<std::string> found(const json::object& answer) {
  std::vector<std::string> out;
  for (const json::value& each : answer.at("Results").get_array()) {
    const json::object& result = each.get_object();
    const json::object* job = json::object_at(result, "TrainingJob");
    out.emplace_back(job != nullptr
                         ? json::string_at(*job, "TrainingJobName")
                         : json::string_at(*json::object_at(result, "Endpoint"), "EndpointName"));
  }
  return out;
}
using Names = std::vector<std::string>;

TEST(SearchOperation, JobsByWhatIsTrueOfThem) {
  ControlWorld world;
  world.train("one", R"(,"Tags":[{"Key":"team","Value":"risk"}])");
  world.train("two");
  world.script.end = {.exit_code = 1};
  world.train("three");
  const auto search = [&](std::string_view more) {
    return world.ask("Search", std::format(R"({{"Resource":"TrainingJob"{}}})", more));
  };
  EXPECT_EQ(found(search("")), (Names{"three", "two", "one"})) << "the last one first";
  EXPECT_EQ(search("").at("TotalHits").at("Value"), 3);
  EXPECT_EQ(found(search(R"(,"SearchExpression":{"Filters":[
      {"Name":"TrainingJobStatus","Operator":"Equals","Value":"Completed"}]},
      "SortBy":"TrainingJobName","SortOrder":"Ascending")")),
            (Names{"one", "two"}));
  EXPECT_EQ(found(search(R"(,"SearchExpression":{"Filters":[
      {"Name":"Tags.team","Operator":"Equals","Value":"risk"}]})")),
            Names{"one"});
  EXPECT_EQ(found(search(R"(,"SearchExpression":{"Filters":[
      {"Name":"Metrics.train:rmse","Operator":"LessThan","Value":"2"}]},
      "SortBy":"Metrics.train:rmse")")),
            (Names{"one", "three", "two"}))
      << "equal ones by name";
  Names pages;
  std::string more;
  do {
    const json::object page =
        search(R"(,"MaxResults":1,"SortBy":"TrainingJobName","SortOrder":"Descending")" + more);
    for (const std::string& name : found(page)) pages.push_back(name);
    const std::string token(json::string_at(page, "NextToken"));
    more = token.empty() ? "" : std::format(R"(,"NextToken":"{}")", token);
  } while (!more.empty());
  EXPECT_EQ(pages, (Names{"two", "three", "one"}));
  EXPECT_EQ(search(R"(,"MaxResults":1)").at("Results").at(0).at("TrainingJob").at("Tags"),
            json::array());
}

TEST(SearchOperation, EndpointsAndWhatThereIsNot) {
  ControlWorld world;
  world.make_model("m");
  world.make_config("c", "m");
  for (const char* name : {"e", "f"}) {
    world.ask("CreateEndpoint",
              std::format(R"({{"EndpointName":"{}","EndpointConfigName":"c"}})", name));
    world.until_in_service(name);
  }
  EXPECT_EQ(found(world.ask("Search", R"({"Resource":"Endpoint","SortBy":"EndpointName",
      "SearchExpression":{"Filters":[{"Name":"EndpointName","Operator":"In","Value":"e,g"}]}})")),
            Names{"e"});
  EXPECT_EQ(json::write(world.ask("Search", R"({"Resource":"ModelPackage"})")),
            R"({"Results":[],"TotalHits":{"Value":0,"Relation":"EqualTo"}})");
  EXPECT_EQ(found(world.ask("Search", R"({"Resource":"ModelPackage","SearchExpression":{"Filters":[
      {"Name":"ModelPackageGroupName","Operator":"Equals","Value":"g"}]}})")),
            Names{});
  for (const char* unknown : {R"("SortBy":"Nothing")", R"("SearchExpression":{"Filters":[
      {"Name":"Nothing","Operator":"Equals","Value":"g"}]})"}) {
    EXPECT_EQ(world.refused("Search", std::format(R"({{"Resource":"ModelPackage",{}}})", unknown)),
              "ValidationException: Unknown property name: Nothing");
  }
  EXPECT_EQ(world.refused("Search", R"({"Resource":"Pipeline"})"),
            "ValidationException: searching for Pipeline is not supported by weft; there are "
            "TrainingJob and Endpoint");
  EXPECT_EQ(world.refused("Search", R"({"Resource":"TrainingJob","SortBy":"Nothing"})"),
            "ValidationException: Unknown property name: Nothing");
  EXPECT_EQ(world.refused("Search", R"({"Resource":"TrainingJob","NextToken":"bWluZQ"})"),
            "ValidationException: NextToken is not one that this search gave");
}

}  // namespace
}  // namespace weft::adapters::sagemaker

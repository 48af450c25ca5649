#include <format>
#include <set>
#include <vector>

#include "control_world.h"
#include "weft/adapters/sagemaker/aws/shapes.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::ControlWorld;
using testing::text;

constexpr std::string_view kArn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/";

TEST(TrainingOperations, FromCreateToCompleted) {
  ControlWorld world;
  EXPECT_EQ(json::write(world.ask("CreateTrainingJob", ControlWorld::job("Xgb-1"))),
            R"({"TrainingJobArn":"arn:aws:sagemaker:us-east-1:123456789012:training-job/xgb-1"})");
  EXPECT_EQ(
      world.ask("DescribeTrainingJob", R"({"TrainingJobName":"Xgb-1"})").at("TrainingJobStatus"),
      "InProgress")
      << "nothing is born completed";
  world.turn([&] { return ml::ended(world.jobs->find("ann", "Xgb-1")->status); });
  const json::object shown = world.ask("DescribeTrainingJob", R"({"TrainingJobName":"Xgb-1"})");
  EXPECT_EQ(shown.at("TrainingJobStatus"), "Completed");
  EXPECT_EQ(shown.at("SecondaryStatus"), "Completed");
  EXPECT_EQ(shown.at("ModelArtifacts").at("S3ModelArtifacts"),
            "s3://data/out/Xgb-1/output/model.tar.gz");
  EXPECT_EQ(shown.at("ResourceConfig").at("InstanceCount"), 1);
  EXPECT_EQ(shown.at("StoppingCondition").at("MaxRuntimeInSeconds"), 86'400);
  EXPECT_EQ(shown.at("FinalMetricDataList").at(0).at("MetricName"), "train:rmse");
  EXPECT_EQ(shown.at("FinalMetricDataList").at(0).at("Value"), 1.5);
  EXPECT_EQ(shown.at("AlgorithmSpecification").at("MetricDefinitions").at(0).at("Name"),
            "train:rmse")
      << "which the SDK's TrainingJobAnalytics asks CloudWatch for";
  EXPECT_EQ(shown.at("TrainingTimeInSeconds"), 1);
  std::vector<std::string> statuses;
  for (const json::value& each : shown.at("SecondaryStatusTransitions").get_array())
    statuses.emplace_back(each.at("Status").get_string());
  EXPECT_EQ(statuses, (std::vector<std::string>{"Starting", "Downloading", "Training", "Uploading",
                                                "Completed"}));
}

TEST(TrainingOperations, ErrorsAsProgramsMatchThem) {
  ControlWorld world;
  world.train("j");
  EXPECT_EQ(world.refused("CreateTrainingJob", ControlWorld::job("j")),
            "ResourceInUse: Training job names must be unique within an AWS account and region, "
            "and a training job with this name already exists "
            "(arn:aws:sagemaker:us-east-1:123456789012:training-job/j)");
  for (const char* operation :
       {"DescribeTrainingJob", "StopTrainingJob", "DeleteTrainingJob", "UpdateTrainingJob"}) {
    EXPECT_EQ(world.refused(operation, R"({"TrainingJobName":"none"})"),
              "ValidationException: Requested resource not found.")
        << operation;
  }
  EXPECT_EQ(world.refused("StopTrainingJob", R"({"TrainingJobName":"j"})"),
            "ValidationException: The request was rejected because the training job is in status "
            "Completed.");
  EXPECT_EQ(world
                .refused("CreateTrainingJob",
                         ControlWorld::job("k", R"(,"HyperParameters":{"num_round":"2"},
      "AlgorithmSpecification":{"TrainingImage":"1.dkr.ecr.x.amazonaws.com/lda:1",
      "TrainingInputMode":"File"})"))
                .substr(0, 67),
            "ValidationException: the algorithm or image `1.dkr.ecr.x.amazonaws.");
  EXPECT_EQ(
      world.refused("CreateTrainingJob", ControlWorld::job("k", R"j(,"AlgorithmSpecification":{
      "AlgorithmName":"xgboost","TrainingInputMode":"File",
      "MetricDefinitions":[{"Name":"m","Regex":"loss=("}]})j")),
      "ValidationException: metric m: the regular expression `loss=(` cannot be used: "
      "missing ): loss=(");
}

TEST(TrainingOperations, NobodySeesAnothers) {
  ControlWorld world;
  world.train("j");
  world.owner = "ben";
  EXPECT_EQ(world.refused("DescribeTrainingJob", R"({"TrainingJobName":"j"})"),
            "ValidationException: Requested resource not found.");
  EXPECT_EQ(json::write(world.ask("ListTrainingJobs", "{}")), R"({"TrainingJobSummaries":[]})");
  EXPECT_EQ(json::write(world.ask("Search", R"({"Resource":"TrainingJob"})").at("Results")), "[]");
  world.train("j");
}

TEST(TrainingOperations, StoppedAndDeleted) {
  ControlWorld world;
  world.script.waits = true;
  world.ask("CreateTrainingJob", ControlWorld::job("j"));
  world.turn([&] { return world.jobs->find("ann", "j")->secondary_status() == "Training"; });
  EXPECT_EQ(world.refused("DeleteTrainingJob", R"({"TrainingJobName":"j"})").substr(0, 14),
            "ResourceInUse:");
  EXPECT_EQ(json::write(world.ask("StopTrainingJob", R"({"TrainingJobName":"j"})")), "{}");
  const json::object shown = world.ask("DescribeTrainingJob", R"({"TrainingJobName":"j"})");
  EXPECT_EQ(shown.at("TrainingJobStatus"), "Stopping");
  EXPECT_EQ(shown.at("SecondaryStatus"), "Stopping");
  world.turn([&] { return ml::ended(world.jobs->find("ann", "j")->status); });
  world.ask("DeleteTrainingJob", R"({"TrainingJobName":"j"})");
  EXPECT_EQ(world.refused("DescribeTrainingJob", R"({"TrainingJobName":"j"})"),
            "ValidationException: Requested resource not found.");
}

TEST(TrainingOperations, WhatWasNotGivenIsNotShown) {
  ControlWorld world;
  world.train("bare", R"(,"ProfilerConfig":{},"InfraCheckConfig":{},"VpcConfig":null,
      "DebugHookConfig":{"S3OutputPath":"s3://data/out","CollectionConfigurations":[]})");
  const json::object shown = world.ask("DescribeTrainingJob", R"({"TrainingJobName":"bare"})");
  for (const char* member : {"VpcConfig", "ProfilerConfig", "InfraCheckConfig", "CheckpointConfig",
                             "RetryStrategy", "Environment", "TensorBoardOutputConfig"})
    EXPECT_FALSE(shown.contains(member)) << member;
  EXPECT_EQ(shown.at("DebugHookConfig").at("S3OutputPath"), "s3://data/out");
}

TEST(TrainingOperations, AProgramIsToldTheArnOfItsJob) {
  ControlWorld world;
  world.train("Xgb-1");
  std::string arn;
  for (const auto& [name, value] : world.trainers.started.at(0).environment) {
    if (name == "TRAINING_JOB_ARN") arn = value;
  }
  EXPECT_EQ(arn, std::string(kArn) + "xgb-1");
}

TEST(TrainingOperations, AFailureSaysWhy) {
  ControlWorld world;
  world.script.end = {.exit_code = 1};
  world.script.begins = [](const std::filesystem::path& root) {
    (void)write_file(root / "output/failure",
                     "ClientError: Hyperparameter eta: 2 is not in [0, 1]");
  };
  world.train("j");
  const json::object shown = world.ask("DescribeTrainingJob", R"({"TrainingJobName":"j"})");
  EXPECT_EQ(shown.at("TrainingJobStatus"), "Failed");
  EXPECT_EQ(shown.at("FailureReason"),
            "ClientError: Hyperparameter eta: 2 is not in [0, 1], exit code: 1");
}

TEST(TrainingOperations, UpdatesThatChangeNothing) {
  ControlWorld world;
  world.train("j");
  const json::object updated = world.ask("UpdateTrainingJob", R"({"TrainingJobName":"j",
      "ProfilerConfig":{"DisableProfiler":true}})");
  EXPECT_EQ(text(updated.at("TrainingJobArn")), std::string(kArn) + "j");
  EXPECT_EQ(world.refused("UpdateTrainingJob", R"({"TrainingJobName":"j",
      "ResourceConfig":{"KeepAlivePeriodInSeconds":60}})"),
            "ValidationException: ResourceConfig.KeepAlivePeriodInSeconds is not supported by "
            "weft: there are no warm pools: a job begins at once where there is room");
}

std::vector<std::string> names(const json::object& page) {
  std::vector<std::string> out;
  for (const json::value& each : page.at("TrainingJobSummaries").get_array())
    out.emplace_back(each.at("TrainingJobName").get_string());
  return out;
}
using Names = std::vector<std::string>;

TEST(TrainingOperations, ListedInPages) {
  ControlWorld world;
  for (const char* name : {"b-one", "a-one", "c-two"}) world.train(name);
  world.script.end = {.exit_code = 1};
  world.train("d-two");
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"SortBy":"Name","SortOrder":"Ascending"})")),
            (Names{"a-one", "b-one", "c-two", "d-two"}));
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"NameContains":"TWO","SortBy":"Name"})")),
            (Names{"c-two", "d-two"}));
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"StatusEquals":"Failed"})")), Names{"d-two"});
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"CreationTimeAfter":4102444800})")), Names{});
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"CreationTimeBefore":4102444800.5})")).size(),
            4U);
  EXPECT_EQ(names(world.ask("ListTrainingJobs", R"({"WarmPoolStatusEquals":"Available"})")),
            Names{});
  Names all;
  std::string more;
  do {
    const json::object page = world.ask(
        "ListTrainingJobs",
        std::format(R"({{"MaxResults":3,"SortBy":"CreationTime","SortOrder":"Descending"{}}})",
                    more));
    for (const std::string& name : names(page)) all.push_back(name);
    const std::string token(json::string_at(page, "NextToken"));
    more = token.empty() ? "" : std::format(R"(,"NextToken":"{}")", token);
  } while (!more.empty());
  EXPECT_EQ(all, (Names{"d-two", "c-two", "a-one", "b-one"}));
  EXPECT_EQ(world.refused("ListTrainingJobs", R"({"NextToken":"mine"})"),
            "ValidationException: NextToken is not one that this list gave");
  EXPECT_EQ(world.refused("ListTrainingJobs", R"({"CreationTimeAfter":"soon"})"),
            "ValidationException: CreationTimeAfter is no point in time");
}

// What each of them does with a request that holds nothing, which the check of shapes keeps away.
TEST(ControlPlane, EveryOperationOfTheTableIsThere) {
  ControlWorld world;
  for (const auto& [service, of] : world.services) {
    for (const ShapedOperation& operation : of.shapes->operations) {
      const AwsResult result = world.serving.run(
          of.call({.principal = {.name = "ann"}}, std::string(operation.name), {}));
      EXPECT_TRUE(result || result.error().code != "UnknownOperationException") << operation.name;
    }
    for (const std::string_view refused : of.shapes->refused) {
      const AwsResult result =
          world.serving.run(of.call({.principal = {.name = "ann"}}, std::string(refused), {}));
      ASSERT_FALSE(result.has_value()) << refused;
      EXPECT_EQ(result.error().code, "UnknownOperationException") << refused;
      EXPECT_TRUE(result.error().message.contains(refused));
    }
  }
}

TEST(ControlPlane, WhatItDoesNotHaveIsRefusedByName) {
  ControlWorld world;
  EXPECT_TRUE(world.refused("CreateCluster", "{}")
                  .starts_with("UnknownOperationException: the operation CreateCluster of "
                               "SageMaker is not supported by weft; it has AddTags, "));
  EXPECT_TRUE(world.refused("MakeCoffee", "{}")
                  .starts_with("UnknownOperationException: SageMaker has no operation MakeCoffee; "
                               "weft has AddTags, "));
}

TEST(ControlPlane, WhatToDoInsteadIsSaid) {
  ControlWorld world;
  EXPECT_EQ(world.refused("CreateTransformJob", "{}"),
            "UnknownOperationException: the operation CreateTransformJob of SageMaker is not "
            "supported by weft: call InvokeEndpoint for each file");
  const auto instead = [&](std::string operation, std::string_view words,
                           std::string_view service = "sagemaker") {
    const std::string told = world.refused(operation, "{}", service);
    EXPECT_TRUE(told.contains(std::format(" is not supported by weft: {}", words))) << told;
  };
  instead("ListTrainingJobsForHyperParameterTuningJob", "CreateTrainingJob for each setting");
  instead("DescribeProcessingJob", "run the program as a training job in script mode");
  instead("CreateAutoMLJobV2", "CreateTrainingJob for each algorithm and setting");
  instead("BatchDescribeModelPackage", "there is no model registry");
  instead("StartPipelineExecution", "call the operations of its steps");
  instead("CreateDataQualityJobDefinition", "requests and answers are not recorded");
  instead("CreateMonitoringSchedule", "requests and answers are not recorded");
  instead("CreateInferenceExperiment", "give the endpoint a second variant");
  instead("UpdateInferenceComponentRuntimeConfig", "make a variant or an endpoint");
  instead("CreateTrialComponent", "put Tags on the jobs");
  instead("CreatePresignedDomainUrl", "run your notebook where you like");
  instead("PutMetricAlarm", "there are no alarms", "monitoring");
  instead("DescribeAlarms", "there are no alarms", "monitoring");
  instead("PutLogEvents", "what jobs and endpoints print is in their streams", "logs");
  instead("StartQuery", "call FilterLogEvents", "logs");
}

}  // namespace
}  // namespace weft::adapters::sagemaker

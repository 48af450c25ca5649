#include "weft/adapters/sagemaker/control/training_spec.h"

#include <gtest/gtest.h>

#include <string>

#include "weft/adapters/sagemaker/control/training_view.h"

namespace weft::adapters::sagemaker {
namespace {

/// As the SageMaker Python SDK sends it.
json::object request() {
  return json::parse(R"json({
    "TrainingJobName": "xgb-1",
    "AlgorithmSpecification": {
      "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
      "TrainingInputMode": "File",
      "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]},
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerRole",
    "InputDataConfig": [
      {"ChannelName": "train", "ContentType": "text/csv", "CompressionType": "None",
       "RecordWrapperType": "None",
       "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/train/",
                                       "S3DataDistributionType": "ShardedByS3Key"}}},
      {"ChannelName": "validation", "InputMode": "FastFile",
       "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/v.csv"}}}],
    "OutputDataConfig": {"KmsKeyId": "", "S3OutputPath": "s3://b/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30,
                       "KeepAlivePeriodInSeconds": 60},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    "HyperParameters": {"num_round": "5"},
    "Environment": {"A": "b"},
    "CheckpointConfig": {"S3Uri": "s3://b/checkpoints", "LocalPath": "/opt/ml/checkpoints/"},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
    "ProfilerConfig": {"S3OutputPath": "s3://b/out", "DisableProfiler": false},
    "DebugHookConfig": {"S3OutputPath": "s3://b/out", "CollectionConfigurations": []},
    "Tags": [{"Key": "team", "Value": "risk"}]})json")
      ->get_object();
}

/// The request with the value at the pointer (a JSON object's path, `/`-separated) another one.
json::object with(std::string_view path, std::string_view value) {
  json::value out(request());
  json::value* at = &out;
  std::string_view rest = path;
  while (true) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    at = at->is_array() ? &at->get_array()[0] : &at->get_object()[name];
    if (at->is_null() && end != rest.size()) at->emplace_object();
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  *at = json::parse(value).value();
  return out.get_object();
}

std::string refused(const json::object& input) {
  const auto spec = training_spec_of(input);
  return spec ? "taken" : spec.error().code + ": " + spec.error().message;
}

TEST(TrainingSpec, AsTheSdkSendsIt) {
  const auto spec = training_spec_of(request());
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->name, "xgb-1");
  EXPECT_EQ(spec->algorithm,
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1");
  ASSERT_EQ(spec->channels.size(), 2U);
  EXPECT_EQ(spec->channels[0], (ml::Channel{.name = "train",
                                            .from = {"b", "train/"},
                                            .content_type = "text/csv",
                                            .input_mode = "File",
                                            .distribution = "ShardedByS3Key"}));
  EXPECT_EQ(spec->channels[1], (ml::Channel{.name = "validation",
                                            .from = {"b", "v.csv"},
                                            .content_type = "",
                                            .input_mode = "FastFile",
                                            .distribution = "FullyReplicated"}));
  EXPECT_EQ(spec->output.str(), "s3://b/out");
  EXPECT_TRUE(spec->output_compressed);
  EXPECT_EQ(spec->instance_type, "ml.m5.xlarge");
  EXPECT_EQ(spec->max_runtime_s, 3'600);
  EXPECT_EQ(spec->retries, 2);
  EXPECT_EQ(spec->hyperparameters.at("num_round"), "5");
  EXPECT_EQ(spec->environment.at("A"), "b");
  EXPECT_EQ(spec->checkpoints->str(), "s3://b/checkpoints");
  EXPECT_EQ(spec->checkpoint_folder, "/opt/ml/checkpoints");
  EXPECT_EQ(spec->metrics,
            (std::vector<ml::MetricDefinition>{{.name = "loss", .pattern = "loss=([0-9.]+)"}}));
  EXPECT_FALSE(spec->network) << "nobody asked for it";
  EXPECT_FALSE(spec->request.contains("Tags"));
  EXPECT_TRUE(spec->request.contains("ResourceConfig"));
}

TEST(TrainingSpec, TheNetworkIsAskedFor) {
  EXPECT_TRUE(training_spec_of(with("EnableNetworkIsolation", "false"))->network);
  EXPECT_FALSE(training_spec_of(with("EnableNetworkIsolation", "true"))->network);
}

TEST(TrainingSpec, AlgorithmsByNameAndByArn) {
  const auto named = [](std::string_view name) {
    json::object input = request();
    input["AlgorithmSpecification"] =
        json::object{{"AlgorithmName", name}, {"TrainingInputMode", "File"}};
    const auto spec = training_spec_of(input);
    return spec ? spec->algorithm : spec.error().message;
  };
  EXPECT_EQ(named("xgboost"), "xgboost");
  EXPECT_EQ(named("arn:aws:sagemaker:us-east-1:123456789012:algorithm/my-own"), "my-own");
  EXPECT_EQ(refused(with("AlgorithmSpecification/AlgorithmName", "\"xgboost\"")),
            "ValidationException: AlgorithmSpecification names the algorithm: either TrainingImage "
            "or AlgorithmName");
}

TEST(TrainingSpec, WhatWeftDoesNotDoIsRefusedByName) {
  EXPECT_EQ(refused(with("ResourceConfig/InstanceCount", "2")),
            "ValidationException: ResourceConfig.InstanceCount 2 is not supported by weft: a job "
            "has one machine; use 1 and a larger InstanceType");
  EXPECT_EQ(refused(with("InputDataConfig/0/CompressionType", "\"Gzip\"")),
            "ValidationException: InputDataConfig[].CompressionType is not supported by weft: "
            "upload the data uncompressed (SageMaker unpacks in Pipe mode alone)");
  EXPECT_EQ(refused(with("InputDataConfig/0/DataSource/S3DataSource/S3DataType",
                         "\"AugmentedManifestFile\"")),
            "ValidationException: InputDataConfig[].DataSource.S3DataSource.S3DataType is not "
            "supported by weft: use S3Prefix: every object whose key begins with S3Uri");
  for (const auto& [path, value] : std::vector<std::pair<const char*, const char*>>{
           {"OutputDataConfig/KmsKeyId", "\"alias/key\""},
           {"ResourceConfig/InstanceGroups", "[{}]"},
           {"ResourceConfig/TrainingPlanArn", "\"arn\""},
           {"StoppingCondition/MaxPendingTimeInSeconds", "7200"},
           {"DebugRuleConfigurations", "[{}]"},
           {"ProfilerRuleConfigurations", "[{}]"},
           {"TensorBoardOutputConfig", R"({"S3OutputPath":"s3://b/t"})"},
           {"ExperimentConfig", R"({"ExperimentName":"e"})"},
           {"RemoteDebugConfig/EnableRemoteDebug", "true"},
           {"SessionChainingConfig/EnableSessionTagChaining", "true"},
           {"ServerlessJobConfig", R"({"JobType":"FineTuning"})"},
           {"MlflowConfig", R"({"MlflowResourceArn":"a"})"},
           {"ModelPackageConfig", R"({"ModelPackageGroupArn":"a"})"},
           {"InputDataConfig/0/RecordWrapperType", "\"RecordIO\""},
           {"InputDataConfig/0/DataSource/FileSystemDataSource", R"({"FileSystemId":"fs"})"}}) {
    EXPECT_TRUE(refused(with(path, value)).contains("is not supported by weft")) << path;
  }
  for (const auto& [path, value] : std::vector<std::pair<const char*, const char*>>{
           {"RemoteDebugConfig/EnableRemoteDebug", "false"},
           {"DebugRuleConfigurations", "[]"},
           {"ExperimentConfig", "null"},
           {"VpcConfig", R"({"SecurityGroupIds":["sg-1"],"Subnets":["s-1"]})"},
           {"InfraCheckConfig/EnableInfraCheck", "true"},
           {"EnableInterContainerTrafficEncryption", "true"}}) {
    EXPECT_EQ(refused(with(path, value)), "taken") << path;
  }
}

TEST(TrainingSpec, PipesAreFilesForOurOwnAlgorithms) {
  json::object piped = with("AlgorithmSpecification/TrainingInputMode", "\"Pipe\"");
  const auto spec = training_spec_of(piped);
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->channels[0].input_mode, "Pipe");
  EXPECT_EQ(spec->channels[1].input_mode, "FastFile");
  piped["HyperParameters"].get_object()["sagemaker_program"] = "\"train.py\"";
  EXPECT_TRUE(refused(piped).contains("InputMode Pipe is not supported by weft for programs"));
  piped = with("AlgorithmSpecification/TrainingInputMode", "\"Pipe\"");
  piped["Environment"].get_object()["SAGEMAKER_PROGRAM"] = "train.py";
  EXPECT_TRUE(refused(piped).contains("InputMode Pipe is not supported by weft for programs"));
}

TEST(TrainingSpec, ArgumentsAreOfAnEntryPoint) {
  json::object given = with("AlgorithmSpecification/ContainerArguments", R"(["--fast"])");
  const std::string without =
      "ValidationException: AlgorithmSpecification.ContainerArguments without ContainerEntrypoint "
      "is not supported by weft: ";
  EXPECT_EQ(refused(given),
            without + "the algorithm takes hyper-parameters alone (HyperParameters)");
  given["Environment"].get_object()["SAGEMAKER_PROGRAM"] = "train.py";
  EXPECT_EQ(refused(given), without +
                                "a script's arguments are its HyperParameters; a program with "
                                "arguments of its own is named by ContainerEntrypoint");
  given["AlgorithmSpecification"].get_object()["ContainerEntrypoint"] = json::array{"python3"};
  const auto spec = training_spec_of(given);
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->entrypoint, std::vector<std::string>{"python3"});
  EXPECT_EQ(spec->arguments, std::vector<std::string>{"--fast"});
}

TEST(TrainingSpec, WhatContradictsItselfIsRefused) {
  EXPECT_EQ(refused(with("EnableManagedSpotTraining", "true")),
            "ValidationException: Invalid MaxWaitTimeInSeconds. It must be present and be greater "
            "than or equal to MaxRuntimeInSeconds");
  json::object spot = with("EnableManagedSpotTraining", "true");
  spot["StoppingCondition"].get_object()["MaxWaitTimeInSeconds"] = 3'600;
  EXPECT_EQ(refused(spot), "taken");
  EXPECT_TRUE(refused(with("StoppingCondition/MaxWaitTimeInSeconds", "3600"))
                  .contains("only taken with EnableManagedSpotTraining"));
  json::object twice = request();
  json::array& channels = twice["InputDataConfig"].get_array();
  channels.push_back(json::value(channels[0]));
  EXPECT_EQ(refused(twice), "ValidationException: two channels are called train");
  for (const std::string name : {".", ".."}) {
    json::object climbing = request();
    climbing["InputDataConfig"].get_array()[0].get_object()["ChannelName"] = name;
    EXPECT_EQ(refused(climbing),
              std::format("ValidationException: a channel cannot be called `{}`: it is a folder's "
                          "name",
                          name));
  }
  EXPECT_EQ(refused(with("OutputDataConfig/S3OutputPath", "\"https://x/y\"")),
            "ValidationException: OutputDataConfig.S3OutputPath: `https://x/y` is no "
            "s3://BUCKET/KEY: other places are not supported");
  EXPECT_EQ(refused(with("ResourceConfig/InstanceType", "null")),
            "ValidationException: ResourceConfig.InstanceType is missing");
  for (const char* folder : {"/", "/etc/x", "/opt/ml/input/data", "/opt/ml/../../etc", "relative",
                             "/opt/ml/checkpoints/deeper", "/opt/ml"}) {
    EXPECT_TRUE(refused(with("CheckpointConfig/LocalPath", "\"" + std::string(folder) + "\""))
                    .contains("cannot be the checkpoints' folder"))
        << folder;
  }
  EXPECT_EQ(training_spec_of(with("CheckpointConfig/LocalPath", "\"/my/own\""))->checkpoint_folder,
            "/my/own");
}

TEST(TrainingView, WhatWasAskedAndHowFarItIs) {
  ml::TrainingJob job;
  job.spec = training_spec_of(request()).value();
  job.owner = "ann";
  job.created_ms = 1'764'147'600'000;
  job.enter("Starting", "Starting the training job", job.created_ms);
  job.enter("Training", "Training in progress.", job.created_ms + 250);
  job.training_began_ms = job.created_ms + 250;
  job.metrics = {{.name = "loss", .value = 0.5, .at_ms = job.created_ms + 700}};
  const AwsCaller caller{.principal = {}, .account = "123456789012", .region = "eu-west-1"};
  json::object shown = described(caller, job, {{.name = "loss", .pattern = "loss=([0-9.]+)"}},
                                 ml::JobProgress{.done = 3, .total = 5});
  EXPECT_EQ(shown.at("TrainingJobArn"),
            "arn:aws:sagemaker:eu-west-1:123456789012:training-job/xgb-1");
  EXPECT_EQ(shown.at("ModelArtifacts"),
            (json::object{{"S3ModelArtifacts", "s3://b/out/xgb-1/output/model.tar.gz"}}));
  EXPECT_EQ(shown.at("TrainingJobStatus"), "InProgress");
  EXPECT_EQ(shown.at("SecondaryStatus"), "Training");
  EXPECT_EQ(json::write(shown.at("SecondaryStatusTransitions")),
            R"([{"Status":"Starting","StartTime":1764147600,)"
            R"("StatusMessage":"Starting the training job","EndTime":1764147600.25},)"
            R"({"Status":"Training","StartTime":1764147600.25,)"
            R"("StatusMessage":"Training in progress."}])");
  EXPECT_EQ(json::write(shown.at("FinalMetricDataList")),
            R"([{"MetricName":"loss","Value":0.5,"Timestamp":1764147600.7}])");
  EXPECT_EQ(shown.at("EnableNetworkIsolation"), true) << "the truth, whatever AWS's default is";
  EXPECT_EQ(json::write(shown.at("ProgressInfo")), R"({"CurrentEpoch":3,"MaxEpoch":5})");
  EXPECT_EQ(shown.at("HyperParameters"), (json::object{{"num_round", "5"}}));
  EXPECT_FALSE(shown.contains("TrainingEndTime"));
  EXPECT_FALSE(shown.contains("Tags"));
  ml::TrainingJob ended = job;
  ended.status = ml::JobStatus::completed;
  EXPECT_FALSE(described(caller, ended, {}, ml::JobProgress{.done = 5, .total = 5})
                   .contains("ProgressInfo"));

  job.spec.request.at("OutputDataConfig").get_object().erase("KmsKeyId");
  EXPECT_EQ(json::write(described(caller, job, {}, std::nullopt).at("OutputDataConfig")),
            R"({"S3OutputPath":"s3://b/out","KmsKeyId":""})");

  EXPECT_EQ(json::write(shown.at("ResourceConfig")),
            R"({"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":30,)"
            R"("KeepAlivePeriodInSeconds":60})");
  job.spec.request.at("ResourceConfig").get_object().erase("InstanceCount");
  EXPECT_EQ(described(caller, job, {}, std::nullopt).at("ResourceConfig").at("InstanceCount"), 1);

  job.training_ended_ms = job.created_ms + 900;
  job.end(ml::JobStatus::failed, "ClientError: no", job.created_ms + 1'000);
  shown = described(caller, job, {}, std::nullopt);
  EXPECT_EQ(shown.at("FailureReason"), "ClientError: no");
  EXPECT_EQ(shown.at("TrainingEndTime"), 1'764'147'601);
  EXPECT_EQ(shown.at("TrainingTimeInSeconds"), 1) << "less than a second is one";
  EXPECT_EQ(json::write(summary(caller, job)),
            R"({"TrainingJobName":"xgb-1","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:)"
            R"(123456789012:training-job/xgb-1","CreationTime":1764147600,)"
            R"("LastModifiedTime":1764147601,"TrainingJobStatus":"Failed",)"
            R"("SecondaryStatus":"Failed","TrainingEndTime":1764147601})");
}

TEST(TrainingUpdate, OnlyWhatChangesNothing) {
  EXPECT_TRUE(
      check_training_update({{"TrainingJobName", "j"},
                             {"ProfilerConfig", json::object{{"DisableProfiler", true}}},
                             {"RemoteDebugConfig", json::object{{"EnableRemoteDebug", false}}}})
          .has_value());
  const auto warm =
      check_training_update({{"ResourceConfig", json::object{{"KeepAlivePeriodInSeconds", 60}}}});
  ASSERT_FALSE(warm.has_value());
  EXPECT_EQ(warm.error().message,
            "ResourceConfig.KeepAlivePeriodInSeconds is not supported by weft: there are no warm "
            "pools: a job begins at once where there is room");
}

}  // namespace
}  // namespace weft::adapters::sagemaker

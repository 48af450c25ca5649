#include "weft/app/job_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weft/store/testing/directory.h"

namespace weft::app {
namespace {

struct JobFiles : testing::Test {
  JobFiles() {
    std::ofstream(folder.path() / "a.csv") << "1,2\n";
    std::ofstream(folder.path() / "train.py") << "print('hello')\n";
  }
  JobFileReading read(std::string_view text) const {
    return read_job_file(text, (folder.path() / "fraud.yaml").string());
  }
  static std::string codes(const JobFileReading& reading) {
    std::string out;
    for (const ConfigFault& fault : reading.faults)
      out += std::format("{}:{} ", fault.line, fault.code);
    return out;
  }
  store::testing::TemporaryDirectory folder;
};

TEST_F(JobFiles, AnAlgorithmBecomesARequest) {
  const auto reading = read(
      "algorithm: xgboost\n"
      "hyperparameters: {num_round: 50, eta: 0.2}\n"
      "data:\n"
      "  train: a.csv\n"
      "  validation: {from: 's3://b/val/', type: text/libsvm}\n"
      "time: 2m\n");
  ASSERT_EQ(codes(reading), "");
  EXPECT_EQ(reading.job.name, "fraud");
  const json::object request = training_request(reading.job, "fraud-1", "mine");
  EXPECT_EQ(
      json::write(request),
      R"({"TrainingJobName":"fraud-1","AlgorithmSpecification":{"TrainingInputMode":"File",)"
      R"("AlgorithmName":"xgboost"},"RoleArn":"arn:aws:iam::000000000000:role/weft",)"
      R"("HyperParameters":{"num_round":"50","eta":"0.2"},"InputDataConfig":[)"
      R"({"ChannelName":"train","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix",)"
      R"("S3Uri":"s3://mine/fraud-1/input/train/",)"
      R"("S3DataDistributionType":"FullyReplicated"}},"ContentType":"text/csv"},)"
      R"({"ChannelName":"validation","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix",)"
      R"("S3Uri":"s3://b/val/","S3DataDistributionType":"FullyReplicated"}},)"
      R"("ContentType":"text/libsvm"}],"OutputDataConfig":{"S3OutputPath":"s3://mine/models"},)"
      R"("ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,)"
      R"("VolumeSizeInGB":30},"StoppingCondition":{"MaxRuntimeInSeconds":120}})");
}

TEST_F(JobFiles, AScriptGoesAsAnArchiveAndItsHyperparametersAsJson) {
  const auto reading = read(
      "script: train.py\n"
      "hyperparameters: {epochs: 3, kind: mlp}\n"
      "metrics: {accuracy: 'acc=(\\S+)'}\n"
      "data: {train: a.csv}\n");
  ASSERT_EQ(codes(reading), "");
  const json::object request = training_request(reading.job, "j", "mine");
  EXPECT_EQ(json::write(request.at("HyperParameters")),
            R"({"epochs":"3","kind":"\"mlp\"","sagemaker_program":"\"train.py\"",)"
            R"("sagemaker_submit_directory":"\"s3://mine/j/source/sourcedir.tar\""})");
  constexpr std::string_view kScript =
      R"js({"TrainingInputMode":"File","TrainingImage":"weft-script","MetricDefinitions":)js"
      R"js([{"Name":"accuracy","Regex":"acc=(\\S+)"}]})js";
  EXPECT_EQ(json::write(request.at("AlgorithmSpecification")), kScript);
  EXPECT_EQ(request.at("InputDataConfig").as_array().size(), 1U);
}

TEST_F(JobFiles, EveryFaultIsToldWithItsPlace) {
  EXPECT_EQ(codes(read("data: {train: a.csv}\n")), "1:W1301 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\nscript: train.py\ndata: {train: a.csv}\n")),
            "1:W1301 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\n")), "1:W1302 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\ndata: a.csv\n")), "2:W1302 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\ndata: {train: b.csv}\n")), "2:W1303 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\ndata: {train: {type: text/csv}}\n")), "2:W1302 ");
  EXPECT_EQ(codes(read("algorithm: xgboost\ndata: {}\n")), "2:W1302 ");
  EXPECT_EQ(codes(read("script: other.py\ndata: {train: a.csv}\n")), "1:W1303 ");
  EXPECT_EQ(codes(read("name: a b\nalgorithm: xgboost\ndata: {train: a.csv}\n")), "1:W1304 ");
  EXPECT_EQ(codes(read("output: here\nalgorithm: xgboost\ndata: {train: a.csv}\n")), "1:W1305 ");
  EXPECT_EQ(codes(read("algoritm: xgboost\nalgorithm: xgboost\ndata: {train: a.csv}\n")),
            "1:W1203 ");
}

TEST(MediaTypes, AreToldByTheName) {
  EXPECT_EQ(media_type_of("a/b.csv"), "text/csv");
  EXPECT_EQ(media_type_of("b.libsvm"), "text/libsvm");
  EXPECT_EQ(media_type_of("b"), "");
}

}  // namespace
}  // namespace weft::app

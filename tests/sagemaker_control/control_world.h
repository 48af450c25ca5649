// SageMaker's services over ml's real ones, whose programs do what a test says, on a loop that the
// test turns. Owned by the test.
#pragma once

#include <gtest/gtest.h>

#include <format>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "weft/adapters/sagemaker/aws/shape_check.h"
#include "weft/adapters/sagemaker/control/control.h"
#include "weft/adapters/sagemaker/observe/observe.h"
#include "weft/ml/api.h"
#include "weft/ml/jobs/testing.h"
#include "weft/ml/serving/world_testing.h"
#include "weft/net/loop.h"
#include "weft/store/memory_journal.h"

namespace weft::adapters::sagemaker::testing {

/// A program of a job that ends well, with a model and two rounds in its log.
inline ml::testing::Script trains() {
  ml::testing::Script out;
  out.lines = {{.stream = ml::WorkerLine::Stream::log, .text = "[0]\ttrain-rmse:2.5"},
               {.stream = ml::WorkerLine::Stream::log, .text = "[1]\ttrain-rmse:1.5"}};
  out.begins = [](const std::filesystem::path& root) {
    (void)write_file(root / "artifacts/model.tar.gz", "model");
  };
  return out;
}

inline std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::write(value);
}

struct ControlWorld {
  ml::testing::World serving;
  ml::testing::Script script = trains();
  ml::testing::FakeWorkers trainers{[this](const ml::WorkerSpec&) { return script; }};
  ml::Tags tags{serving.tables};
  std::unique_ptr<ml::TrainingJobs> jobs;
  std::unique_ptr<ml::Api> api;
  store::MemoryJournal journal;
  net::Loops hub_loops{1};
  net::HttpClients clients{hub_loops, net::ClientLimits()};
  hub::Hub hub{hub::Hub::Parts{serving.clock, serving.random, serving.tables, journal}};
  Environment environment{hub, nullptr, clients};
  std::map<std::string, AwsService, std::less<>> services;
  std::string owner = "ann";

  ControlWorld() {
    serving.live();
    serving.put("data", "train/a.csv", "1,2\n");
    jobs = std::make_unique<ml::TrainingJobs>(
        ml::TrainingJobs::Parts{.executor = serving.loops.home().get_executor(),
                                .clock = serving.clock,
                                .tables = serving.tables,
                                .objects = *serving.objects,
                                .pool = serving.pool,
                                .workers = trainers,
                                .logs = serving.logs,
                                .algorithms = ml::all_algorithms(),
                                .folder = serving.folder.path() / "jobs",
                                .metrics = &serving.metrics});
    EXPECT_TRUE(serving.loops.run(jobs->start()).has_value());
    EXPECT_TRUE(serving.loops.run(tags.start()).has_value());
    api = std::make_unique<ml::Api>(ml::Api{.jobs = *jobs,
                                            .models = *serving.models,
                                            .endpoints = *serving.endpoints,
                                            .tags = tags,
                                            .logs = serving.logs,
                                            .metrics = serving.metrics,
                                            .objects = [this](std::string) {
                                              return std::shared_ptr<store::Objects>(
                                                  std::shared_ptr<void>(), serving.objects.get());
                                            }});
    environment.ml = api.get();
    services.emplace("sagemaker", control_plane(environment));
    services.emplace("logs", cloudwatch_logs(environment));
    services.emplace("monitoring", cloudwatch_metrics(environment));
  }
  ~ControlWorld() {
    std::optional<bool> done;
    weft::testing::start(serving.loops.home(),
                         [](ml::TrainingJobs& of, std::optional<bool>& out) -> Awaitable<> {
                           co_await of.drain();
                           out = true;
                         }(*jobs, done));
    serving.loops.turn([&] { return done.has_value(); });
    jobs.reset();
  }

  /// As the door does it: checked against its shape, then called.
  AwsResult call(std::string_view service, std::string operation, std::string_view text) {
    const AwsService& of = services.find(service)->second;
    const auto input = json::parse_object(text, "the request");
    EXPECT_TRUE(input.has_value()) << text;
    if (const ShapedOperation* known = of.shapes->operation(operation)) {
      const auto fits = check_shape(*of.shapes, known->input, *input);
      EXPECT_TRUE(fits.has_value()) << operation << ": " << fits.error().message;
    }
    AwsCaller caller{.principal = {.name = owner, .key_id = "", .admin = false},
                     .account = "123456789012",
                     .region = "us-east-1",
                     .endpoint = "http://127.0.0.1:1",
                     .gone = {}};
    AwsResult out = serving.loops.run(of.call(std::move(caller), operation, *input));
    if (out) note(service, operation, *out);
    return out;
  }
  /// The answer; what it is refused with is a failure of the test.
  json::object ask(std::string operation, std::string_view text,
                   std::string_view service = "sagemaker") {
    AwsResult result = call(service, operation, text);
    if (result) return *std::move(result);
    ADD_FAILURE() << operation << ": " << result.error().code << ": " << result.error().message;
    return {};
  }
  /// `CODE: message`.
  std::string refused(std::string operation, std::string_view text,
                      std::string_view service = "sagemaker") {
    const AwsResult result = call(service, std::move(operation), text);
    return result ? "taken" : result.error().code + ": " + result.error().message;
  }
  void turn(const std::function<bool()>& until) { serving.loops.turn(until); }

  /// The request of a job, with more members.
  static std::string job(std::string_view name, std::string_view more = "") {
    return std::format(
        R"({{"TrainingJobName":"{}","RoleArn":"arn:aws:iam::123456789012:role/SageMakerRole",
        "AlgorithmSpecification":{{"TrainingImage":
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "TrainingInputMode":"File"}},"HyperParameters":{{"num_round":"2"}},
        "InputDataConfig":[{{"ChannelName":"train","DataSource":{{"S3DataSource":{{
        "S3DataType":"S3Prefix","S3Uri":"s3://data/train"}}}}}}],
        "OutputDataConfig":{{"S3OutputPath":"s3://data/out"}},
        "ResourceConfig":{{"InstanceType":"ml.m5.large","InstanceCount":1}}{}}})",
        name, more);
  }
  void train(const std::string& name, std::string_view more = "") {
    ask("CreateTrainingJob", job(name, more));
    turn([&] { return ml::ended(jobs->find(owner, name)->status); });
  }
  void make_model(std::string_view name) {
    ask("CreateModel", std::format(R"({{"ModelName":"{}","PrimaryContainer":{{
        "Image":"1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "ModelDataUrl":"s3://data/m/model.tar.gz","Environment":{{"NAME":"{}"}}}}}})",
                                   name, name));
  }
  void make_config(std::string_view name, std::string_view model) {
    ask("CreateEndpointConfig",
        std::format(R"({{"EndpointConfigName":"{}","ProductionVariants":[{{"VariantName":"All",
        "ModelName":"{}","InitialInstanceCount":1,"InstanceType":"ml.m5.large"}}]}})",
                    name, model));
  }
  void until_in_service(const std::string& name) {
    turn([&] {
      return serving.endpoints->find(owner, name)->status == ml::EndpointStatus::in_service;
    });
  }

 private:
  /// Every answer is a property of the test, for botocore to look at: with --gtest_output=json they
  /// are in its file.
  void note(std::string_view service, const std::string& operation, const json::object& answer) {
    ::testing::Test::RecordProperty(
        std::format("answer_{}", ++noted_),
        json::write(
            json::object{{"service", service}, {"operation", operation}, {"answer", answer}}));
  }
  int noted_ = 0;
};

}  // namespace weft::adapters::sagemaker::testing

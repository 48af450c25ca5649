#include "weft/app/deploying.h"

#include <format>

#include "weft/app/sent_files.h"
#include "weft/base/timers.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/training_job.h"

namespace weft::app {
namespace {

constexpr Milliseconds kLookAgain{100};
constexpr std::string_view kRole = "arn:aws:iam::000000000000:role/weft";
constexpr std::string_view kInstance = "ml.m5.large";
constexpr std::string_view kVariant = "AllTraffic";

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

/// Whether the door says that there is no such thing, in any of its ways.
bool missing(const Error& error) {
  return error.param == "ResourceNotFound" || error.message.starts_with("Could not find") ||
         error.message.starts_with("Requested resource not found");
}

/// A hyper-parameter's text: SageMaker's SDK writes JSON, others may not.
std::string plain_text(std::string_view value) {
  const auto parsed = json::parse(value);
  return std::string(parsed && parsed->is_string() ? std::string_view(parsed->get_string())
                                                   : value);
}

/// Whether what the job left can be asked without the job's own program: it has one with it, or is
/// what the job's image loads.
Awaitable<Result<bool>> stands_alone(AwsClient& aws, std::string data, std::string image) {
  WEFT_CO_TRY(const ml::ObjectUri at, ml::object_uri_from(data));
  WEFT_CO_TRY(const TemporaryFolder folder, TemporaryFolder::create());
  const std::filesystem::path file = folder.path() / "model.tar.gz";
  WEFT_CO_CHECK(co_await aws.get_file(at.bucket, at.key, file));
  const auto known = ml::recognise_file(file);
  co_return known && (known->image == ml::kScriptAlgorithm || image.contains(known->image));
}

/// What a model of a job is given so that the functions of the job's program answer, as
/// `estimator.deploy()` of SageMaker's SDK does it; empty for a job of an algorithm.
Awaitable<Result<json::object>> serving_environment(AwsClient& aws, json::object job,
                                                    std::string data, std::string image) {
  json::object out;
  const auto* parameters = json::object_at(job, "HyperParameters");
  if (parameters == nullptr) co_return out;
  const std::string program = plain_text(json::string_at(*parameters, "sagemaker_program"));
  const std::string source = plain_text(json::string_at(*parameters, "sagemaker_submit_directory"));
  if (program.empty() || !source.starts_with("s3://")) co_return out;
  if (const auto* given = json::object_at(job, "Environment")) out = *given;
  WEFT_CO_TRY(const bool alone, co_await stands_alone(aws, std::move(data), std::move(image)));
  if (alone) co_return out;
  out["SAGEMAKER_PROGRAM"] = program;
  out["SAGEMAKER_SUBMIT_DIRECTORY"] = source;
  co_return out;
}

Awaitable<Result<void>> model_of_job(AwsClient& aws, json::object job, std::string name) {
  const auto* artifacts = json::object_at(job, "ModelArtifacts");
  const std::string data = artifacts ? text_of(*artifacts, "S3ModelArtifacts") : "";
  if (data.empty()) {
    co_return fail(Reason::invalid_argument,
                   std::format("the training job {} has no model: it is {}", name,
                               text_of(job, "TrainingJobStatus")));
  }
  const auto* algorithm = json::object_at(job, "AlgorithmSpecification");
  std::string image = algorithm ? text_of(*algorithm, "TrainingImage") : "";
  if (image.empty() && algorithm != nullptr) image = text_of(*algorithm, "AlgorithmName");
  json::object container{{"Image", image}, {"ModelDataUrl", data}};
  WEFT_CO_TRY(json::object environment, co_await serving_environment(aws, job, data, image));
  if (!environment.empty()) container["Environment"] = std::move(environment);
  json::object made{
      {"ModelName", name}, {"ExecutionRoleArn", kRole}, {"PrimaryContainer", std::move(container)}};
  WEFT_CO_TRY(json::object created, co_await aws.sagemaker("CreateModel", std::move(made)));
  (void)created;
  co_return Result<void>();
}

/// A model that has the name already, or one of the training job of that name.
Awaitable<Result<void>> find_or_make_model(AwsClient& aws, std::string name) {
  json::object named{{"ModelName", name}};
  auto model = co_await aws.sagemaker("DescribeModel", std::move(named));
  if (model) co_return Result<void>();
  if (!missing(model.error())) co_return fail(model.error());
  json::object asked{{"TrainingJobName", name}};
  auto job = co_await aws.sagemaker("DescribeTrainingJob", std::move(asked));
  if (job) co_return co_await model_of_job(aws, *std::move(job), name);
  if (!missing(job.error())) co_return fail(job.error());
  co_return fail(Reason::invalid_argument,
                 std::format("there is no model and no training job `{}`; `weft models` and "
                             "`weft jobs` list them",
                             name));
}

/// `ENDPOINT-N`: the first that is free.
Awaitable<Result<std::string>> make_config(AwsClient& aws, Deploying deploying) {
  for (int number = 1; number < 1'000; ++number) {
    const std::string name = std::format("{}-{}", deploying.name, number);
    const json::object variant{{"VariantName", kVariant},
                               {"ModelName", deploying.model},
                               {"InitialInstanceCount", deploying.instances},
                               {"InstanceType", kInstance},
                               {"InitialVariantWeight", 1.0}};
    json::object made{{"EndpointConfigName", name}, {"ProductionVariants", json::array{variant}}};
    auto created = co_await aws.sagemaker("CreateEndpointConfig", std::move(made));
    if (created) co_return name;
    if (!created.error().message.contains("already exist")) co_return fail(created.error());
  }
  co_return fail(
      Reason::invalid_argument,
      std::format("{} has been deployed too often; delete old configurations", deploying.name));
}

Awaitable<Result<json::object>> until_settled(AwsClient& aws, std::string endpoint) {
  while (true) {
    json::object named{{"EndpointName", endpoint}};
    WEFT_CO_TRY(json::object now, co_await aws.sagemaker("DescribeEndpoint", std::move(named)));
    const std::string status = text_of(now, "EndpointStatus");
    if (status != "Creating" && status != "Updating" && status != "SystemUpdating") co_return now;
    const CancelToken never;
    co_await sleep_for(kLookAgain, never);
  }
}

/// Whether there is an endpoint to put a model into. One that failed has never answered, and takes
/// none: it goes, and its name with it.
Awaitable<Result<bool>> keeps_endpoint(AwsClient& aws, std::string name) {
  json::object named{{"EndpointName", name}};
  auto there = co_await aws.sagemaker("DescribeEndpoint", named);
  if (!there && missing(there.error())) co_return false;
  if (!there) co_return fail(there.error());
  if (text_of(*there, "EndpointStatus") != "Failed") co_return true;
  auto gone = co_await aws.sagemaker("DeleteEndpoint", named);
  if (!gone && !missing(gone.error())) co_return fail(gone.error());
  while (there) {
    const CancelToken never;
    co_await sleep_for(kLookAgain, never);
    there = co_await aws.sagemaker("DescribeEndpoint", named);
  }
  co_return missing(there.error()) ? Result<bool>(false) : fail(there.error());
}

}  // namespace

Exit run_with_aws(const HubOptions& hub, AwsBody body) {
  const SystemClock clock;
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       AwsClient aws(admin.client(), admin.address(), clock);
                       co_return co_await body(admin, aws, printer, clock);
                     });
}

Awaitable<Result<Exit>> deploy_model(AwsClient& aws, const Printer& printer, Deploying deploying) {
  if (deploying.name.empty()) deploying.name = deploying.model;
  WEFT_CO_CHECK(co_await find_or_make_model(aws, deploying.model));
  WEFT_CO_TRY(const std::string config, co_await make_config(aws, deploying));
  WEFT_CO_TRY(const bool before, co_await keeps_endpoint(aws, deploying.name));
  json::object wanted{{"EndpointName", deploying.name}, {"EndpointConfigName", config}};
  WEFT_CO_TRY(
      json::object begun,
      co_await aws.sagemaker(before ? "UpdateEndpoint" : "CreateEndpoint", std::move(wanted)));
  (void)begun;
  WEFT_CO_TRY(json::object now, co_await until_settled(aws, deploying.name));
  const std::string status = text_of(now, "EndpointStatus");
  const std::string why = text_of(now, "FailureReason");
  if (status != "InService" || text_of(now, "EndpointConfigName") != config) {
    printer.document(now);
    co_return printer.error(
        make_error(Reason::solution_failed,
                   why.empty() ? std::format("{} is {}", deploying.name, status) : why),
        before ? "what answered before still does" : "", Exit::failed);
  }
  printer.line(std::format("{} answers with {}", deploying.name, deploying.model));
  printer.note(
      std::format("next: weft endpoints {0}, or weft predict {0} --input FILE", deploying.name));
  printer.document(now);
  co_return Exit::done;
}

Awaitable<Result<void>> model_from_file(AwsClient& aws, std::filesystem::path file,
                                        ml::ModelFile known, std::string name) {
  std::string bucket(kOwnBucket);
  WEFT_CO_CHECK(co_await aws.make_bucket(bucket));
  const std::string folder = std::format("models/{}/", name);
  const std::string key = folder + file.filename().string();
  WEFT_CO_CHECK(co_await aws.put_file(file, bucket, key));
  json::object container{{"Image", known.image}};
  if (known.packed) {
    container["ModelDataUrl"] = std::format("s3://{}/{}", bucket, key);
  } else {
    container["ModelDataSource"] = json::object{
        {"S3DataSource", json::object{{"S3Uri", std::format("s3://{}/{}", bucket, folder)},
                                      {"S3DataType", "S3Prefix"},
                                      {"CompressionType", "None"}}}};
  }
  json::object environment;
  for (const auto& [variable, value] : known.environment) environment[variable] = value;
  if (!environment.empty()) container["Environment"] = std::move(environment);
  json::object made{
      {"ModelName", name}, {"ExecutionRoleArn", kRole}, {"PrimaryContainer", std::move(container)}};
  WEFT_CO_TRY(json::object created, co_await aws.sagemaker("CreateModel", std::move(made)));
  (void)created;
  co_return Result<void>();
}

}  // namespace weft::app

// What the commands of training and serving share: the client of the AWS doors beside the admin
// API's, and making an endpoint of a model. Owned by app; one loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "weft/app/aws_client.h"
#include "weft/app/command_run.h"
#include "weft/ml/algorithms/recognise.h"

namespace weft::app {

/// Where `weft train` and `weft add` put what lay on this machine.
inline constexpr std::string_view kOwnBucket = "weft-local";

using AwsBody =
    std::function<Awaitable<Result<Exit>>(AdminClient&, AwsClient&, const Printer&, const Clock&)>;
/// As run_command().
Exit run_with_aws(const HubOptions& hub, AwsBody body);

struct Deploying {
  std::string model;  ///< a model's name, or that of a training job that completed
  std::string name;   ///< the endpoint's; empty: the model's
  std::int64_t instances = 1;
};
/// Makes what is missing (a model of a job, a configuration), makes the endpoint or puts the model
/// into the one that is there, and waits until it answers.
Awaitable<Result<Exit>> deploy_model(AwsClient& aws, const Printer& printer, Deploying deploying);

/// Sends a model's file and makes a model of it, named so.
Awaitable<Result<void>> model_from_file(AwsClient& aws, std::filesystem::path file,
                                        ml::ModelFile known, std::string name);

}  // namespace weft::app

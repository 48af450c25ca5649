// The command line's way to training and serving: the AWS doors of the running hub, which everybody
// else's SDK uses too. Owned by a command; one loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "weft/app/admin_client.h"
#include "weft/base/json.h"
#include "weft/net/http_client.h"

namespace weft::app {

class AwsClient {
 public:
  AwsClient(net::HttpClient& client, HubAddress address, const Clock& clock);

  /// `CreateTrainingJob` and the like. Errors: the door's own words, with its error's name in
  /// `param`.
  Awaitable<Result<json::object>> sagemaker(std::string operation, json::object input);
  Awaitable<Result<json::object>> logs(std::string operation, json::object input);
  /// Makes the bucket unless it is there.
  Awaitable<Result<void>> make_bucket(std::string bucket);
  /// Sends a file, piece by piece.
  Awaitable<Result<void>> put_file(std::filesystem::path file, std::string bucket, std::string key);
  /// Writes an object to a file.
  Awaitable<Result<void>> get_file(std::string bucket, std::string key, std::filesystem::path file);
  struct Answer {
    int status = 0;
    std::string type;
    std::string body;
    std::string variant;
  };
  Awaitable<Result<Answer>> invoke(std::string endpoint, std::string type, std::string accept,
                                   std::string body);

 private:
  Awaitable<Result<json::object>> call(std::string_view service, std::string target,
                                       json::object input);
  /// The answer's beginning. Errors: as AdminClient's.
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> send(net::ClientRequest request);
  Result<net::ClientRequest> request(std::string_view service, std::string method,
                                     std::string target) const;
  net::HttpClient& client_;
  HubAddress address_;
  const Clock& clock_;
};

}  // namespace weft::app

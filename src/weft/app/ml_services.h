// Training and serving put together: objects, jobs, models, endpoints, and the workers they run in.
// Deployed endpoints are shown to the hub as solutions. Owned by RunningHub; start() and drain() on
// the first loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"

namespace weft::hub {
class Hub;
}
namespace weft::net {
class Loops;
}
namespace weft::store {
class Tables;
}
namespace weft::ml {
struct Api;
}

namespace weft::app {

struct ModelConfig;

/// An S3-compatible store that objects are forwarded to.
struct ObjectsConfig {
  std::string endpoint;  ///< an http(s) URL
  std::string region = "us-east-1";
  std::string access_key;  ///< may hold ${NAME}, as the secret
  std::string secret_key;
  bool path_style = true;
  std::string origin;  ///< `weft.yaml:14`
  /// Where it stands does not count.
  friend bool operator==(const ObjectsConfig& a, const ObjectsConfig& b) {
    return a.endpoint == b.endpoint && a.region == b.region && a.access_key == b.access_key &&
           a.secret_key == b.secret_key && a.path_style == b.path_style;
  }
};

/// The section `ml` of weft.yaml.
struct MlConfig {
  int threads = 0;                 ///< processors for training; 0: all
  std::uint64_t memory_bytes = 0;  ///< for all workers together; 0: three quarters of the machine's
  std::optional<ObjectsConfig> objects;  ///< nothing: a folder on this machine
  friend bool operator==(const MlConfig&, const MlConfig&) = default;
};

class MlServices {
 public:
  struct Parts {
    net::Loops& loops;
    const Clock& clock;
    Random& random;
    store::Tables& tables;
    hub::Hub& hub;
    std::filesystem::path folder;  ///< `DATA/ml`
    MlConfig config;
  };
  /// Errors: the folder cannot be made; a variable that the configuration names is not set. Starts
  /// nothing, asks nobody.
  static Result<std::unique_ptr<MlServices>> create(Parts parts);
  ~MlServices();

  ml::Api& api();
  /// Takes up what there is: jobs that had not ended, endpoints that were there.
  Awaitable<Result<void>> start();
  /// Makes the models that weft.yaml names answer (configured_models.h). While one runs, another
  /// only says what the first has to go on with.
  Awaitable<> reconcile(std::vector<ModelConfig> models, CancelToken cancel);
  /// Jobs' programs end, and the next life takes the jobs up. What is being fetched from another
  /// store is given up; what is being put there gets a grace, and is the next life's after it.
  Awaitable<> end_jobs();
  /// What is deployed ends, and stays in the store.
  Awaitable<> drain();

 private:
  struct State;
  explicit MlServices(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::app

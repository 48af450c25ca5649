// Endpoints: models in worker programs that answer, kept as they should be through updates,
// crashes and restarts. Owned by app; every member from any loop.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/catalog/catalog.h"
#include "weft/ml/logs.h"
#include "weft/ml/ports.h"
#include "weft/ml/serving/endpoint.h"
#include "weft/ml/serving/invocation.h"
#include "weft/ml/serving/models.h"
#include "weft/store/objects.h"

namespace weft::ml {

class Metrics;

struct EndpointPage {
  std::vector<std::shared_ptr<const Endpoint>> endpoints;
  std::string next_token;
};
struct EndpointConfigPage {
  std::vector<std::shared_ptr<const EndpointConfig>> configs;
  std::string next_token;
};

/// New weights or numbers of workers for variants that are there.
struct VariantChange {
  std::string variant;
  std::optional<double> weight;
  std::optional<std::int64_t> instances;
};

class Endpoints {
 public:
  struct Parts {
    /// Where endpoints live: programs are started and files looked at there.
    Executor home;
    /// Every loop that asks: a worker has a connection for each.
    std::vector<Executor> loops;
    const Clock& clock;
    Random& random;
    store::Tables& tables;
    store::Objects& objects;
    Workers& workers;
    Logs& logs;
    Metrics& metrics;
    Models& models;
    std::vector<Algorithm> algorithms;
    /// The objects as this principal may see them (Api::objects); null: `objects` for everybody.
    std::function<std::shared_ptr<store::Objects>(std::string owner)> objects_of;
    /// Where workers find their models' files. Emptied at start().
    std::filesystem::path folder;
    /// Told when an endpoint can be asked for the first time, after a start of weft before its
    /// models are loaded and when they are (until then it answers Reason::unavailable), when its
    /// models are others, and when it is gone. At home.
    std::function<void(const Endpoint&, std::shared_ptr<Inferring>)> serving;
    std::function<void(const Endpoint&)> gone;
    /// Whether a solution that is no endpoint has that id (Endpoint::solution); null: none has.
    std::function<bool(std::string_view id)> taken = nullptr;
  };
  explicit Endpoints(Parts parts);
  ~Endpoints();

  /// Reads what there is and begins to load its models. Once, before anything else.
  Awaitable<Result<void>> start();
  /// Workers end; the endpoints stay in the store. Once.
  Awaitable<> drain();

  /// Durable when it returns. Errors: Code::already_exists; a model that is none (Code::not_found);
  /// more variants or instances than can be.
  Awaitable<Result<void>> create_config(EndpointConfig config);
  std::shared_ptr<const EndpointConfig> find_config(std::string_view owner,
                                                    std::string_view name) const;
  Result<EndpointConfigPage> list_configs(const ListQuery& query) const;
  /// Errors: Code::not_found.
  Awaitable<Result<void>> erase_config(std::string owner, std::string name);

  /// Durable when it returns, and Creating. Errors: Code::already_exists; Code::not_found for the
  /// configuration or a model of it (`param` is its name); Code::resource_exhausted.
  Awaitable<Result<void>> create(std::string owner, std::string name, std::string config,
                                 json::object request);
  /// Loads the models of the other configuration beside those that answer, and changes over when
  /// all of them are ready; when one is not, all stays as it was, with the reason. `keep_weights`:
  /// variants of the same name keep their weights and numbers of workers
  /// (RetainAllVariantProperties). Errors: Code::not_found; Code::failed_precondition while it
  /// changes; Code::resource_exhausted.
  Awaitable<Result<void>> update(std::string owner, std::string name, std::string config,
                                 bool keep_weights, json::object changed = {});
  /// Weights count at once; the endpoint is Updating until more workers are ready. Errors: as
  /// update(); Reason::invalid_argument for a variant that is none.
  Awaitable<Result<void>> change_variants(std::string owner, std::string name,
                                          std::vector<VariantChange> changes);
  /// Requests that run are answered. Errors: Code::not_found; Code::failed_precondition while it is
  /// being made.
  Awaitable<Result<void>> erase(std::string owner, std::string name);
  std::shared_ptr<const Endpoint> find(std::string_view owner, std::string_view name) const;
  Result<EndpointPage> list(const ListQuery& query) const;
  /// Null when there is no such endpoint. While it cannot be asked it answers Reason::unavailable.
  std::shared_ptr<Inferring> serving(std::string_view owner, std::string_view name) const;

  /// The log group of an endpoint, and the stream of a worker in it: `VARIANT/i-…`.
  static std::string log_group(std::string_view endpoint);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace weft::ml

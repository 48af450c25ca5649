// What CloudWatch knows of a variant's requests (namespace AWS/SageMaker). Owned by the routes that
// lead to the variant; any loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/ml/metrics.h"

namespace weft::ml {

class ServingMetrics {
 public:
  ServingMetrics(Metrics& metrics, std::string_view owner, std::string_view endpoint,
                 std::string_view variant);

  /// A request that was sent to a worker: its status (0: the worker did not answer), how long the
  /// model and everything else took, among how many workers it was.
  struct Request {
    int status = 0;
    bool cancelled = false;  ///< whoever asked went away: no fault of the model
    double model_us = 0;
    double overhead_us = 0;
    std::size_t instances = 1;
  };
  void count(const Request& request, std::int64_t now_ms) const;
  /// A worker's model was fetched and loaded.
  void loaded(double download_us, double loading_us, std::int64_t now_ms) const;

 private:
  using Series = std::shared_ptr<MetricSeries>;
  Series invocations_;
  Series per_instance_;
  Series errors_4xx_;
  Series errors_5xx_;
  Series model_errors_;
  Series model_latency_;
  Series overhead_latency_;
  Series downloading_;
  Series loading_;
};

}  // namespace weft::ml

#include "weft/ml/serving/serving_metrics.h"

namespace weft::ml {

ServingMetrics::ServingMetrics(Metrics& metrics, std::string_view owner, std::string_view endpoint,
                               std::string_view variant) {
  const auto series = [&](const char* name) {
    return metrics.series({.owner = std::string(owner),
                           .space = "AWS/SageMaker",
                           .name = name,
                           .dimensions = {{"EndpointName", std::string(endpoint)},
                                          {"VariantName", std::string(variant)}}});
  };
  invocations_ = series("Invocations");
  per_instance_ = series("InvocationsPerInstance");
  errors_4xx_ = series("Invocation4XXErrors");
  errors_5xx_ = series("Invocation5XXErrors");
  model_errors_ = series("InvocationModelErrors");
  model_latency_ = series("ModelLatency");
  overhead_latency_ = series("OverheadLatency");
  downloading_ = series("ModelDownloadingTime");
  loading_ = series("ModelLoadingTime");
}

void ServingMetrics::count(const Request& request, std::int64_t now_ms) const {
  invocations_->add(1, now_ms);
  per_instance_->add(1.0 / static_cast<double>(request.instances), now_ms);
  if (request.cancelled) return;
  // Each of them for every request, 0 or 1: their mean is the share of errors.
  const int status = request.status;
  errors_4xx_->add(status >= 400 && status < 500 ? 1 : 0, now_ms);
  errors_5xx_->add(status >= 500 ? 1 : 0, now_ms);
  model_errors_->add(status == 0 || status >= 400 ? 1 : 0, now_ms);
  model_latency_->add(request.model_us, now_ms);
  overhead_latency_->add(request.overhead_us, now_ms);
}

void ServingMetrics::loaded(double download_us, double loading_us, std::int64_t now_ms) const {
  downloading_->add(download_us, now_ms);
  loading_->add(loading_us, now_ms);
}

}  // namespace weft::ml

// Metrics out of a program's log, by the job's regular expressions. Owned by a run; one loop.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/jobs/training_job.h"

namespace weft::ml {

class MetricScan {
 public:
  /// Errors: Reason::invalid_argument naming the metric whose expression is none (RE2's syntax,
  /// which takes a time that only grows with the line), or has no group to take the value from.
  /// `logged`: what the algorithm's log tells besides.
  static Result<MetricScan> create(const std::vector<MetricDefinition>& definitions,
                                   std::span<const LoggedMetric> logged = {});
  MetricScan(MetricScan&&) noexcept;
  MetricScan& operator=(MetricScan&&) noexcept;
  ~MetricScan();

  /// What the line says; looked for in the line as it is and, where nothing is found, as a log
  /// shows it (`#011` for a tab, which is how SageMaker's own expressions are written).
  std::vector<MetricPoint> scan(std::string_view line, std::int64_t at_ms) const;

 private:
  struct Compiled;
  MetricScan(std::vector<Compiled> all, std::vector<Compiled> logged);
  std::vector<Compiled> all_;
  std::vector<Compiled> logged_;
};

}  // namespace weft::ml

// Numbers over time, as CloudWatch has them: by namespace, name and dimensions. Owned by app; any
// thread. Kept in memory by the minute (kMetricMinutesMax of them) and, for jobs, on disk point by
// point.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"

namespace weft {
class WorkPool;
}

namespace weft::ml {

using Dimensions = std::map<std::string, std::string, std::less<>>;

struct MetricKey {
  std::string owner;
  std::string space;  ///< `AWS/SageMaker`, `/aws/sagemaker/TrainingJobs`
  std::string name;
  Dimensions dimensions;
  std::string unit;  ///< `Count`, `Bytes/Second` …; empty: none was said
  friend auto operator<=>(const MetricKey&, const MetricKey&) = default;
};

/// The namespace of training jobs' metrics, and their one dimension.
inline constexpr std::string_view kTrainingMetrics = "/aws/sagemaker/TrainingJobs";
inline constexpr std::string_view kTrainingDimension = "TrainingJobName";

/// Of all points of one stretch of time.
struct MetricSum {
  std::int64_t begin_ms = 0;
  double sum = 0;
  double min = 0;
  double max = 0;
  std::uint64_t count = 0;
  friend bool operator==(const MetricSum&, const MetricSum&) = default;
};

/// A value with its time.
struct MetricValue {
  std::int64_t at_ms = 0;
  double value = 0;
  friend bool operator==(const MetricValue&, const MetricValue&) = default;
};

/// A place to count in, cheap enough for every request. Any thread.
class MetricSeries {
 public:
  virtual ~MetricSeries() = default;
  virtual void add(double value, std::int64_t at_ms) = 0;
};

class Metrics {
 public:
  /// `folder`: where the points of jobs are kept.
  Metrics(const Clock& clock, std::filesystem::path folder);
  /// Writes down what is not on disk yet.
  ~Metrics();
  Metrics(const Metrics&) = delete;

  /// The series of the key, made when there is none; held by whoever adds often. In memory alone.
  std::shared_ptr<MetricSeries> series(const MetricKey& key);
  /// A single point, kept on disk (a training job's metric); written by a thread of its own.
  /// Errors: Reason::rate_limited for more keys of one owner than kMetricKeysMax, or for more
  /// points than can be written; Reason::too_large for a key that is too long to be a file's name.
  Result<void> add_point(const MetricKey& key, double value, std::int64_t at_ms);

  /// Those whose names and dimensions are these; empty space or name: any. Dimensions: the given
  /// ones are among theirs. Blocks on files.
  std::vector<MetricKey> list(std::string_view owner, std::string_view space, std::string_view name,
                              const Dimensions& dimensions) const;
  /// By stretches of `period_s` from `begin_ms` on, ascending; stretches without a point are left
  /// out. Blocks on files.
  std::vector<MetricSum> sums(const MetricKey& key, std::int64_t begin_ms, std::int64_t end_ms,
                              std::int64_t period_s) const;
  /// The points that were added singly, as they came. Blocks on files.
  std::vector<MetricValue> points(const MetricKey& key) const;

  /// The same on a thread of their own, for coroutines.
  Awaitable<Result<std::vector<MetricKey>>> read_list(std::string owner, std::string space,
                                                      std::string name,
                                                      Dimensions dimensions) const;
  Awaitable<Result<std::vector<MetricSum>>> read_sums(MetricKey key, std::int64_t begin_ms,
                                                      std::int64_t end_ms,
                                                      std::int64_t period_s) const;
  Awaitable<Result<std::vector<MetricValue>>> read_points(MetricKey key) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::unique_ptr<WorkPool> reads_;  ///< ends before the state goes
};

}  // namespace weft::ml

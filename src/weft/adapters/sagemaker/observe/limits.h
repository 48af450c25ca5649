// The limits of CloudWatch Logs and CloudWatch metrics that are not in the shapes. Owned by
// adapters/sagemaker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::adapters::sagemaker {

/// Streams that one FilterLogEvents looks through, and what it reads of all of them at once.
inline constexpr std::size_t kFilteredStreamsMax = 500;
inline constexpr std::size_t kFilteredBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kFilterTermsMax = 100;

/// Datapoints of one answer (CloudWatch's own limits).
inline constexpr std::int64_t kStatisticsPointsMax = 1'440;
inline constexpr std::size_t kMetricDataPointsMax = 100'800;
inline constexpr std::size_t kMetricQueriesMax = 500;
inline constexpr std::size_t kMetricsPerPage = 500;
/// Points of one PutMetricData, those that are counted several times included.
inline constexpr std::size_t kPutPointsMax = 10'000;

}  // namespace weft::adapters::sagemaker

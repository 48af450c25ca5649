#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/algorithms/xgboost/parameters.h"

namespace weft::ml::xgboost {

Algorithm algorithm() {
  static constexpr std::string_view kImages[] = {"sagemaker-xgboost", "xgboost"};
  // `[0]	train-rmse:1.61	validation-rmse:2.27` gives `train:rmse` and `validation:rmse`.
  static constexpr LoggedMetric kMetrics[] = {
      {.name = R"(\1:\2)", .pattern = R"(\t(train|validation)-([^\s:]+):(\S+))"}};
  return {.name = "xgboost",
          .images = kImages,
          .resumes_exactly =
              [](const Given& given) {
                const auto plan = plan_of(given);
                return plan && !plan->samples;
              },
          .metrics = kMetrics};
}

}  // namespace weft::ml::xgboost

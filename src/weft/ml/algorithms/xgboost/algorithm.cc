#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/algorithms/xgboost/parameters.h"

namespace weft::ml::xgboost {

Algorithm algorithm() {
  static constexpr std::string_view kImages[] = {"sagemaker-xgboost", "xgboost"};
  return {.name = "xgboost", .images = kImages, .resumes_exactly = [](const Given& given) {
            const auto plan = plan_of(given);
            return plan && !plan->samples;
          }};
}

}  // namespace weft::ml::xgboost

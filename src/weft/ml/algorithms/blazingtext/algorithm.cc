#include "weft/ml/algorithms/algorithm.h"

namespace weft::ml::blazingtext {

/// fastText keeps nothing that a run could be taken up from: one that is interrupted begins anew.
Algorithm algorithm() {
  static constexpr std::string_view kImages[] = {"blazingtext"};
  // As its log says it at the end (`#validation_accuracy: 0.98`), and after each epoch.
  static constexpr LoggedMetric kMetrics[] = {
      {.name = "train:accuracy", .pattern = R"(#train_accuracy: (\S+))"},
      {.name = "validation:accuracy",
       .pattern = R"((?:#validation_accuracy|^Validation accuracy): (\S+))"},
  };
  return {.name = "blazingtext", .images = kImages, .metrics = kMetrics};
}

}  // namespace weft::ml::blazingtext

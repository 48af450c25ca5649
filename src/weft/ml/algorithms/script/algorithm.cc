#include "weft/ml/algorithms/algorithm.h"

namespace weft::ml::script {

Algorithm algorithm() {
  // Images of the frameworks, which run the user's own script (SDK: image_uri_config/*.json); all
  // of them are what this machine's Python has installed.
  static constexpr std::string_view kImages[] = {
      "weft-script",
      "sagemaker-scikit-learn",
      "pytorch-training",
      "pytorch-inference",
      "pytorch-inference-arm64",
      "pytorch-inference-graviton",
      "pytorch-trcomp-training",
      "sagemaker-pytorch",
      "tensorflow-training",
      "tensorflow-inference",
      "tensorflow-inference-graviton",
      "sagemaker-tensorflow",
      "sagemaker-tensorflow-scriptmode",
      "sagemaker-tensorflow-serving",
      "huggingface-pytorch-training",
      "huggingface-pytorch-inference",
      "huggingface-pytorch-trcomp-training",
      "huggingface-tensorflow-training",
      "huggingface-tensorflow-inference",
      "huggingface-tensorflow-trcomp-training",
      "mxnet-training",
      "mxnet-inference",
      "sagemaker-mxnet",
      "sagemaker-mxnet-serving",
      "sagemaker-chainer",
      "autogluon-training",
      "autogluon-inference",
      "sagemaker-base-python",
      "sagemaker-distribution-prod",
  };
  return {.name = "script", .images = kImages};
}

}  // namespace weft::ml::script

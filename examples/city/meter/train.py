"""The training script: learns digits with scikit-learn and writes what it learned as ONNX, node by node. Runs wherever
SageMaker's script mode runs it."""
import argparse
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier

from pictures import SIZE, digits

OPSET = 17
IR_VERSION = 9


def as_onnx(network, path):
    """The network's layers as products, sums and rectifiers; the last one as chances."""
    nodes, weights, value = [], [], "pictures"
    last = len(network.coefs_) - 1
    for at, (product, add) in enumerate(zip(network.coefs_, network.intercepts_)):
        weights += [numpy_helper.from_array(product.astype(np.float32), f"product{at}"),
                    numpy_helper.from_array(add.astype(np.float32), f"add{at}")]
        nodes.append(helper.make_node("Gemm", [value, f"product{at}", f"add{at}"], [f"sum{at}"]))
        value = "chances" if at == last else f"layer{at}"
        nodes.append(helper.make_node("Softmax" if at == last else "Relu", [f"sum{at}"], [value]))
    graph = helper.make_graph(
        nodes, "meter", [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["batch", SIZE * SIZE])],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, ["batch", 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "."))
    options = parser.parse_args()

    x, y = digits(options.pictures, options.seed)
    x_test, y_test = digits(options.pictures // 5, options.seed + 1)
    network = MLPClassifier((96, 48), batch_size=100, learning_rate_init=2e-3, random_state=options.seed)
    order = np.random.default_rng(options.seed)
    for epoch in range(options.epochs):
        for rows in np.array_split(order.permutation(len(x)), len(x) // 100):
            network.partial_fit(x[rows], y[rows], classes=np.arange(10))
        print(f"epoch {epoch + 1}: loss {network.loss_:.4f}; accuracy {network.score(x_test, y_test):.4f};", flush=True)
    as_onnx(network, os.path.join(options.model_dir, "model.onnx"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the models of this folder and answers.json: what NumPy and scikit-learn say that they answer.

usage: make_models.py    (Debian's python3-onnx and python3-sklearn; writes beside itself)
"""
import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.datasets import make_classification

HERE = Path(__file__).resolve().parent
ANSWERS = {}


def save(name, nodes, inputs, outputs, initializers=(), opsets=(("", 17),), **more):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(value, key) for key, value in initializers])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*each) for each in opsets], producer_name="weft", **more)
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")
    return model


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def mlp():
    """20-64-64-3 with ReLU and softmax, as scikit-learn trained it."""
    rows, labels = make_classification(600, 20, n_informative=8, n_classes=3, random_state=0)
    trained = MLPClassifier((64, 64), max_iter=60, random_state=0).fit(rows, labels)
    weights = [(f"w{i}", w.astype(numpy.float32)) for i, w in enumerate(trained.coefs_)]
    biases = [(f"b{i}", b.astype(numpy.float32)) for i, b in enumerate(trained.intercepts_)]
    nodes = [
        helper.make_node("Gemm", ["input", "w0", "b0"], ["g0"]),
        helper.make_node("Relu", ["g0"], ["r0"]),
        helper.make_node("Gemm", ["r0", "w1", "b1"], ["g1"]),
        helper.make_node("Relu", ["g1"], ["r1"]),
        helper.make_node("Gemm", ["r1", "w2", "b2"], ["g2"]),
        helper.make_node("Softmax", ["g2"], ["probabilities"], axis=1),
    ]
    save("mlp", nodes, [value("input", TensorProto.FLOAT, ["batch", 20])],
         [value("probabilities", TensorProto.FLOAT, ["batch", 3])], weights + biases)
    asked = rows[:4].astype(numpy.float32)
    ANSWERS["mlp"] = {"input": asked.tolist(), "probabilities": trained.predict_proba(asked.astype(numpy.float64)).tolist()}


def types():
    """Gives back what it is given, in every type that has a name in the Open Inference Protocol."""
    kinds = {"bool": TensorProto.BOOL, "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16, "uint32": TensorProto.UINT32,
             "uint64": TensorProto.UINT64, "int8": TensorProto.INT8, "int16": TensorProto.INT16, "int32": TensorProto.INT32,
             "int64": TensorProto.INT64, "fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16, "fp32": TensorProto.FLOAT,
             "fp64": TensorProto.DOUBLE, "bytes": TensorProto.STRING}
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds]
    save("types", nodes, [value(name, kind, [None, 2]) for name, kind in kinds.items()],
         [value(f"{name}_out", kind, [None, 2]) for name, kind in kinds.items()])


def classifier():
    """Iris by logistic regression, with a map of class to probability for each row, as skl2onnx writes it."""
    iris = load_iris()
    trained = LogisticRegression(max_iter=500).fit(iris.data, iris.target)
    names = [str(each) for each in iris.target_names]
    nodes = [
        helper.make_node("LinearClassifier", ["X"], ["label", "scores"], domain="ai.onnx.ml",
                         coefficients=trained.coef_.astype(numpy.float32).ravel().tolist(),
                         intercepts=trained.intercept_.astype(numpy.float32).tolist(),
                         classlabels_strings=names, post_transform="SOFTMAX", multi_class=1),
        helper.make_node("ZipMap", ["scores"], ["probability"], domain="ai.onnx.ml", classlabels_strings=names),
    ]
    maps = helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])))
    save("classifier", nodes, [value("X", TensorProto.FLOAT, [None, 4])],
         [value("label", TensorProto.STRING, [None]), helper.make_value_info("probability", maps)],
         opsets=(("", 17), ("ai.onnx.ml", 3)))
    asked = iris.data[[0, 60, 120]].astype(numpy.float32)
    ANSWERS["classifier"] = {"X": asked.tolist(), "label": [names[each] for each in trained.predict(asked)],
                             "classes": names, "probability": trained.predict_proba(asked.astype(numpy.float64)).tolist()}


def columns():
    """2 * age + income, from a tensor for each column; age is whole."""
    nodes = [
        helper.make_node("Cast", ["age"], ["years"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["years", "income"], ["both"], axis=1),
        helper.make_node("MatMul", ["both", "w"], ["score"]),
    ]
    save("columns", nodes, [value("age", TensorProto.INT64, [None, 1]), value("income", TensorProto.FLOAT, [None, 1])],
         [value("score", TensorProto.FLOAT, [None, 1])], [("w", numpy.array([[2], [1]], numpy.float32))])


def centred():
    """Each row less the mean of all rows: what a row is answered depends on the others."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["x", "mean"], ["y"]),
    ]
    save("centred", nodes, [value("x", TensorProto.FLOAT, ["batch", 2])], [value("y", TensorProto.FLOAT, ["batch", 2])])


def tokens():
    """The mean of the vectors of up to four words by their numbers: 0 to 4, and there are no others."""
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["vectors"]),
        helper.make_node("ReduceMean", ["vectors"], ["mean"], axes=[1], keepdims=0),
    ]
    table = numpy.array([[0, 0], [1, 0], [0, 1], [2, 2], [4, -4]], numpy.float32)
    save("tokens", nodes, [value("ids", TensorProto.INT64, ["batch", "length"])], [value("mean", TensorProto.FLOAT, ["batch", 2])],
         [("table", table)])


def total():
    """Fixed shapes, a picture of 1 by 2 by 2; and an answer without a row."""
    nodes = [helper.make_node("ReduceSum", ["image"], ["sum"], keepdims=0)]
    save("total", nodes, [value("image", TensorProto.FLOAT, [1, 1, 2, 2])], [value("sum", TensorProto.FLOAT, [])])


def beside():
    """A model whose weights lie in a file beside it."""
    nodes = [helper.make_node("Mul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "beside", [value("x", TensorProto.FLOAT, ["batch", 300])], [value("y", TensorProto.FLOAT, ["batch", 300])],
                              [numpy_helper.from_array(numpy.arange(300, dtype=numpy.float32), "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="weft")
    model.ir_version = 8
    onnx.save(model, HERE / "beside.onnx", save_as_external_data=True, location="beside.weights", size_threshold=0)


def own_operator():
    """Needs an operator that only its maker has."""
    nodes = [helper.make_node("Twist", ["x"], ["y"], domain="example.own")]
    graph = helper.make_graph(nodes, "own_operator", [value("x", TensorProto.FLOAT, [1])], [value("y", TensorProto.FLOAT, [1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("example.own", 1)], producer_name="weft")
    model.ir_version = 8
    onnx.save(model, HERE / "own_operator.onnx")


def own_function():
    """The same, but it brings the operator along, as a function of ONNX's own."""
    twist = helper.make_function("example.own", "Twist", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], [helper.make_opsetid("", 17)])
    nodes = [helper.make_node("Twist", ["x"], ["y"], domain="example.own")]
    save("own_function", nodes, [value("x", TensorProto.FLOAT, ["batch", 1])], [value("y", TensorProto.FLOAT, ["batch", 1])],
         opsets=(("", 17), ("example.own", 1)), functions=[twist])


for make in (mlp, types, classifier, columns, centred, tokens, total, beside, own_operator, own_function):
    make()
(HERE / "answers.json").write_text(json.dumps(ANSWERS) + "\n")

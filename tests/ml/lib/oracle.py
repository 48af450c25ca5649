"""What Debian's own libraries say, asked in Debian's own Python: the SDKs' Python has none of them."""
import base64
import json
import os
import subprocess

PYTHON = "/usr/bin/python3"


def debian(program, seconds=120, **given):
    """Runs PROGRAM in Debian's Python with GIVEN (JSON) as its variables; it leaves `answer`. Bytes go as base64."""
    wrapped = ("import base64, json, sys\n"
               "globals().update(json.load(sys.stdin))\n"
               f"{program}\n"
               "print('\\x1e' + json.dumps(answer))\n")
    done = subprocess.run([PYTHON, "-c", wrapped], input=json.dumps(given), capture_output=True, text=True,
                          timeout=seconds, env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "2"})
    if done.returncode != 0:
        raise AssertionError(f"the oracle failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.rsplit("\x1e", 1)[1])


def xgboost_model(parameters, rounds, train, validation=None, how="csv"):
    """What libxgboost makes of the same data: {"model": its bytes, "scores": {"validation-rmse": [...]}}.

    TRAIN and VALIDATION are text: csv with the label first, or libsvm (with `qid` where rows are to be ranked)."""
    answer = debian(XGBOOST, parameters=parameters, rounds=rounds, train=train, validation=validation, how=how)
    return {"model": base64.b64decode(answer["model"]), "scores": answer["scores"]}


XGBOOST = r"""
import os, tempfile
import numpy, scipy.sparse, xgboost

folder = tempfile.TemporaryDirectory()

def matrix(text, name):
    if how == 'csv':
        rows = numpy.array([[float(cell) if cell else numpy.nan for cell in line.split(',')] for line in text.split()],
                           dtype=numpy.float32)
        return xgboost.DMatrix(rows[:, 1:], label=rows[:, 0])
    # The library's own reader of this text is a bit off in the last place of some numbers: they are read by Python.
    labels, groups, values, columns, ends = [], [], [], [], [0]
    for line in text.splitlines():
        label, *cells = line.split()
        labels.append(float(label))
        for cell in cells:
            column, value = cell.split(':')
            if column == 'qid':
                groups.append(int(value))
                continue
            columns.append(int(column))
            values.append(float(value))
        ends.append(len(values))
    cells = scipy.sparse.csr_matrix((numpy.array(values, dtype=numpy.float32), columns, ends))
    return xgboost.DMatrix(cells, label=numpy.array(labels, dtype=numpy.float32), qid=groups or None)

data = [(matrix(train, 'train'), 'train')]
if validation:
    data.append((matrix(validation, 'validation'), 'validation'))
seen = {}
booster = xgboost.train(parameters, data[0][0], rounds, evals=data, evals_result=seen, verbose_eval=False)
place = os.path.join(folder.name, 'xgboost-model')
booster.save_model(place)
answer = {'model': base64.b64encode(open(place, 'rb').read()).decode(),
          'scores': {f'{on}-{metric}': values for on, metrics in seen.items() for metric, values in metrics.items()}}
"""


def onnx_model(seed=3):
    """A small classifier as ONNX: 20 inputs, two hidden layers of 64, three classes."""
    return base64.b64decode(debian(ONNX, seed=seed))


ONNX = r"""
import numpy, onnx
from onnx import TensorProto, helper, numpy_helper

draw = numpy.random.default_rng(seed)
sizes = [20, 64, 64, 3]
nodes, weights, value = [], [], 'features'
for at, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
    weights.append(numpy_helper.from_array(draw.normal(0, rows ** -0.5, (rows, columns)).astype('float32'), f'w{at}'))
    weights.append(numpy_helper.from_array(numpy.zeros(columns, 'float32'), f'b{at}'))
    last = at == len(sizes) - 2
    nodes.append(helper.make_node('Gemm', [value, f'w{at}', f'b{at}'], [f'sum{at}']))
    value = 'scores' if last else f'out{at}'
    nodes.append(helper.make_node('Softmax' if last else 'Relu', [f'sum{at}'], [value]))
graph = helper.make_graph(nodes, 'classifier',
    [helper.make_tensor_value_info('features', TensorProto.FLOAT, ['batch', 20])],
    [helper.make_tensor_value_info('scores', TensorProto.FLOAT, ['batch', 3])], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
onnx.checker.check_model(model)
answer = base64.b64encode(model.SerializeToString()).decode()
"""


def onnx_says(model, rows):
    """What the model's own weights give for ROWS, computed by onnx's reference evaluator (it is no engine of ours)."""
    return debian(REFERENCE, model=base64.b64encode(model).decode(), rows=rows)


REFERENCE = r"""
import numpy, onnx
from onnx.reference import ReferenceEvaluator

session = ReferenceEvaluator(onnx.load_from_string(base64.b64decode(model)))
answer = session.run(None, {'features': numpy.array(rows, dtype='float32')})[0].tolist()
"""

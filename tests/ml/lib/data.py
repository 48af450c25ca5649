"""Tables to train on: some made here, some from the data beside the checkout."""
import re
import unittest
from pathlib import Path

import numpy as np

SHARED = Path(__file__).resolve().parents[4] / "shared/data/tabular"
NO_DATA = "no data beside the checkout"


def needs_shared_data(test):
    return unittest.skipUnless(SHARED.is_dir(), NO_DATA)(test)


def friedman(rows, seed=7, columns=10):
    """Friedman's first function with noise: (features, target). The first five columns matter."""
    draw = np.random.default_rng(seed)
    x = draw.random((rows, columns), dtype=np.float32)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, (y + draw.normal(0, 0.1, rows)).astype(np.float32)


def text_of(value):
    """A number as short as it can be without becoming another float32."""
    return np.format_float_positional(np.float32(value), unique=True, trim="-")


def csv(x, y=None):
    """Rows of csv, the label first where there is one."""
    lines = []
    for at, row in enumerate(x):
        values = [*([y[at]] if y is not None else []), *row]
        lines.append(",".join(text_of(value) for value in values))
    return "\n".join(lines) + "\n"


def libsvm_rows(path):
    """(labels, [{index: value}]) of a libsvm file."""
    labels, rows = [], []
    for line in Path(path).read_text().splitlines():
        label, *cells = line.split()
        labels.append(float(label))
        rows.append({int(index): float(value) for index, value in (cell.split(":") for cell in cells)})
    return np.array(labels), rows


def rmse(predicted, wanted):
    return float(np.sqrt(np.mean((np.asarray(predicted, dtype=np.float64) - np.asarray(wanted, dtype=np.float64)) ** 2)))


def numbers(answer):
    """The numbers of an answer in csv, whatever stands between them."""
    return [float(value) for value in re.split(r"[,\s]+", answer.decode().strip())]

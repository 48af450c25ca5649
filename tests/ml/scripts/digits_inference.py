"""An inference script of one's own: other words in, other words out."""
import json
import os

import joblib
import numpy as np


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(body, content_type):
    if content_type != "application/json":
        raise ValueError(f"{content_type} is none of this model's")
    return np.array(json.loads(body)["digits"])


def predict_fn(rows, model):
    return model.predict(rows), model.predict_proba(rows).max(axis=1)


def output_fn(said, accept):
    digits, sure = said
    return json.dumps([{"digit": int(digit), "sure": float(share)} for digit, share in zip(digits, sure)]), "application/json"

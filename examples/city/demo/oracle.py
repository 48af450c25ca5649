"""What a deployed model's file says when the libraries themselves are asked, without weft. Usage: oracle.py fraud|meter <QUESTION

fraud: QUESTION is a list of payments, the answer how likely each is a fraud (xgboost). meter: QUESTION is a seed, the answer a
digit that is drawn under it, its picture, and how likely each digit is (onnx's reference evaluator). Fetches the file by boto3."""
import io
import json
import sys
import tarfile
from pathlib import Path

import boto3
import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / house) for house in ("fraud", "meter")]


def file_of(endpoint, name):
    """The bytes of a file in the model that answers at this endpoint."""
    sagemaker, s3 = boto3.client("sagemaker"), boto3.client("s3")
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    container = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]
    bucket, key = container["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return tar.extractfile(name).read()


def fraud(payments):
    import xgboost
    from transactions import FEATURES

    model = xgboost.Booster(model_file=bytearray(file_of("fraud", "xgboost-model")))
    rows = np.array([[payment[name] for name in FEATURES] for payment in payments], dtype=np.float32)
    return model.predict(xgboost.DMatrix(rows, feature_names=model.feature_names)).tolist()


def meter(seed):
    import onnx.reference
    from pictures import digits

    model = onnx.load_model_from_string(file_of("meter", "model.onnx"))
    pictures, (digit,) = digits(1, seed)
    pictures = pictures.round(4).astype(np.float32)
    (chances,) = onnx.reference.ReferenceEvaluator(model).run(None, {"pictures": pictures})
    return {"digit": int(digit), "picture": pictures[0].tolist(), "chances": chances[0].tolist()}


print(json.dumps({"fraud": fraud, "meter": meter}[sys.argv[1]](json.load(sys.stdin))))

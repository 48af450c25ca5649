#!/usr/bin/env python3
"""The golden path of SageMaker with its Python SDK: upload, fit, logs, metrics, deploy, predict, update, delete.

Nothing in it knows weft: the environment says where AWS is.

    export AWS_ENDPOINT_URL=http://127.0.0.1:8420 AWS_DEFAULT_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
    python golden_path.py
"""
import tempfile
import time
from pathlib import Path

import boto3
import numpy as np
import sagemaker
from sagemaker import image_uris
from sagemaker.analytics import TrainingJobAnalytics
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer
from sagemaker.utils import name_from_base

PREFIX = "golden-path"
# The SDK itself looks every 30 seconds how an endpoint is getting on; a waiter can be told to look more often.
OFTEN = {"Delay": 1, "MaxAttempts": 120}

began = time.monotonic()


def step(text):
    print(f"\n== {text} ({time.monotonic() - began:.1f} s)", flush=True)


# A role, a bucket and a session. The SDK would find the account out from STS at an address of its own, whatever the
# environment says; boto3 keeps to the environment, so it is asked here.
region = boto3.Session().region_name
account = boto3.client("sts").get_caller_identity()["Account"]
role = boto3.client("iam").get_role(RoleName="AmazonSageMaker-ExecutionRole")["Role"]["Arn"]
session = sagemaker.Session(
    default_bucket=f"sagemaker-{region}-{account}",
    # The SDK tells its makers what is used, unless it is told not to.
    sagemaker_config={"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}},
)
bucket = session.default_bucket()
client = session.sagemaker_client


def draw(rows, seed):
    """Electricity that a household uses in an hour, from five things that are known of it: temperature outside, hour of the
    day, people at home, floor area, and whether it is a weekend. The label stands first, as SageMaker's csv has it."""
    random = np.random.default_rng(seed)
    temperature = random.normal(14, 9, rows)
    hour = random.integers(0, 24, rows)
    people = random.integers(1, 6, rows)
    area = random.gamma(8, 12, rows)
    weekend = random.random(rows) < 2 / 7
    evening = np.exp(-((hour - 19.5) ** 2) / 8)
    heating = np.clip(15 - temperature, 0, None) * area / 900
    cooling = np.clip(temperature - 24, 0, None) * area / 700
    used = 0.2 + 0.08 * people * (1 + 2 * evening + 0.4 * weekend) + heating + cooling
    used *= random.lognormal(0, 0.1, rows)
    return np.column_stack([used, temperature, hour, people, area, weekend]).round(4)


step("data: drawn here, uploaded to S3")
train, validation, test = draw(4000, 1), draw(1000, 2), draw(500, 3)
with tempfile.TemporaryDirectory() as folder:
    inputs = {}
    for name, rows in (("train", train), ("validation", validation)):
        path = Path(folder) / f"{name}.csv"
        np.savetxt(path, rows, delimiter=",", fmt="%.4f")
        uri = session.upload_data(str(path), bucket=bucket, key_prefix=f"{PREFIX}/{name}")
        inputs[name] = TrainingInput(uri, content_type="text/csv")
        print(uri)

step("fit: a training job with the built-in XGBoost")
estimator = Estimator(
    image_uri=image_uris.retrieve("xgboost", region, version="1.7-1"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{bucket}/{PREFIX}/models",
    base_job_name=PREFIX,
    hyperparameters={"objective": "reg:squarederror", "num_round": 120, "max_depth": 5, "eta": 0.1, "subsample": 0.9},
    sagemaker_session=session,
)
estimator.fit(inputs, logs="All")
job = estimator.latest_training_job.name

step("metrics: what the job told CloudWatch")
curve = TrainingJobAnalytics(job, metric_names=["train:rmse", "validation:rmse"], sagemaker_session=session).dataframe()
print(curve)
assert not curve.empty, "CloudWatch has no metrics of the job"
final = {metric["MetricName"]: metric["Value"] for metric in client.describe_training_job(TrainingJobName=job)["FinalMetricDataList"]}
print(f"validation:rmse {final['validation:rmse']:.4f}; the model is {estimator.model_data}")

step("deploy: an endpoint")
endpoint = name_from_base(PREFIX)
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    endpoint_name=endpoint,
    serializer=CSVSerializer(),
    deserializer=CSVDeserializer(),
    wait=False,
)
client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig=OFTEN)
print(f"{endpoint} is in service")


def score():
    """How far the endpoint's answers to the test rows are off."""
    said = np.array(predictor.predict(test[:, 1:])).astype(float).ravel()
    return float(np.sqrt(np.mean((said - test[:, 0]) ** 2)))


step("predict: 500 rows it has not seen")
first = score()
spread = float(np.std(test[:, 0]))
print(f"rmse {first:.4f} (always saying the mean: {spread:.4f})")
assert first < spread / 3, "the model has learned nothing"

step("update: a better model takes the place of the first, which answers until then")
(first_model,) = [variant["ModelName"] for variant in client.describe_endpoint_config(EndpointConfigName=endpoint)["ProductionVariants"]]
estimator.set_hyperparameters(num_round=400, eta=0.05)
estimator.fit(inputs, logs="None")
better = estimator.create_model(name=name_from_base(PREFIX))
better.create(instance_type="ml.m5.large")
predictor.update_endpoint(initial_instance_count=1, instance_type="ml.m5.large", model_name=better.name, wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig=OFTEN)
second = score()
print(f"rmse {second:.4f} (before: {first:.4f})")
assert second != first, "the endpoint still answers with the first model"

step("delete: endpoint, configurations, models")
predictor.delete_model()
predictor.delete_endpoint(delete_endpoint_config=True)
client.delete_endpoint_config(EndpointConfigName=endpoint)
client.delete_model(ModelName=first_model)
client.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig=OFTEN)
left = [each["EndpointName"] for each in client.list_endpoints(NameContains=endpoint)["Endpoints"]]
assert not left, f"still there: {left}"

step("done")

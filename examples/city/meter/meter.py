#!/usr/bin/env python3
"""The city's meter reader: trains a small network on digits that it draws itself, deploys it as the endpoint `meter`, and reads
a picture of a meter.

Speaks SageMaker's API with boto3 and knows nothing else; where it is, the environment says (AWS_ENDPOINT_URL)."""
import argparse
import io
import json
import re
import sys
import tarfile
import time
from pathlib import Path

import boto3
import numpy as np
from botocore.exceptions import ClientError

from pictures import meter, read_pgm, shown, windows, write_pgm

HERE = Path(__file__).resolve().parent
# Script mode runs in a framework's image; what serves the model is another matter.
SCRIPT_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
MODEL_IMAGE = "onnxruntime"
SCRIPT = ("train.py", "pictures.py")
ROLE = "arn:aws:iam::123456789012:role/city-meter"
OFTEN = {"Delay": 1, "MaxAttempts": 600}


class Meter:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.name = f"{endpoint}-{time.strftime('%Y%m%d-%H%M%S')}"
        self.bucket = f"city-{endpoint}"
        self.s3, self.sagemaker, self.runtime = (
            boto3.client(each) for each in ("s3", "sagemaker", "sagemaker-runtime"))

    def make_bucket(self):
        """The one of an earlier run is as good."""
        try:
            self.s3.create_bucket(Bucket=self.bucket)
        except self.s3.exceptions.BucketAlreadyOwnedByYou:
            pass

    def upload(self):
        """The address of the script, packed as SageMaker's toolkits unpack it."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name in SCRIPT:
                tar.add(HERE / name, name)
        self.make_bucket()
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.name}/sourcedir.tar.gz", Body=packed.getvalue())
        return f"s3://{self.bucket}/{self.name}/sourcedir.tar.gz"

    def train(self, source, pictures, seed):
        """What the job says of itself once it has ended."""
        hyperparameters = {"sagemaker_program": SCRIPT[0], "sagemaker_submit_directory": source, "pictures": pictures, "seed": seed}
        self.sagemaker.create_training_job(
            TrainingJobName=self.name, RoleArn=ROLE,
            HyperParameters={name: json.dumps(value) for name, value in hyperparameters.items()},
            AlgorithmSpecification={"TrainingImage": SCRIPT_IMAGE, "TrainingInputMode": "File", "MetricDefinitions": [
                {"Name": "accuracy", "Regex": r"accuracy ([0-9.]+);"}, {"Name": "loss", "Regex": r"loss ([0-9.]+);"}]},
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 3600})
        self.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=self.name, WaiterConfig=OFTEN)
        return self.sagemaker.describe_training_job(TrainingJobName=self.name)

    def deploy(self, artifacts):
        self.sagemaker.create_model(ModelName=self.name, ExecutionRoleArn=ROLE, PrimaryContainer={
            "Image": MODEL_IMAGE, "ModelDataUrl": artifacts})
        self.sagemaker.create_endpoint_config(EndpointConfigName=self.name, ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": self.name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
        call = self.sagemaker.update_endpoint if self.is_deployed() else self.sagemaker.create_endpoint
        call(EndpointName=self.endpoint, EndpointConfigName=self.name)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.endpoint, WaiterConfig=OFTEN)

    def is_deployed(self):
        try:
            self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
            return True
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                return False
            raise

    def read(self, picture):
        """(the digits that a meter shows, how sure each of them is)."""
        body = "\n".join(",".join(f"{value:.4f}" for value in window) for window in windows(picture))
        answer = self.runtime.invoke_endpoint(EndpointName=self.endpoint, ContentType="text/csv", Accept="text/csv", Body=body)
        numbers = re.split(r"[,\s]+", answer["Body"].read().decode().strip())
        chances = np.array(numbers, dtype=float).reshape(-1, 10)
        return "".join(str(digit) for digit in chances.argmax(1)), chances.max(1)


def make(house, options):
    """Trains and deploys; says how it went. Whether it went well."""
    began = time.monotonic()
    job = house.train(house.upload(), options.pictures, options.seed)
    if job["TrainingJobStatus"] != "Completed":
        print(f"meter: the training job {house.name} is {job['TrainingJobStatus']}: {job.get('FailureReason', '')}", file=sys.stderr)
        return False
    final = ", ".join(f"{metric['MetricName']} {metric['Value']:.4f}" for metric in job["FinalMetricDataList"])
    print(f"trained {house.name} in {time.monotonic() - began:.1f} s: {final}")
    house.deploy(job["ModelArtifacts"]["S3ModelArtifacts"])
    print(f"endpoint {house.endpoint} is in service")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="draws other digits to learn from")
    parser.add_argument("--pictures", type=int, default=6000, help="how many digits to learn from")
    parser.add_argument("--endpoint", default="meter", help="the endpoint's name")
    parser.add_argument("--read", metavar="FILE", help="only read this picture (PGM) by the endpoint that is there")
    parser.add_argument("--draw", metavar="FILE", help="keep the picture that is drawn")
    parser.add_argument("--reading", default="04817", help="what the drawn meter shows")
    options = parser.parse_args()
    if not options.reading.isdigit():
        parser.error(f"--reading is `{options.reading}`; a meter shows digits")

    house = Meter(options.endpoint)
    if options.read:
        digits, sure = house.read(read_pgm(options.read))
        print(f"{digits} (the least sure digit by {sure.min():.2f})")
        return 0
    if not make(house, options):
        return 1
    picture = meter(options.reading, options.seed + 1000)
    if options.draw:
        write_pgm(options.draw, picture)
    print(shown(picture))
    digits, sure = house.read(picture)
    print(f"read {digits} off a meter that shows {options.reading} (the least sure digit by {sure.min():.2f})")
    return 0 if digits == options.reading else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The city's fraud detection: draws payments, trains on them, deploys what it learned as the endpoint `fraud`.

Speaks SageMaker's API with boto3 and knows nothing else; where it is, the environment says (AWS_ENDPOINT_URL)."""
import argparse
import sys
import time

import boto3
from botocore.exceptions import ClientError

from naming import named_archive
from transactions import FEATURES, area_under_curve, csv, draw_payments, split

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/city-fraud"
HYPERPARAMETERS = {"objective": "binary:logistic", "eval_metric": "auc", "num_round": "160", "max_depth": "5", "eta": "0.1",
                   "min_child_weight": "2", "subsample": "0.8", "seed": "1"}
OFTEN = {"Delay": 1, "MaxAttempts": 300}
# Rows of one request.
BATCH = 2000
THRESHOLD = 0.5


class Fraud:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.name = f"{endpoint}-{time.strftime('%Y%m%d-%H%M%S')}"
        self.bucket = f"city-{endpoint}"
        self.s3, self.sagemaker, self.runtime = (boto3.client(each) for each in ("s3", "sagemaker", "sagemaker-runtime"))

    def make_bucket(self):
        """The one of an earlier run is as good."""
        try:
            self.s3.create_bucket(Bucket=self.bucket)
        except self.s3.exceptions.BucketAlreadyOwnedByYou:
            pass

    def upload(self, channels):
        self.make_bucket()
        for channel, payments in channels.items():
            self.s3.put_object(Bucket=self.bucket, Key=f"{self.name}/{channel}/payments.csv", Body=csv(payments, labelled=True))

    def train(self, channels):
        """What the job says of itself once it has completed."""
        inputs = [{"ChannelName": channel, "ContentType": "text/csv", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{self.name}/{channel}/"}}} for channel in channels]
        self.sagemaker.create_training_job(
            TrainingJobName=self.name, RoleArn=ROLE, HyperParameters=HYPERPARAMETERS, InputDataConfig=inputs,
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 3600})
        self.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=self.name, WaiterConfig=OFTEN)
        return self.sagemaker.describe_training_job(TrainingJobName=self.name)

    def deploy(self, job):
        """Its columns get their names first: who asks the endpoint asks with them."""
        trained = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
        packed = self.s3.get_object(Bucket=trained[0], Key=trained[1])["Body"].read()
        key = f"{self.name}/model.tar.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=named_archive(packed, FEATURES))
        self.sagemaker.create_model(ModelName=self.name, ExecutionRoleArn=ROLE, PrimaryContainer={
            "Image": IMAGE, "ModelDataUrl": f"s3://{self.bucket}/{key}"})
        self.sagemaker.create_endpoint_config(EndpointConfigName=self.name, ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": self.name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
        at = {"EndpointName": self.endpoint, "EndpointConfigName": self.name}
        if self.is_deployed():
            self.sagemaker.update_endpoint(**at)
        else:
            self.sagemaker.create_endpoint(**at)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.endpoint, WaiterConfig=OFTEN)

    def is_deployed(self):
        try:
            self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
            return True
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                return False
            raise

    def scores(self, payments):
        out = []
        for at in range(0, len(payments), BATCH):
            body = csv(payments[at:at + BATCH], labelled=False)
            answer = self.runtime.invoke_endpoint(EndpointName=self.endpoint, ContentType="text/csv", Body=body)
            out += [float(score) for score in answer["Body"].read().decode().replace("\n", ",").strip(",").split(",")]
        return out


def report(held_out, scores):
    truths = [payment.fraud for payment in held_out]
    stopped = [score >= THRESHOLD for score in scores]
    frauds = sum(truths)
    caught = sum(stop and truth for stop, truth in zip(stopped, truths))
    bothered = sum(stop and not truth for stop, truth in zip(stopped, truths))
    print(f"held out: {len(held_out)} payments, {frauds} of them frauds")
    print(f"AUC {area_under_curve(scores, truths):.4f}")
    print(f"from {THRESHOLD} on: {caught} of {frauds} frauds stopped, and {bothered} of {len(held_out) - frauds} other payments")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", default="1", help="draws another city")
    parser.add_argument("--accounts", type=int, default=400)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--endpoint", default="fraud", help="the endpoint's name")
    options = parser.parse_args()

    payments = draw_payments(options.seed, options.accounts, options.days)
    train, validation, held_out = split(payments, options.days)
    print(f"{len(payments)} payments of {options.accounts} accounts in {options.days} days, {sum(p.fraud for p in payments)} of them frauds")
    house = Fraud(options.endpoint)
    channels = {"train": train, "validation": validation}
    house.upload(channels)
    began = time.monotonic()
    job = house.train(channels)
    if job["TrainingJobStatus"] != "Completed":
        print(f"fraud: the training job {house.name} is {job['TrainingJobStatus']}: {job.get('FailureReason', '')}", file=sys.stderr)
        return 1
    final = {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", [])}
    print(f"trained {house.name} in {time.monotonic() - began:.1f} s: {', '.join(f'{name} {value:.4f}' for name, value in final.items())}")
    house.deploy(job)
    print(f"endpoint {options.endpoint} is in service")
    report(held_out, house.scores(held_out))
    return 0


if __name__ == "__main__":
    sys.exit(main())

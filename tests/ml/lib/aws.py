"""A case with boto3's clients of the hub under test, each answer looked at."""
import io
import tarfile
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lib.answers import Checked, watch_boto3
from lib.hub import Case
from lib.waits import PATIENCE, eventually

ROLE = "arn:aws:iam::123456789012:role/weft"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
# What the waiters of botocore wait for by default is made for AWS's minutes.
OFTEN = {"Delay": 1, "MaxAttempts": 60 * PATIENCE}
ENDED = ("Completed", "Failed", "Stopped")


def new_name(kind):
    """A name that no other test uses."""
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def archive(files):
    """A model.tar.gz of {name: bytes}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def unpack(packed):
    """{name: bytes} of a model.tar.gz."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


class AwsCase(Case):
    """`self.aws("sagemaker")` is a client; after each test every answer must have fitted its shape."""
    # Nothing is tried twice: an SDK that asks again would hide what is lost.
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=60 * PATIENCE)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Its credentials and addresses are those of this class's environment.
        boto3.DEFAULT_SESSION = None
        cls.checked = Checked()
        cls.addClassCleanup(watch_boto3(cls.checked))
        cls.clients = {}
        cls.bucket = new_name("data")
        cls.aws("s3").create_bucket(Bucket=cls.bucket)

    @classmethod
    def aws(cls, service, **more):
        if more:
            return boto3.client(service, **{"config": cls.once, **more})
        if service not in cls.clients:
            cls.clients[service] = boto3.client(service, config=cls.once)
        return cls.clients[service]

    def tearDown(self):
        # A hub that ended by itself is the finding, whatever its callers saw.
        if self.hub and self.hub.process.poll() is not None:
            ended = f"weft up ended with {self.hub.process.returncode}: {self.hub.err.text()}"
            # The tests that come after have a finding of their own, or none.
            self.hub.start()
            self.clients.clear()
            self.fail(ended)
        self.checked.assert_good()

    # What is expected of an error.

    def refused(self, code, call, *args, **kwargs):
        """The error's message; fails when there is none, or another."""
        codes = (code,) if isinstance(code, str) else tuple(code)
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        error = caught.exception.response["Error"]
        self.assertIn(error["Code"], codes, error)
        return error.get("Message", "")

    # Objects.

    @classmethod
    def put(cls, key, body):
        """The URI of a new object."""
        cls.aws("s3").put_object(Bucket=cls.bucket, Key=key, Body=body)
        return f"s3://{cls.bucket}/{key}"

    @classmethod
    def get(cls, uri):
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        return cls.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()

    # Training jobs.

    def job_request(self, hyperparameters, channels, name=None, **more):
        """CreateTrainingJob of xgboost; CHANNELS is {name: URI or (URI, content type)}."""
        inputs = []
        for channel, at in channels.items():
            uri, content_type = at if isinstance(at, tuple) else (at, "text/csv")
            inputs.append({"ChannelName": channel, "ContentType": content_type, "DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}}})
        request = {
            "TrainingJobName": name or new_name("job"),
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": {key: str(value) for key, value in hyperparameters.items()},
            "InputDataConfig": inputs,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            **more,
        }
        if not inputs:
            del request["InputDataConfig"]
        return request

    def start_job(self, *args, **kwargs):
        request = self.job_request(*args, **kwargs)
        self.aws("sagemaker").create_training_job(**request)
        return request["TrainingJobName"]

    def job(self, name):
        return self.aws("sagemaker").describe_training_job(TrainingJobName=name)

    def ended_job(self, name, seconds=60):
        """What Describe says once the job has ended, however it did."""
        def ended():
            told = self.job(name)
            return told if told["TrainingJobStatus"] in ENDED else None
        return eventually(f"{name} ends", ended, seconds)

    def trained(self, *args, **kwargs):
        """A job that has to come out well."""
        told = self.ended_job(self.start_job(*args, **kwargs))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        return told

    def failed(self, *args, **kwargs):
        """The reason of a job that has to fail."""
        told = self.ended_job(self.start_job(*args, **kwargs))
        self.assertEqual(told["TrainingJobStatus"], "Failed", told)
        self.assertLessEqual(len(told["FailureReason"]), 1024)
        return told["FailureReason"]

    def forget_job(self, name):
        """One that was to be stopped gives its processors back, also where the test has failed before."""
        try:
            self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        except ClientError:
            pass

    def log_of(self, job):
        """The lines of a training job's log."""
        logs, group = self.aws("logs"), "/aws/sagemaker/TrainingJobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/", orderBy="LogStreamName")
        lines = []
        for stream in streams["logStreams"]:
            token = None
            while True:
                more = {"nextToken": token} if token else {}
                page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **more)
                lines += [event["message"] for event in page["events"]]
                if page["nextForwardToken"] == token:
                    break
                token = page["nextForwardToken"]
        return lines

    # Endpoints.

    def model(self, data, image=XGBOOST, name=None, **environment):
        name = name or new_name("model")
        container = {"Image": image, "Environment": environment}
        if data:
            container["ModelDataUrl"] = data
        self.aws("sagemaker").create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def endpoint_config(self, *variants):
        """Of (variant, model[, weight[, instances]])."""
        name = new_name("config")
        told = []
        for variant, model, *rest in variants:
            told.append({"VariantName": variant, "ModelName": model, "InstanceType": "ml.m5.large",
                         "InitialVariantWeight": rest[0] if rest else 1.0,
                         "InitialInstanceCount": rest[1] if len(rest) > 1 else 1})
        self.aws("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=told)
        return name

    def start_endpoint(self, *variants, name=None):
        name = name or new_name("endpoint")
        self.aws("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=self.endpoint_config(*variants))
        self.addCleanup(self.forget_endpoint, name)
        return name

    def forget_endpoint(self, name):
        """A worker less; when the test has deleted it already, or the hub is gone, that is well too."""
        try:
            self.aws("sagemaker").delete_endpoint(EndpointName=name)
        except Exception:
            pass

    def settled(self, name, seconds=30):
        """What Describe says of an endpoint once nothing changes any more."""
        def still():
            told = self.aws("sagemaker").describe_endpoint(EndpointName=name)
            return told if told["EndpointStatus"] in ("InService", "Failed", "OutOfService") else None
        return eventually(f"{name} settles", still, seconds)

    def serving(self, *variants, name=None):
        name = self.start_endpoint(*variants, name=name)
        told = self.settled(name)
        self.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
        return name

    def ask(self, endpoint, body, content_type="text/csv", **more):
        """The answer's bytes."""
        answer = self.aws("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **more)
        return answer["Body"].read()


__all__ = ["AwsCase", "ENDED", "OFTEN", "ROLE", "XGBOOST", "archive", "eventually", "new_name", "unittest", "unpack"]

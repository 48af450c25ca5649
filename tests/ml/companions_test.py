"""What the SDKs ask besides SageMaker: who they are, roles, logs, and metrics in the forms that this boto3 negotiates."""
import datetime
import os
import unittest
from unittest import mock

import boto3

from lib.aws import AwsCase
from lib.data import csv, friedman
from lib.hub import only_weft
from lib.programs import run_watched

GROUP = "/aws/sagemaker/TrainingJobs"
SPACE = "/aws/sagemaker/TrainingJobs"


def minutes_around_now():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now - datetime.timedelta(minutes=30), now + datetime.timedelta(minutes=5)


class Identity(AwsCase):
    def test_who_calls(self):
        told = self.aws("sts").get_caller_identity()
        self.assertRegex(told["Account"], r"^\d{12}$")
        self.assertRegex(told["Arn"], rf"^arn:aws:sts::{told['Account']}:assumed-role/[^/]+/[^/]+$")

    def test_a_role(self):
        account = self.aws("sts").get_caller_identity()["Account"]
        if self.hub is None:
            self.aws("iam").create_role(RoleName="my-role", AssumeRolePolicyDocument="{}")
        role = self.aws("iam").get_role(RoleName="my-role")["Role"]
        self.assertEqual(role["Arn"], f"arn:aws:iam::{account}:role/my-role")

    @only_weft
    def test_what_is_not_there_is_refused_by_name(self):
        for call, words in ((lambda: self.aws("iam").list_users(), "ListUsers"),
                            (lambda: self.aws("sts").get_session_token(), "GetSessionToken"),
                            (lambda: self.aws("sagemaker").list_pipelines(), "ListPipelines"),
                            (lambda: self.aws("sagemaker").list_feature_groups(), "ListFeatureGroups")):
            message = self.refused(("UnknownOperationException", "InvalidAction", "UnknownOperation"), call)
            self.assertIn(words, message)


# What Debian's boto3 is asked to do; it calls CloudWatch in the form of old.
OLDER = """
import datetime
import boto3

now = datetime.datetime.now(datetime.timezone.utc)
watch, at = boto3.client("cloudwatch"), dict(StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1))
assert watch.meta.service_model.metadata["protocol"] == "query"
name = dict(Namespace="older", MetricName="m")
watch.put_metric_data(Namespace="older", MetricData=[
    {"MetricName": "m", "Dimensions": [{"Name": "a", "Value": "b"}], "Timestamp": now, "Values": [1, 2], "Counts": [1, 1]}])
name["Dimensions"] = [{"Name": "a", "Value": "b"}]
assert [each["MetricName"] for each in watch.list_metrics(Namespace="older")["Metrics"]] == ["m"]
(told,) = watch.get_metric_statistics(**name, **at, Period=86400, Statistics=["Sum", "Maximum"])["Datapoints"]
assert (told["Sum"], told["Maximum"]) == (3, 2), told
(told,) = watch.get_metric_data(**at, MetricDataQueries=[
    {"Id": "m", "MetricStat": {"Metric": name, "Period": 86400, "Stat": "Sum"}}])["MetricDataResults"]
assert told["Values"] == [3] and len(told["Timestamps"]) == 1, told
try:
    watch.get_metric_statistics(**name, **at, Period=7, Statistics=["Sum"])
except watch.exceptions.InvalidParameterValueException as error:
    print(error.response["Error"]["Code"])
s3 = boto3.client("s3")
s3.create_bucket(Bucket="older-bucket")
s3.put_object(Bucket="older-bucket", Key="k", Body=b"body")
assert s3.get_object(Bucket="older-bucket", Key="k")["Body"].read() == b"body"
assert boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
print(boto3.client("sts").get_caller_identity()["Account"])
"""


@only_weft
class AnOlderBoto3(AwsCase):
    def test_what_debian_has(self):
        printed, operations = run_watched(self, ("/usr/bin/python3", "-c", OLDER), 30)
        self.assertRegex(printed, r"^InvalidParameterValue\n\d{12}\n$")
        self.assertLessEqual({"PutMetricData", "ListMetrics", "GetMetricStatistics", "GetMetricData", "PutObject"}, operations)


@only_weft
class Addresses(AwsCase):
    def test_a_variable_for_each_service(self):
        """Each alone, in place of AWS_ENDPOINT_URL, which leads nowhere."""
        for service, call in (("sagemaker", "list_endpoints"), ("sagemaker-runtime", "invoke_endpoint"), ("s3", "list_buckets"),
                              ("sts", "get_caller_identity"), ("iam", "get_role"), ("cloudwatch", "list_metrics"),
                              ("logs", "describe_log_groups")):
            name = "cloudwatch_logs" if service == "logs" else service.replace("-", "_")
            with self.subTest(service), mock.patch.dict(os.environ, {
                    "AWS_ENDPOINT_URL": "http://127.0.0.1:9", f"AWS_ENDPOINT_URL_{name.upper()}": self.url}):
                client = boto3.session.Session().client(service, config=self.once)
                if service == "sagemaker-runtime":
                    self.refused("ValidationError", client.invoke_endpoint, EndpointName="none", Body=b"")
                else:
                    getattr(client, call)(**({"RoleName": "r"} if service == "iam" else {}))


@only_weft
class LogsAndMetrics(AwsCase):
    """Of one job that trained."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        x, y = friedman(200)
        data = cls.put("train.csv", csv(x, y))
        case = cls("test_streams")
        cls.name = case.trained({"num_round": 20, "objective": "reg:squarederror"}, {"train": data})["TrainingJobName"]
        cls.stream = cls.aws("logs").describe_log_streams(
            logGroupName=GROUP, logStreamNamePrefix=cls.name)["logStreams"][0]["logStreamName"]

    def test_streams(self):
        logs = self.aws("logs")
        told = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{self.name}/", orderBy="LogStreamName")
        self.assertEqual([each["logStreamName"] for each in told["logStreams"]], [self.stream])
        self.assertRegex(self.stream, rf"^{self.name}/algo-1-\d+$")
        self.assertIn(GROUP, [each["logGroupName"] for each in
                              logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]])

    def test_events(self):
        logs, at = self.aws("logs"), {"logGroupName": GROUP, "logStreamName": self.stream}
        lines = self.log_of(self.name)
        rounds = [line for line in lines if line.startswith("[")]
        self.assertEqual(len(rounds), 20)
        self.assertRegex(rounds[0], r"^\[0\]#011train-rmse:\d+\.\d+$")
        forward, token, pages = [], None, 0
        while True:
            page = logs.get_log_events(**at, startFromHead=True, limit=7, **({"nextToken": token} if token else {}))
            if page["nextForwardToken"] == token:
                self.assertEqual(page["events"], [])
                break
            self.assertLessEqual(len(page["events"]), 7)
            forward += [event["message"] for event in page["events"]]
            token, pages = page["nextForwardToken"], pages + 1
        self.assertEqual(forward, lines)
        self.assertGreater(pages, 2)
        tail = logs.get_log_events(**at, startFromHead=False, limit=3)["events"]
        self.assertEqual([event["message"] for event in tail], lines[-3:])

    def test_filtered(self):
        logs = self.aws("logs")
        found = [event["message"] for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=GROUP, logStreamNamePrefix=self.name, filterPattern='"train-rmse"') for event in page["events"]]
        self.assertEqual(found, [line for line in self.log_of(self.name) if "train-rmse" in line])

    def test_groups_and_streams_that_are_none(self):
        logs = self.aws("logs")
        self.refused("ResourceNotFoundException", logs.describe_log_streams, logGroupName="/aws/sagemaker/ProcessingJobs")
        self.refused("ResourceNotFoundException", logs.get_log_events, logGroupName=GROUP, logStreamName="none/algo-1-1")
        self.assertEqual(logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="none/")["logStreams"], [])
        self.refused("InvalidParameterException", logs.get_log_events, logGroupName=GROUP, logStreamName=self.stream,
                     nextToken="none of ours")

    def in_each_form(self):
        """Clients of CloudWatch that ask in JSON, in CBOR, and in the forms that all did of old."""
        every = ("json", "smithy-rpc-v2-cbor", "query", "rest-json", "rest-xml")
        for form in ("json", "smithy-rpc-v2-cbor", "query"):
            first = (form, *(each for each in every if each != form))
            with self.subTest(form), mock.patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", first):
                client = boto3.session.Session().client("cloudwatch", config=self.once)
                self.assertEqual(client.meta.service_model.resolved_protocol, form)
                yield client

    def test_the_metrics_of_a_job(self):
        for watch in self.in_each_form():
            self.metrics_of_a_job(watch)

    def metrics_of_a_job(self, watch):
        begin, end = minutes_around_now()
        dimensions = [{"Name": "TrainingJobName", "Value": self.name}]
        listed = watch.list_metrics(Namespace=SPACE, Dimensions=dimensions)["Metrics"]
        self.assertIn("train:rmse", [metric["MetricName"] for metric in listed])
        told = watch.get_metric_statistics(Namespace=SPACE, MetricName="train:rmse", Dimensions=dimensions, StartTime=begin,
                                           EndTime=end, Period=3600 * 24, Statistics=["SampleCount", "Minimum", "Maximum"])
        (all_of_it,) = told["Datapoints"]
        values = [float(line.rsplit(":", 1)[1]) for line in self.log_of(self.name) if line.startswith("[")]
        self.assertEqual(all_of_it["SampleCount"], 20)
        self.assertAlmostEqual(all_of_it["Minimum"], min(values), 5)
        self.assertAlmostEqual(all_of_it["Maximum"], max(values), 5)

    def test_many_metrics_in_one_question(self):
        for watch in self.in_each_form():
            self.many_metrics(watch)

    def many_metrics(self, watch):
        begin, end = minutes_around_now()
        query = {"Id": "m", "ReturnData": True, "MetricStat": {"Period": 60, "Stat": "Average", "Metric": {
            "Namespace": SPACE, "MetricName": "train:rmse", "Dimensions": [{"Name": "TrainingJobName", "Value": self.name}]}}}
        none = {**query, "Id": "none", "MetricStat": {**query["MetricStat"], "Metric": {
            **query["MetricStat"]["Metric"], "MetricName": "no:such"}}}
        results = {each["Id"]: each for each in watch.get_metric_data(
            MetricDataQueries=[query, none], StartTime=begin, EndTime=end)["MetricDataResults"]}
        self.assertGreaterEqual(len(results["m"]["Values"]), 1)
        self.assertEqual(len(results["m"]["Values"]), len(results["m"]["Timestamps"]))
        self.assertEqual(results["none"]["Values"], [])

    def test_metrics_that_are_put(self):
        for at, watch in enumerate(self.in_each_form()):
            about = {"Namespace": "forms", "MetricName": f"m{at}"}
            watch.put_metric_data(Namespace="forms", MetricData=[
                {"MetricName": f"m{at}", "Values": [1.5, 2.5], "Counts": [1, 3], "Unit": "Seconds"}])
            begin, end = minutes_around_now()
            (told,) = watch.get_metric_statistics(**about, StartTime=begin, EndTime=end, Period=3600 * 24,
                                                  Statistics=["SampleCount", "Sum"])["Datapoints"]
            self.assertEqual((told["SampleCount"], told["Sum"]), (4, 9))

    def test_what_is_no_question(self):
        for watch in self.in_each_form():
            self.no_question(watch)

    def no_question(self, watch):
        begin, end = minutes_around_now()
        asked = {"Namespace": SPACE, "MetricName": "train:rmse", "StartTime": begin, "EndTime": end, "Period": 60}
        self.refused(("InvalidParameterCombination", "MissingParameter", "InvalidParameterCombinationException"),
                     watch.get_metric_statistics, **asked)
        self.refused(("InvalidParameterValue", "ValidationError", "InvalidParameterValueException"),
                     watch.get_metric_statistics, **{**asked, "Period": 7}, Statistics=["Sum"])


if __name__ == "__main__":
    unittest.main()

"""What the SDKs ask besides SageMaker: who they are, roles, logs, and metrics in the forms that this boto3 negotiates."""
import datetime
import unittest

from lib.aws import AwsCase
from lib.data import csv, friedman
from lib.hub import only_weft

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

    def test_the_metrics_of_a_job(self):
        watch, (begin, end) = self.aws("cloudwatch"), minutes_around_now()
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
        watch, (begin, end) = self.aws("cloudwatch"), minutes_around_now()
        query = {"Id": "m", "ReturnData": True, "MetricStat": {"Period": 60, "Stat": "Average", "Metric": {
            "Namespace": SPACE, "MetricName": "train:rmse", "Dimensions": [{"Name": "TrainingJobName", "Value": self.name}]}}}
        none = {**query, "Id": "none", "MetricStat": {**query["MetricStat"], "Metric": {
            **query["MetricStat"]["Metric"], "MetricName": "no:such"}}}
        results = {each["Id"]: each for each in watch.get_metric_data(
            MetricDataQueries=[query, none], StartTime=begin, EndTime=end)["MetricDataResults"]}
        self.assertGreaterEqual(len(results["m"]["Values"]), 1)
        self.assertEqual(len(results["m"]["Values"]), len(results["m"]["Timestamps"]))
        self.assertEqual(results["none"]["Values"], [])

    def test_what_is_no_question(self):
        watch, (begin, end) = self.aws("cloudwatch"), minutes_around_now()
        asked = {"Namespace": SPACE, "MetricName": "train:rmse", "StartTime": begin, "EndTime": end, "Period": 60}
        self.refused(("InvalidParameterCombination", "MissingParameter", "InvalidParameterCombinationException"),
                     watch.get_metric_statistics, **asked)
        self.refused(("InvalidParameterValue", "ValidationError", "InvalidParameterValueException"),
                     watch.get_metric_statistics, **{**asked, "Period": 7}, Statistics=["Sum"])


if __name__ == "__main__":
    unittest.main()

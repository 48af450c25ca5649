"""The examples in examples/sagemaker, run as a person runs them: a program, and what the environment says."""
import sys
import unittest
from pathlib import Path

from lib.hub import Case, only_weft
from lib.programs import run_watched

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/sagemaker"
# What boto3 knows a service's address by, for each of those that the programs call.
SERVICES = ("SAGEMAKER", "SAGEMAKER_RUNTIME", "S3", "STS", "IAM", "CLOUDWATCH", "CLOUDWATCH_LOGS")


@only_weft
class GoldenPath(Case):
    def run_example(self, name, seconds, **environment):
        printed, operations = run_watched(self, (sys.executable, EXAMPLES / name), seconds, **environment)
        print(printed)
        # That they were looked at.
        self.assertLessEqual({"GetRole", "PutObject", "CreateTrainingJob", "DescribeEndpoint", "InvokeEndpoint"}, operations)
        return printed, operations

    def test_sdk(self):
        printed, operations = self.run_example("golden_path.py", 120)
        steps = [line.split(":")[0].removeprefix("== ") for line in printed.splitlines() if line.startswith("== ")]
        self.assertEqual([step.split()[0] for step in steps], ["data", "fit", "metrics", "deploy", "predict", "update", "delete", "done"])
        self.assertIn("#011validation-rmse:", printed)
        self.assertLessEqual({"GetCallerIdentity", "GetLogEvents", "GetMetricStatistics", "UpdateEndpoint", "DeleteModel"}, operations)

    def test_boto3(self):
        printed, operations = self.run_example("golden_path_boto3.py", 60)
        self.assertIn("Completed", printed)
        self.assertIn("FilterLogEvents", operations)

    def test_an_address_for_each_service(self):
        """In place of AWS_ENDPOINT_URL, which would go wherever none is said."""
        addresses = {f"AWS_ENDPOINT_URL_{service}": self.url for service in SERVICES}
        printed, _ = self.run_example("golden_path_boto3.py", 60, AWS_ENDPOINT_URL="http://127.0.0.1:9", **addresses)
        self.assertIn("Completed", printed)


if __name__ == "__main__":
    unittest.main()

"""The SageMaker SDK, 3.x: ModelTrainer with the user's own code and with the built-in XGBoost, ModelBuilder, and the resources
of its core. Its modules make clients while they are imported, so they are imported once the hub stands."""
import json
import re
import time
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from lib.aws import ROLE, XGBOOST, AwsCase, new_name, unpack
from lib.data import csv, friedman, numbers, rmse
from lib.hub import only_weft
from lib.oracle import debian, xgboost_model

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BOOST = {"objective": "reg:squarederror", "max_depth": "4", "nthread": "1"}


@only_weft
class Trainer(AwsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pause = time.sleep
        cut = mock.patch("time.sleep", lambda seconds: pause(min(seconds, 0.5)))
        cut.start()
        cls.addClassCleanup(cut.stop)
        import sagemaker.core.resources as resources
        from sagemaker.core.helper.session_helper import Session
        from sagemaker.serve import ModelBuilder
        from sagemaker.train import ModelTrainer, configs
        cls.sdk = {"resources": resources, "ModelBuilder": ModelBuilder, "ModelTrainer": ModelTrainer, "configs": configs}
        cls.session = Session(default_bucket=cls.bucket)

    def trainer(self, image, **more):
        configs = self.sdk["configs"]
        return self.sdk["ModelTrainer"](
            sagemaker_session=self.session, role=ROLE, training_image=image, base_job_name="sdk3",
            compute=configs.Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1),
            stopping_condition=configs.StoppingCondition(max_runtime_in_seconds=600),
            output_data_config=configs.OutputDataConfig(s3_output_path=f"s3://{self.bucket}/sdk3"), **more)

    def channel(self, name, uri, content_type=None):
        more = {"content_type": content_type} if content_type else {}
        return self.sdk["configs"].InputData(channel_name=name, data_source=uri, **more)

    def deployed(self, artifacts, image, **more):
        builder = self.sdk["ModelBuilder"](s3_model_data_url=artifacts, role_arn=ROLE, sagemaker_session=self.session,
                                           image_uri=image, instance_type="ml.m5.large", **more)
        builder.build(model_name=new_name("sdk3"))
        endpoint = builder.deploy(endpoint_name=new_name("sdk3"), initial_instance_count=1, instance_type="ml.m5.large")
        self.addCleanup(self.forget_endpoint, endpoint.endpoint_name)
        return endpoint

    @staticmethod
    def said(endpoint, body, content_type, **more):
        body = endpoint.invoke(body=body, content_type=content_type, **more).body
        return body.read() if hasattr(body, "read") else body

    def test_xgboost(self):
        x, y = friedman(400, seed=5)
        train, validation = csv(x[:300], y[:300]), csv(x[300:], y[300:])
        channels = [self.channel("train", self.put("sdk3/train.csv", train), "text/csv"),
                    self.channel("validation", self.put("sdk3/validation.csv", validation), "text/csv")]
        trainer = self.trainer(XGBOOST, hyperparameters={**BOOST, "num_round": 20})
        trainer.train(input_data_config=channels)
        job = trainer._latest_training_job
        self.assertEqual(job.training_job_status, "Completed")
        wanted = xgboost_model(BOOST, 20, train, validation)
        artifacts = job.model_artifacts.s3_model_artifacts
        self.assertEqual(unpack(self.get(artifacts))["xgboost-model"], wanted["model"])
        endpoint = self.deployed(artifacts, XGBOOST)
        said = numbers(self.said(endpoint, csv(x[300:]), "text/csv"))
        self.assertAlmostEqual(rmse(said, y[300:]), wanted["scores"]["validation-rmse"][-1], 4)

    def test_code_of_ones_own(self):
        rows = np.array(debian("from sklearn.datasets import load_digits\nx, y = load_digits(return_X_y=True)\n"
                               "answer = [[int(label), *map(int, row)] for label, row in zip(y, x)]"))
        data = self.put("sdk3/digits.csv", "\n".join(",".join(map(str, row)) for row in rows))
        configs = self.sdk["configs"]
        trainer = self.trainer(SKLEARN, hyperparameters={"max-iter": 300}, source_code=configs.SourceCode(
            source_dir=str(SCRIPTS), entry_script="digits.py"))
        trainer.train(input_data_config=[self.channel("train", data)])
        job = trainer._latest_training_job
        self.assertEqual(job.training_job_status, "Completed", job.failure_reason)
        log = "\n".join(self.log_of(job.training_job_name))
        self.assertIn("accuracy: 0.9689;", log)
        channels = re.search(r"channels (\[.*\])", log).group(1)
        self.assertIn("train", json.loads(channels))
        endpoint = self.deployed(job.model_artifacts.s3_model_artifacts, SKLEARN, source_code=configs.SourceCode(
            source_dir=str(SCRIPTS), entry_script="digits_inference.py"))
        told = json.loads(self.said(endpoint, json.dumps({"digits": (rows[:5, 1:] / 16).tolist()}), "application/json",
                                    accept="application/json"))
        self.assertEqual([each["digit"] for each in told], rows[:5, 0].tolist())

    def test_a_command_of_ones_own(self):
        source = self.sdk["configs"].SourceCode(command="echo made by a command > $SM_MODEL_DIR/made; echo said so")
        trainer = self.trainer(SKLEARN, source_code=source)
        trainer.train()
        job = trainer._latest_training_job
        self.assertEqual(job.training_job_status, "Completed", job.failure_reason)
        self.assertEqual(unpack(self.get(job.model_artifacts.s3_model_artifacts)), {"made": b"made by a command\n"})
        self.assertIn("said so", self.log_of(job.training_job_name))

    def test_code_that_fails(self):
        trainer = self.trainer(SKLEARN, source_code=self.sdk["configs"].SourceCode(source_dir=str(SCRIPTS), entry_script="fails.py"))
        with self.assertRaises(Exception) as caught:
            trainer.train()
        self.assertIn("the data has no colour", str(caught.exception))

    def test_resources_of_the_core(self):
        """What lists, refreshes, updates and deletes."""
        resources = self.sdk["resources"]
        x, y = friedman(100, seed=6)
        trainer = self.trainer(XGBOOST, hyperparameters={**BOOST, "num_round": 2})
        trainer.train(input_data_config=[self.channel("train", self.put("sdk3/core.csv", csv(x, y)), "text/csv")])
        job = trainer._latest_training_job
        self.assertIn(job.training_job_name, [each.training_job_name for each in resources.TrainingJob.get_all(
            name_contains=job.training_job_name)])
        endpoint = self.deployed(job.model_artifacts.s3_model_artifacts, XGBOOST)
        again = resources.Endpoint.get(endpoint_name=endpoint.endpoint_name)
        self.assertEqual(again.endpoint_status, "InService")
        self.assertEqual(len(numbers(self.said(again, csv(x[:3]), "text/csv"))), 3)
        again.update_weights_and_capacities(desired_weights_and_capacities=[
            {"variant_name": "AllTraffic", "desired_instance_count": 2}])
        again.wait_for_status("InService", poll=1)
        self.assertEqual(again.production_variants[0].current_instance_count, 2)
        again.delete()
        again.wait_for_delete(poll=1)


if __name__ == "__main__":
    unittest.main()

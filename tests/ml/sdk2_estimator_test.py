"""The SageMaker SDK, 2.x: the built-in XGBoost by an Estimator, and script mode with scikit-learn."""
import contextlib
import io
import re
import time
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import sagemaker
from sagemaker import image_uris
from sagemaker.analytics import TrainingJobAnalytics
from sagemaker.deserializers import CSVDeserializer, JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer, JSONSerializer
from sagemaker.sklearn import SKLearn, SKLearnModel

from lib.aws import OFTEN, ROLE, AwsCase, eventually, new_name, unpack
from lib.data import csv, friedman, rmse
from lib.hub import only_weft
from lib.oracle import debian, xgboost_model

SCRIPTS = Path(__file__).resolve().parent / "scripts"
KIND = {"instance_count": 1, "instance_type": "ml.m5.large"}
BOOST = {"objective": "reg:squarederror", "max_depth": 4, "nthread": 1}


def shell_text(text):
    """What is printed, without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class Hurried:
    """The SDK's `time`: while it tells a job's log it sleeps 10 s and asks for the job's status every 30 s, which is made for
    jobs of minutes."""
    TIMES = 20

    @classmethod
    def time(cls):
        return time.time() * cls.TIMES

    @classmethod
    def sleep(cls, seconds):
        time.sleep(seconds / cls.TIMES)


class SdkCase(AwsCase):
    """A session as its users make one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hurry = mock.patch("sagemaker.session.time", Hurried)
        hurry.start()
        cls.addClassCleanup(hurry.stop)
        cls.session = sagemaker.Session(default_bucket=cls.bucket)

    def fit(self, estimator, inputs, **more):
        """What the SDK printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            estimator.fit(inputs, **more)
        return shell_text(printed.getvalue())

    def deployed(self, model, **more):
        predictor = model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name=new_name("sdk"), **more)
        self.addCleanup(self.forget_endpoint, predictor.endpoint_name)
        return predictor


@only_weft
class Defaults(AwsCase):
    """What a session finds out by itself. It asks STS at an address of its own, whatever AWS_ENDPOINT_URL says: here the hub's."""

    def test_bucket_and_role(self):
        told = self.aws("sts").get_caller_identity()
        with mock.patch("sagemaker.session.sts_regional_endpoint", return_value=self.url):
            session = sagemaker.Session()
            bucket = session.default_bucket()
            self.assertEqual(bucket, f"sagemaker-us-east-1-{told['Account']}")
            uri = session.upload_string_as_file_body("1,2", bucket=bucket, key="data/one.csv")
            # Another time it is there already, and has to be one's own.
            self.assertEqual(sagemaker.Session().default_bucket(), bucket)
            role = sagemaker.get_execution_role(session)
        self.assertEqual(uri, f"s3://{bucket}/data/one.csv")
        self.assertEqual(self.get(uri), b"1,2")
        self.assertEqual(role, f"arn:aws:iam::{told['Account']}:role/{told['Arn'].split('/')[1]}")


@only_weft
class XGBoost(SdkCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.x, cls.y = friedman(600, seed=11)
        cls.train, cls.validation = csv(cls.x[:400], cls.y[:400]), csv(cls.x[400:], cls.y[400:])
        (cls.folder / "train.csv").write_text(cls.train)
        (cls.folder / "validation.csv").write_text(cls.validation)
        cls.inputs = {name: TrainingInput(cls.session.upload_data(str(cls.folder / f"{name}.csv"), key_prefix=f"sdk/{name}"),
                                          content_type="csv") for name in ("train", "validation")}

    def estimator(self, **hyperparameters):
        return Estimator(image_uris.retrieve("xgboost", "us-east-1", version="1.7-1"), ROLE, **KIND,
                         output_path=f"s3://{self.bucket}/sdk/models", sagemaker_session=self.session,
                         hyperparameters={**BOOST, **hyperparameters})

    def test_the_golden_path(self):
        estimator = self.estimator(num_round=40)
        printed = self.fit(estimator, self.inputs, logs="All")
        for words in ("Starting", "Training", "Completed"):
            self.assertIn(words, printed)
        wanted = xgboost_model({key: str(value) for key, value in BOOST.items()}, 40, self.train, self.validation)
        scores = wanted["scores"]["validation-rmse"]
        self.assertIn(f"[39]#011train-rmse:{wanted['scores']['train-rmse'][-1]:.5f}#011validation-rmse:{scores[-1]:.5f}", printed)
        self.assertIn("Billable seconds", printed)
        self.assertEqual(unpack(self.get(estimator.model_data))["xgboost-model"], wanted["model"])

        curve = TrainingJobAnalytics(estimator.latest_training_job.name, metric_names=["validation:rmse"],
                                     sagemaker_session=self.session).dataframe()
        self.assertEqual(set(curve["metric_name"]), {"validation:rmse"})
        self.assertTrue(((curve["value"] >= min(scores) - 1e-5) & (curve["value"] <= max(scores) + 1e-5)).all(), curve)

        predictor = self.deployed(estimator, serializer=CSVSerializer(), deserializer=CSVDeserializer())
        said = np.array(predictor.predict(self.x[400:])).astype(float).ravel()
        self.assertAlmostEqual(rmse(said, self.y[400:]), scores[-1], 4)
        again = Predictor(predictor.endpoint_name, self.session, CSVSerializer(), JSONDeserializer())
        told = again.predict(self.x[400:402], initial_args={"Accept": "application/json"})
        self.assertEqual(len(told["predictions"]), 2)

        better = self.estimator(num_round=200)
        self.fit(better, self.inputs, logs="None")
        model = better.create_model(name=new_name("better"))
        model.create(instance_type="ml.m5.large")
        predictor.update_endpoint(initial_instance_count=1, instance_type="ml.m5.large", model_name=model.name)
        moved = np.array(predictor.predict(self.x[400:])).astype(float).ravel()
        self.assertFalse(np.array_equal(moved, said))
        predictor.delete_model()
        predictor.delete_endpoint()
        self.aws("sagemaker").get_waiter("endpoint_deleted").wait(EndpointName=predictor.endpoint_name, WaiterConfig=OFTEN)

    def test_a_job_that_fails_is_told_by_the_sdk(self):
        with self.assertRaises(UnexpectedStatusException) as caught:
            self.fit(self.estimator(num_round=1, colour="red"), self.inputs)
        self.assertIn("Extraneous hyperparameter found: colour", str(caught.exception))

    def test_attach_to_a_job_and_its_model(self):
        estimator = self.estimator(num_round=3)
        self.fit(estimator, self.inputs)
        attached = Estimator.attach(estimator.latest_training_job.name, sagemaker_session=self.session)
        self.assertEqual(attached.model_data, estimator.model_data)
        self.assertEqual(attached.hyperparameters()["num_round"], "3")
        model = Model(estimator.training_image_uri(), model_data=estimator.model_data, role=ROLE,
                      sagemaker_session=self.session, predictor_cls=Predictor)
        predictor = self.deployed(model, serializer=CSVSerializer(), deserializer=CSVDeserializer())
        self.assertEqual(len(predictor.predict(self.x[:2])[0]), 2)


@only_weft
class Scripts(SdkCase):
    """Digits that scikit-learn brings along: 0.9689 of the test rows right (sagemaker.md 2.4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = debian("from sklearn.datasets import load_digits\nx, y = load_digits(return_X_y=True)\n"
                      "answer = [[int(label), *map(int, row)] for label, row in zip(y, x)]")
        cls.rows = np.array(rows)
        (cls.folder / "digits.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
        cls.data = cls.session.upload_data(str(cls.folder / "digits.csv"), key_prefix="digits")

    def estimator(self, script="digits.py", **more):
        return SKLearn(entry_point=script, source_dir=str(SCRIPTS), framework_version="1.2-1", py_version="py3", role=ROLE, **KIND,
                       sagemaker_session=self.session, output_path=f"s3://{self.bucket}/digits/models", **more)

    def test_fit_deploy_predict(self):
        estimator = self.estimator(hyperparameters={"max-iter": 300}, metric_definitions=[
            {"Name": "accuracy", "Regex": r"accuracy: ([0-9.]+);"}])
        printed = self.fit(estimator, {"train": self.data}, logs="All")
        self.assertIn("accuracy: 0.9689;", printed)
        self.assertIn('channels ["train"]', printed)
        told = self.job(estimator.latest_training_job.name)
        final = {metric["MetricName"]: metric["Value"] for metric in told["FinalMetricDataList"]}
        self.assertEqual(final, {"accuracy": 0.9689})
        self.assertEqual(list(unpack(self.get(estimator.model_data))), ["model.joblib"])
        output = estimator.model_data.replace("model.tar.gz", "output.tar.gz")
        wrong = unpack(self.get(output))["wrong.csv"].decode().strip().splitlines()
        self.assertEqual(len(wrong), 450 - 436)

        predictor = self.deployed(estimator)
        said = predictor.predict(self.rows[:50, 1:] / 16)  # as numpy's own files, there and back
        self.assertGreater(np.mean(said == self.rows[:50, 0]), 0.9)
        for serializer, deserializer in ((CSVSerializer(), CSVDeserializer()), (JSONSerializer(), JSONDeserializer())):
            other = Predictor(predictor.endpoint_name, self.session, serializer, deserializer)
            accept = {"Accept": deserializer.ACCEPT[0]}
            same = np.array(other.predict((self.rows[:50, 1:] / 16).tolist(), initial_args=accept)).astype(float).ravel()
            self.assertTrue(np.array_equal(same, said), type(serializer))
        predictor.delete_endpoint()

    def test_a_model_and_its_own_inference_script(self):
        estimator = self.estimator(hyperparameters={"max-iter": 300})
        self.fit(estimator, {"train": self.data})
        model = SKLearnModel(model_data=estimator.model_data, role=ROLE, entry_point="digits_inference.py",
                             source_dir=str(SCRIPTS), framework_version="1.2-1", py_version="py3", sagemaker_session=self.session)
        predictor = self.deployed(model, serializer=JSONSerializer(), deserializer=JSONDeserializer())
        told = predictor.predict({"digits": (self.rows[:3, 1:] / 16).tolist()})
        self.assertEqual([each["digit"] for each in told], self.rows[:3, 0].tolist())
        self.assertTrue(all(0.5 < each["sure"] <= 1 for each in told), told)

    def test_a_script_that_fails_puts_its_last_lines_into_the_reason(self):
        with self.assertRaises(UnexpectedStatusException) as caught:
            self.fit(self.estimator("fails.py"), {"train": self.data})
        reason = str(caught.exception)
        self.assertIn("ValueError: the data has no colour", reason)
        self.assertIn("AlgorithmError", reason)

    def test_a_script_is_told_to_stop(self):
        estimator = self.estimator("sleeps.py")
        estimator.fit({"train": self.data}, wait=False)
        name = estimator.latest_training_job.name
        self.addCleanup(self.forget_job, name)
        eventually("it sleeps", lambda: self.job(name)["SecondaryStatus"] == "Training" and "sleeping" in self.log_of(name), 30)
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        told = self.ended_job(name)
        self.assertEqual(told["TrainingJobStatus"], "Stopped")
        self.assertIn("told to stop", self.log_of(name))
        self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"])), {"partial": b"half a model"})

    def test_a_script_that_is_not_there(self):
        image, name = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"), new_name("job")
        self.aws("sagemaker").create_training_job(
            TrainingJobName=name, RoleArn=ROLE,
            AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
            HyperParameters={"sagemaker_program": '"none.py"',
                             "sagemaker_submit_directory": f'"s3://{self.bucket}/nowhere/sourcedir.tar.gz"'},
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60})
        told = self.ended_job(name)
        self.assertEqual(told["TrainingJobStatus"], "Failed")
        self.assertIn("nowhere/sourcedir.tar.gz", told["FailureReason"])


if __name__ == "__main__":
    unittest.main()

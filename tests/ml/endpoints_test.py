"""Endpoints by boto3: what they answer in each format, what they refuse, variants and their weights, updates under load."""
import concurrent.futures
import datetime
import json
import os
import signal
import threading
import time
import unittest
import urllib.request

from botocore.exceptions import EventStreamError
from sagemaker.amazon.common import RecordSerializer

from lib.aws import OFTEN, AwsCase, archive, eventually, new_name, unpack
from lib.data import csv, friedman, numbers
from lib.hub import only_weft
from lib.waits import PATIENCE

BOOST = {"objective": "reg:squarederror", "max_depth": "3", "nthread": "1"}
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
# Speaks, and then fails or ends, as it is told.
BREAKS_OFF = b"""
import os

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    def pieces():
        yield b"the first piece"
        if bytes(data) == b"fail":
            raise ValueError("there is no second piece")
        os._exit(3)
    return pieces()
"""
MIB = 1024 * 1024
# With the chance of one in a million that a fair coin is told to be unfair.
SIGMAS = 5


class Models(AwsCase):
    """Two models that answer differently, trained once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.x, cls.y = friedman(300)
        case = cls("describe")
        case.clients = cls.clients
        data = {"low": cls.put("low.csv", csv(cls.x, cls.y)), "high": cls.put("high.csv", csv(cls.x, cls.y + 1000))}
        cls.data = {}
        for name, uri in data.items():
            told = case.trained({**BOOST, "num_round": 30, "base_score": "1000" if name == "high" else "0"}, {"train": uri})
            cls.data[name] = told["ModelArtifacts"]["S3ModelArtifacts"]
        cls.low, cls.high = case.model(cls.data["low"]), case.model(cls.data["high"])
        cls.row = csv(cls.x[:1])

    def describe(self):
        """Only so that there is a case to train with."""


def is_high(answer):
    return numbers(answer)[0] > 500


@only_weft
class Life(Models):
    def test_what_describe_says(self):
        sagemaker = self.aws("sagemaker")
        name = self.start_endpoint(("all", self.low))
        first = sagemaker.describe_endpoint(EndpointName=name)
        self.assertIn(first["EndpointStatus"], ("Creating", "InService"))
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=OFTEN)
        told = sagemaker.describe_endpoint(EndpointName=name)
        (variant,) = told["ProductionVariants"]
        self.assertEqual((variant["VariantName"], variant["CurrentWeight"], variant["DesiredWeight"],
                          variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]), ("all", 1.0, 1.0, 1, 1))
        self.assertRegex(told["EndpointArn"], rf"^arn:aws:sagemaker:us-east-1:\d{{12}}:endpoint/{name}$")
        config = sagemaker.describe_endpoint_config(EndpointConfigName=told["EndpointConfigName"])
        self.assertEqual(config["ProductionVariants"][0]["ModelName"], self.low)
        model = sagemaker.describe_model(ModelName=self.low)
        self.assertEqual(model["PrimaryContainer"]["ModelDataUrl"], self.data["low"])
        self.assertIn(name, [each["EndpointName"] for each in sagemaker.list_endpoints(
            NameContains=name, StatusEquals="InService")["Endpoints"]])

    def test_ready_within_a_second(self):
        began = time.monotonic()
        self.serving(("all", self.low))
        self.assertLess(time.monotonic() - began, 1.5 * PATIENCE)

    def test_names_are_used_once_and_lost_ones_are_told(self):
        sagemaker, name = self.aws("sagemaker"), self.serving(("all", self.low))
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        for code, call, given in (
                (("ValidationException", "ResourceInUse"), sagemaker.create_endpoint,
                 {"EndpointName": name, "EndpointConfigName": config}),
                ("ValidationException", sagemaker.create_endpoint, {"EndpointName": new_name("e"), "EndpointConfigName": "none"}),
                ("ValidationException", sagemaker.delete_endpoint, {"EndpointName": "none"}),
                ("ValidationException", sagemaker.delete_endpoint_config, {"EndpointConfigName": "none"}),
                ("ValidationException", sagemaker.delete_model, {"ModelName": "none"}),
                ("ValidationException", sagemaker.update_endpoint, {"EndpointName": "none", "EndpointConfigName": config})):
            with self.subTest(call.__name__, given=given):
                self.refused(code, call, **given)
        message = self.refused("ValidationException", sagemaker.describe_endpoint, EndpointName="none")
        self.assertRegex(message, r'Could not find endpoint "arn:aws:sagemaker:us-east-1:\d{12}:endpoint/none"')
        unknown = [{"VariantName": "a", "ModelName": "none", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
        message = self.refused("ValidationException", sagemaker.create_endpoint_config,
                               EndpointConfigName=new_name("c"), ProductionVariants=unknown)
        self.assertIn("Could not find model", message)

    def test_delete(self):
        sagemaker, name = self.aws("sagemaker"), self.serving(("all", self.low))
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=OFTEN)
        message = self.refused("ValidationError", self.ask, name, self.row)
        self.assertIn(name, message)
        # Its name is free, and no program of its is left.
        self.serving(("all", self.low), name=name)

    def test_no_program_is_left(self):
        before = set(self.hub.workers())
        name = self.serving(("all", self.low))
        self.assertGreater(len(set(self.hub.workers()) - before), 0)
        self.aws("sagemaker").delete_endpoint(EndpointName=name)
        eventually("its workers end", lambda: not set(self.hub.workers()) - before, 10)

    def test_a_model_that_does_not_load_says_why(self):
        for name, data, words in (("no archive", b"none of it", "archive"),
                                  ("no model", archive({"other": b"x"}), "other: this is no XGBoost model"),
                                  ("no xgboost", archive({"xgboost-model": b'{"learner": 7}'}), "xgboost-model")):
            with self.subTest(name):
                uri = self.put(f"bad/{new_name('m')}/model.tar.gz", data)
                endpoint = self.start_endpoint(("all", self.model(uri)))
                told = self.settled(endpoint)
                self.assertEqual(told["EndpointStatus"], "Failed")
                self.assertIn(words, told["FailureReason"])
                self.refused(("ValidationError", "ServiceUnavailable", "ModelNotReadyException"), self.ask, endpoint, self.row)

    def test_a_model_whose_data_is_not_there(self):
        """Not when it is created, nor any more when it is deployed."""
        nowhere = f"s3://{self.bucket}/nowhere/model.tar.gz"
        message = self.refused("ValidationException", self.model, nowhere)
        self.assertIn(nowhere, message)
        uri = self.put("gone/model.tar.gz", archive({"xgboost-model": b"x"}))
        model = self.model(uri)
        self.aws("s3").delete_object(Bucket=self.bucket, Key="gone/model.tar.gz")
        told = self.settled(self.start_endpoint(("all", model)))
        self.assertEqual(told["EndpointStatus"], "Failed")
        self.assertIn("gone/model.tar.gz", told["FailureReason"])

    def test_a_worker_that_is_killed_is_replaced(self):
        before = set(self.hub.workers())
        name = self.serving(("all", self.low))
        (worker,) = [pid for pid, words in self.hub.workers().items() if pid not in before and "weft-worker" in words]
        os.kill(worker, signal.SIGKILL)

        def answers():
            try:
                return self.ask(name, self.row)
            except self.aws("sagemaker-runtime").exceptions.ClientError:
                return None
        eventually("it answers again", answers, 10)
        self.assertEqual(self.settled(name)["EndpointStatus"], "InService")


@only_weft
class Answers(Models):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("describe")
        name = new_name("endpoint")
        cls.aws("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=case.endpoint_config(("all", cls.low)))
        case.settled(name)
        cls.name = name
        cls.wanted = numbers(cls.aws("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=csv(cls.x[:3]), ContentType="text/csv")["Body"].read())

    def invoke(self, body, content_type="text/csv", **more):
        return self.aws("sagemaker-runtime").invoke_endpoint(EndpointName=self.name, Body=body, ContentType=content_type, **more)

    def test_formats_in(self):
        rows = self.x[:3]
        libsvm = "\n".join(" ".join(f"{at}:{value:.9g}" for at, value in enumerate(row)) for row in rows)
        for content_type, body in (("text/csv", csv(rows)), ("text/libsvm", libsvm), ("text/x-libsvm", libsvm),
                                   ("application/x-recordio-protobuf", RecordSerializer().serialize(rows))):
            with self.subTest(content_type):
                for said, wanted in zip(numbers(self.invoke(body, content_type)["Body"].read()), self.wanted, strict=True):
                    self.assertAlmostEqual(said, wanted, 4)

    def test_formats_out(self):
        for accept in ("text/csv", "application/json", "application/jsonlines"):
            with self.subTest(accept):
                answer = self.invoke(csv(self.x[:3]), Accept=accept)
                self.assertEqual(answer["ContentType"].split(";")[0], accept)
                body = answer["Body"].read()
                if accept == "text/csv":
                    said = numbers(body)
                elif accept == "application/json":
                    said = [each["score"] for each in json.loads(body)["predictions"]]
                else:
                    said = [json.loads(line)["score"] for line in body.decode().splitlines()]
                for value, wanted in zip(said, self.wanted, strict=True):
                    self.assertAlmostEqual(value, wanted, 4)
        self.assertEqual(self.invoke(csv(self.x[:1]))["ContentType"].split(";")[0], "text/csv")

    def test_what_the_model_refuses(self):
        for body, content_type, accept, status in ((csv(self.x[:1]), "application/pdf", "text/csv", 415),
                                                   ("1,two,3", "text/csv", "text/csv", 415),
                                                   (csv(self.x[:1]), "text/csv", "image/png", 406),
                                                   ("1,2,3", "text/csv", "text/csv", 400)):
            with self.subTest(content_type=content_type, body=str(body)[:12], accept=accept):
                with self.assertRaises(self.aws("sagemaker-runtime").exceptions.ModelError) as caught:
                    self.invoke(body, content_type, Accept=accept)
                told = caught.exception.response
                self.assertEqual(told["ResponseMetadata"]["HTTPStatusCode"], 424)
                self.assertEqual(told["OriginalStatusCode"], status)
                self.assertTrue(told["OriginalMessage"])
                self.assertIn("LogStreamArn", told)
                self.assertRegex(told["Error"]["Message"], rf'Received (client|server) error \({status}\) from \S+ with message "')

    def test_nobody_of_that_name(self):
        runtime = self.aws("sagemaker-runtime")
        message = self.refused("ValidationError", runtime.invoke_endpoint, EndpointName="none", Body=b"1")
        self.assertIn("none", message)

    def test_which_variant_answered(self):
        self.assertEqual(self.invoke(self.row)["InvokedProductionVariant"], "all")
        self.assertEqual(self.invoke(self.row, TargetVariant="all")["InvokedProductionVariant"], "all")
        self.refused("ValidationError", self.invoke, self.row, TargetVariant="none")

    def test_many_rows_at_once(self):
        rows = csv(self.x) * 20
        said = numbers(self.invoke(rows)["Body"].read())
        self.assertEqual(len(said), 6000)
        self.assertEqual(said[:300], said[300:600])

    def test_large_bodies(self):
        """SageMaker takes 6 MiB, weft 64."""
        row = csv(self.x[:1]).strip() + "\n"
        rows = row * (7 * MIB // len(row) + 1)
        self.assertGreater(len(rows), 7 * MIB)
        said = numbers(self.invoke(rows)["Body"].read())
        self.assertEqual((len(said), set(said)), (rows.count("\n"), {said[0]}))
        self.refused("ValidationError", self.invoke, b"1" * (64 * MIB + 1))
        self.assertEqual(numbers(self.invoke(row)["Body"].read()), said[:1])

    def test_what_it_writes(self):
        """Also a model that prints nothing has a log, which a ModelError names."""
        group = f"/aws/sagemaker/Endpoints/{self.name}"
        logs = self.aws("logs")
        (stream,) = eventually("there is a stream", lambda: logs.describe_log_streams(logGroupName=group)["logStreams"], 10)
        lines = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
        self.assertRegex(lines[0]["message"], r"^model loaded in \d+ ms$")
        with self.assertRaises(self.aws("sagemaker-runtime").exceptions.ModelError) as caught:
            self.invoke(self.row, "application/pdf")
        self.assertTrue(caught.exception.response["LogStreamArn"].endswith(f":{group}:log-stream:{stream['logStreamName']}"))

    def test_in_pieces(self):
        stream = self.aws("sagemaker-runtime").invoke_endpoint_with_response_stream(
            EndpointName=self.name, Body=csv(self.x[:3]), ContentType="text/csv")
        body = b"".join(event["PayloadPart"]["Bytes"] for event in stream["Body"])
        for said, wanted in zip(numbers(body), self.wanted, strict=True):
            self.assertAlmostEqual(said, wanted, 4)

    def test_many_callers(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            rows = [csv(self.x[at:at + 1]) for at in range(200)]
            alone = numbers(self.invoke(csv(self.x[:200]))["Body"].read())
            together = list(pool.map(lambda row: numbers(self.invoke(row)["Body"].read())[0], rows))
        for said, wanted in zip(together, alone, strict=True):
            self.assertAlmostEqual(said, wanted, 4)

    def test_it_is_a_solution_in_every_protocol(self):
        shown = self.hub.run("show", self.name)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        with urllib.request.urlopen(f"{self.url}/api/openapi.json", timeout=20) as answer:
            paths = json.load(answer)["paths"]
        self.assertTrue(any(path.startswith(f"/api/{self.name}/") or path.startswith(f"/{self.name}/") for path in paths), [*paths])
        with urllib.request.urlopen(f"{self.url}/v1/models", timeout=20) as answer:
            names = [each["id"] for each in json.load(answer)["data"]]
        self.assertTrue(any(self.name in name for name in names), names)
        with urllib.request.urlopen(f"{self.url}/a2a/{self.name}/.well-known/agent-card.json", timeout=20) as answer:
            self.assertIn("skills", json.load(answer))
        with urllib.request.urlopen(f"{self.url}/v2/models/{self.name}", timeout=20) as answer:
            self.assertEqual(json.load(answer)["name"], self.name)

    def test_what_it_counts(self):
        watch, now = self.aws("cloudwatch"), datetime.datetime.now(datetime.timezone.utc)
        self.invoke(self.row)
        dimensions = [{"Name": "EndpointName", "Value": self.name}, {"Name": "VariantName", "Value": "all"}]

        def sums(metric):
            return sum(point["Sum"] for point in watch.get_metric_statistics(
                Namespace="AWS/SageMaker", MetricName=metric, Dimensions=dimensions, StartTime=now - datetime.timedelta(hours=1),
                EndTime=now + datetime.timedelta(minutes=5), Period=60, Statistics=["Sum"])["Datapoints"])
        eventually("the invocation is counted", lambda: sums("Invocations") > 0, 10)
        self.assertGreater(sums("ModelLatency"), 0)


@only_weft
class Pieces(AwsCase):
    def test_what_breaks_off(self):
        uri = self.put("breaks/model.tar.gz", archive({"code/inference.py": BREAKS_OFF}))
        name = self.serving(("all", self.model(uri, SKLEARN)))
        for body, words in ((b"fail", "there is no second piece"), (b"die", "the model's program ended")):
            with self.subTest(body):
                stream = self.aws("sagemaker-runtime").invoke_endpoint_with_response_stream(
                    EndpointName=name, Body=body, ContentType="application/octet-stream")["Body"]
                said = []
                with self.assertRaisesRegex(EventStreamError, rf"(InternalStreamFailure|ModelStreamError).*{words}"):
                    for event in stream:
                        said.append(event["PayloadPart"]["Bytes"])
                self.assertEqual(said, [b"the first piece"])


@only_weft
class Variants(Models):
    def share_of_high(self, name, count):
        return sum(is_high(self.ask(name, self.row)) for _ in range(count)) / count

    def assert_share(self, share, wanted, count):
        off = SIGMAS * (wanted * (1 - wanted) / count) ** 0.5
        self.assertAlmostEqual(share, wanted, delta=off)

    def test_weights_and_targets(self):
        sagemaker, count = self.aws("sagemaker"), 400
        name = self.serving(("low", self.low, 3.0), ("high", self.high, 1.0))
        self.assert_share(self.share_of_high(name, count), 0.25, count)
        for variant, high in (("low", False), ("high", True)):
            self.assertEqual({is_high(self.ask(name, self.row, TargetVariant=variant)) for _ in range(20)}, {high})
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[
            {"VariantName": "low", "DesiredWeight": 0.0}, {"VariantName": "high", "DesiredInstanceCount": 2}])
        told = self.settled(name)
        variants = {variant["VariantName"]: variant for variant in told["ProductionVariants"]}
        self.assertEqual((variants["low"]["CurrentWeight"], variants["high"]["CurrentInstanceCount"]), (0.0, 2))
        self.assertEqual(self.share_of_high(name, 50), 1.0)
        # A weight of nothing is still there for who asks for it.
        self.assertFalse(is_high(self.ask(name, self.row, TargetVariant="low")))
        self.refused("ValidationException", sagemaker.update_endpoint_weights_and_capacities, EndpointName=name,
                     DesiredWeightsAndCapacities=[{"VariantName": "none", "DesiredWeight": 1.0}])

    def test_an_update_under_load_loses_no_request(self):
        sagemaker, name = self.aws("sagemaker"), self.serving(("all", self.low))
        end, failures, counts = threading.Event(), [], {False: 0, True: 0}

        def ask_on():
            runtime = self.checked.watch(self.aws("sagemaker-runtime", config=self.once))
            while not end.is_set():
                try:
                    counts[is_high(runtime.invoke_endpoint(EndpointName=name, Body=self.row, ContentType="text/csv")["Body"].read())] += 1
                except Exception as error:
                    failures.append(repr(error))
        callers = [threading.Thread(target=ask_on) for _ in range(6)]
        for caller in callers:
            caller.start()
        try:
            for at in range(6):
                model = (self.high, self.low)[at % 2]
                sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=self.endpoint_config(("all", model)))
                told = sagemaker.describe_endpoint(EndpointName=name)
                self.assertIn(told["EndpointStatus"], ("Updating", "InService"))
                told = self.settled(name)
                self.assertEqual((told["EndpointStatus"], told.get("FailureReason")), ("InService", None))
                # Who asks after the update is told by the new model.
                self.assertEqual(is_high(self.ask(name, self.row)), model == self.high)
        finally:
            end.set()
            for caller in callers:
                caller.join()
        self.assertEqual(failures, [])
        self.assertGreater(min(counts.values()), 20, counts)

    def test_an_update_that_fails_changes_nothing(self):
        sagemaker, name = self.aws("sagemaker"), self.serving(("all", self.low))
        before = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        bad = self.model(self.put("bad/update/model.tar.gz", b"none of it"))
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=self.endpoint_config(("all", bad)))
        told = self.settled(name)
        self.assertEqual((told["EndpointStatus"], told["EndpointConfigName"]), ("InService", before))
        self.assertTrue(told["FailureReason"])
        self.assertFalse(is_high(self.ask(name, self.row)))

    def test_what_is_being_made_is_not_changed(self):
        sagemaker, name = self.aws("sagemaker"), self.serving(("all", self.low))
        configs = [self.endpoint_config(("all", model)) for model in (self.high, self.low)]
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=configs[0])
        try:
            sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=configs[1])
        except sagemaker.exceptions.ClientError as error:
            self.assertEqual(error.response["Error"]["Code"], "ValidationException")
            self.assertRegex(error.response["Error"]["Message"], "(?i)Cannot update in-progress endpoint|Updating")
        self.settled(name)

    def test_the_artifact_is_interchangeable(self):
        """The model's own file, packed by somebody else, in other folders of a bucket."""
        model = unpack(self.get(self.data["low"]))["xgboost-model"]
        again = self.model(self.put("repacked/model.tar.gz", archive({"./xgboost-model": model})))
        name = self.serving(("all", again))
        self.assertFalse(is_high(self.ask(name, self.row)))


if __name__ == "__main__":
    unittest.main()

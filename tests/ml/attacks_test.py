"""Hostile models, archives, keys, tensors and scripts (attacks 21 to 23): each is refused with its reason, or costs its own
worker alone; the hub lives, others are answered, and nothing lies where it should not."""
import base64
import gzip
import http.client
import io
import json
import os
import pickle
import random
import struct
import tarfile
import threading
import unittest
import uuid
import zipfile
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lib import hostile
from lib.aws import XGBOOST, AwsCase, archive, new_name, unpack
from lib.data import csv, friedman
from lib.hostile import kind, tar_of
from lib.hub import only_weft, resident_bytes
from lib.oracle import debian, onnx_model

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
# Mutants of each kind of model; the fuzzers make many more.
MUTANTS = int(os.environ.get("WEFT_ML_MUTANTS", "12"))
GROWTH_BYTES_MAX = 256 * 1024 * 1024
# More than the longest name of a job or a channel may hold.
MILLION = 10**6


class Attacked(AwsCase):
    """A healthy endpoint is asked all the while: it must never notice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.x, cls.y = friedman(200)
        case = cls("setUp")
        told = case.trained({"objective": "reg:squarederror", "num_round": 10}, {"train": cls.put("rows.csv", csv(cls.x, cls.y))})
        cls.healthy_model = told["ModelArtifacts"]["S3ModelArtifacts"]
        cls.healthy = cls.endpoint_of(case, cls.healthy_model, XGBOOST)
        cls.row = csv(cls.x[:1])
        cls.wanted = case.ask(cls.healthy, cls.row)
        cls.pid = cls.hub.process.pid
        cls.memory = resident_bytes(cls.pid)

    @classmethod
    def endpoint_of(cls, case, data, image):
        """One that lasts as long as the class."""
        name = new_name("healthy")
        cls.aws("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=case.endpoint_config(
            ("all", case.model(data, image=image))))
        told = case.settled(name)
        case.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
        return name

    def setUp(self):
        self.end, self.failures = threading.Event(), []
        self.beside = threading.Thread(target=self.ask_healthy)
        self.beside.start()

    def ask_healthy(self):
        runtime = self.aws("sagemaker-runtime", config=self.once)
        while not self.end.wait(0.02):
            try:
                said = runtime.invoke_endpoint(EndpointName=self.healthy, Body=self.row, ContentType="text/csv")["Body"].read()
                if said != self.wanted:
                    self.failures.append(said)
            except Exception as error:
                self.failures.append(repr(error))

    def tearDown(self):
        self.end.set()
        self.beside.join()
        self.assertEqual(self.failures, [], "the endpoint beside noticed")
        self.assertIsNone(self.hub.process.poll(), "the hub died")
        self.assertLess(resident_bytes(self.pid) - self.memory, GROWTH_BYTES_MAX)
        super().tearDown()

    def fate(self, data, image=XGBOOST):
        """(status, reason) of an endpoint with this model.tar.gz, once it settles; it must."""
        uri = self.put(f"hostile/{new_name('m')}/model.tar.gz", data)
        name = self.start_endpoint(("all", self.model(uri, image=image)))
        told = self.settled(name, 60)
        self.forget_endpoint(name)
        return told["EndpointStatus"], told.get("FailureReason", "")

    def refused_model(self, data, *words, image=XGBOOST):
        status, reason = self.fate(data, image)
        self.assertEqual(status, "Failed", reason)
        for word in words:
            self.assertIn(word.lower(), reason.lower())
        return reason

    def assert_nowhere(self, name):
        """No file of that name lies in the hub's folder outside of its objects, nor in the usual places."""
        for place in (Path("/tmp"), Path("/"), Path.home(), Path("/opt")):
            self.assertEqual([*place.glob(name)], [])
        self.assertEqual([path for path in self.folder.rglob(name) if "objects" not in path.parts], [])

    def script_job(self, hyperparameters, **more):
        """What Describe says of a job of the user's own program, once it has ended."""
        request = self.job_request({name: json.dumps(value) for name, value in hyperparameters.items()}, {}, **more)
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        self.aws("sagemaker").create_training_job(**request)
        return self.ended_job(request["TrainingJobName"])


@only_weft
class Archives(Attacked):
    def test_paths_links_and_devices(self):
        escaped = f"escaped-{uuid.uuid4().hex}"
        archives = {
            "up": [(f"../{escaped}", b"x")],
            "far up": [("../" * 20 + f"tmp/{escaped}", b"x")],
            "up within": [(f"a/../../{escaped}", b"x")],
            "absolute": [(f"/tmp/{escaped}", b"x")],
            "backslashes": [(f"..\\..\\{escaped}", b"x")],
            "link, then through it": [("way", kind(tarfile.SYMTYPE, "/tmp")), (f"way/{escaped}", b"x")],
            "link up": [("xgboost-model", kind(tarfile.SYMTYPE, "../../../../etc/passwd"))],
            "hard link": [("xgboost-model", kind(tarfile.LNKTYPE, "/etc/passwd"))],
            "character device": [("xgboost-model", kind(tarfile.CHRTYPE, devmajor=1, devminor=5))],
            "block device": [("disk", kind(tarfile.BLKTYPE, devmajor=8, devminor=0))],
            "pipe": [("xgboost-model", kind(tarfile.FIFOTYPE))],
            "one name twice": [("xgboost-model", b"first"), ("xgboost-model", b"second")],
            "too deep": [("d/" * 200 + "xgboost-model", b"x")],
            "too many": [(f"{at}", b"") for at in range(20_000)],
        }
        for name, entries in archives.items():
            with self.subTest(name):
                self.refused_model(tar_of(*entries), "archive")
        self.assert_nowhere(escaped)

    def test_bombs(self):
        bomb = hostile.bomb(200 * 1024 * 1024)
        for name, data in (("two hundred megabytes of nothing", bomb), ("gzip in gzip", gzip.compress(bomb)),
                           ("a terabyte, it says", hostile.claimed_size(2**40)), ("a negative size", hostile.claimed_size(-1)),
                           ("a sparse terabyte", hostile.sparse(2**40))):
            with self.subTest(name):
                self.refused_model(data, "archive")

    def test_other_formats_and_rubbish(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as zipped:
            zipped.writestr("xgboost-model", b"x")
        whole = archive({"xgboost-model": os.urandom(5000)})
        for name, data in (("zip", packed.getvalue()), ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(100)), ("nothing", b""),
                           ("noise", os.urandom(4096)), ("cut off", whole[:len(whole) // 2]), ("html", b"<html></html>")):
            with self.subTest(name):
                self.refused_model(data, "archive")

    def test_the_code_of_a_job(self):
        escaped = f"escaped-{uuid.uuid4().hex}"
        for name, data in (("up", tar_of((f"../../{escaped}", b"x"), ("train.py", b"print('ran')"))),
                           ("through a link", tar_of(("way", kind(tarfile.SYMTYPE, "/")), (f"way/tmp/{escaped}", b"x"))),
                           ("rubbish", os.urandom(1000))):
            with self.subTest(name):
                code = self.put(f"code/{new_name('c')}/sourcedir.tar.gz", data)
                told = self.script_job({"sagemaker_program": "train.py", "sagemaker_submit_directory": code})
                self.assertEqual(told["TrainingJobStatus"], "Failed", told)
                self.assertIn("sourcedir.tar.gz", told["FailureReason"])
        self.assert_nowhere(escaped)


@only_weft
class ModelFiles(Attacked):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ubj = unpack(cls.get(cls.healthy_model))["xgboost-model"]
        cls.json = base64.b64decode(debian(hostile.AS_JSON, model=base64.b64encode(cls.ubj).decode()))
        cls.onnx = onnx_model()

    def test_pickles_are_refused_and_not_run(self):
        name = f"pwned-{uuid.uuid4().hex}"
        for place in (f"/tmp/{name}", f"/opt/ml/model/{name}"):
            for protocol in (0, 2, 4):
                with self.subTest(place=place, protocol=protocol):
                    data = pickle.dumps(hostile.Pwned(place), protocol)
                    self.refused_model(archive({"xgboost-model": data}), "pickle" if protocol else "xgboost-model")
        data = pickle.dumps(hostile.Pwned(f"/tmp/{name}"))
        self.refused_model(archive({"model.onnx": data}), "pickle", image="onnx")
        self.refused_model(archive({"model.joblib": data}), "pickle", image=SKLEARN)
        self.assert_nowhere(name)

    def test_models_that_lie_of_themselves(self):
        def first_tree(member, value):
            def change(_, boosters):
                boosters["trees"][0][member][0] = value
            return change

        def parameter(part, member, value):
            return lambda learner, boosters: (learner if part in learner else boosters)[part].update({member: value})

        def short(_, boosters):
            boosters["trees"][0]["split_conditions"].pop()

        def tree_parameter(_, boosters):
            boosters["trees"][0]["tree_param"]["num_nodes"] = "2147483647"
        lies = {
            "a child beyond the tree": first_tree("left_children", MILLION),
            "a child before it": first_tree("left_children", -7),
            "a ring": first_tree("left_children", 0),
            "a feature beyond": first_tree("split_indices", MILLION),
            "fewer values than nodes": short,
            "two billion nodes": tree_parameter,
            "two billion trees": parameter("gbtree_model_param", "num_trees", "2147483647"),
            "an unknown objective": parameter("objective", "name", "reg:evil"),
            "no features": parameter("learner_model_param", "num_feature", "0"),
            "a negative number of classes": parameter("learner_model_param", "num_class", "-1"),
            "trees that are words": lambda _, boosters: boosters.update(trees="none"),
        }
        for name, change in lies.items():
            with self.subTest(name):
                model = json.loads(self.json)
                change(model["learner"], model["learner"]["gradient_booster"]["model"])
                self.refused_model(archive({"xgboost-model": json.dumps(model).encode()}), "xgboost-model")

    def test_deep_and_endless_json(self):
        for name, data in (("deep", b"[" * 100_000), ("deep object", b'{"a":' * 100_000),
                           ("a huge number", b'{"a":' + b"9" * MILLION + b"}"), ("no json", b"\xff\xfe\x00"),
                           ("ubj that says 2 GB", b"{L\x00\x00\x00\x00\x7f\xff\xff\xff")):
            with self.subTest(name):
                self.refused_model(archive({"xgboost-model": data}), "xgboost-model")

    def test_onnx_that_reads_elsewhere(self):
        def reading(place):
            model = base64.b64decode(debian(hostile.EXTERNAL, model=base64.b64encode(self.onnx).decode(), place=place))
            return archive({"model.onnx": model, "weights.bin": bytes(20 * 64 * 4)})
        for place in ("../../../../etc/passwd", "/etc/passwd", "other.bin"):
            with self.subTest(place):
                reason = self.refused_model(reading(place), image="onnx")
                self.assertRegex(reason.lower(), "external|outside|not among the model's files")
        # What came beside it is its own.
        self.assertEqual(self.fate(reading("weights.bin"), "onnx"), ("InService", ""))

    def test_mutants(self):
        """Each settles, as Failed with a reason or as InService; the worker may die of it, and nothing else."""
        draw, counts = random.Random(21), {}
        for what, model, image, name in (("ubj", self.ubj, XGBOOST, "xgboost-model"), ("json", self.json, XGBOOST, "xgboost-model"),
                                         ("onnx", self.onnx, "onnx", "model.onnx")):
            for _ in range(MUTANTS):
                status, reason = self.fate(archive({name: hostile.mutant(model, draw)}), image)
                self.assertIn(status, ("InService", "Failed"))
                self.assertTrue(status == "InService" or reason)
                counts[what, status] = counts.get((what, status), 0) + 1
        print(f"mutants: {counts}")


@only_weft
class Requests(Attacked):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tensors = cls.endpoint_of(cls("setUp"), cls.put("onnx/model.tar.gz", archive({"model.onnx": onnx_model()})), "onnx")

    def raw(self, method, path, body, headers):
        """(status, answer) of a request as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def infer(self, body, **headers):
        return self.raw("POST", f"/v2/models/{self.tensors}/infer", body, {"Content-Type": "application/json", **headers})

    def test_tensors_whose_sizes_lie(self):
        def request(**change):
            given = {"name": "features", "datatype": "FP32", "shape": [1, 20], "data": [0.5] * 20, **change}
            return json.dumps({"inputs": [{name: value for name, value in given.items() if value is not None}]})
        status, answer = self.infer(request())
        self.assertEqual(status, 200, answer)
        twice = json.dumps({"inputs": json.loads(request())["inputs"] * 2})
        for name, body in (("more rows than data", request(shape=[2, 20])), ("fewer", request(shape=[1, 19])),
                           ("none", request(shape=[])), ("negative", request(shape=[-1, 20])),
                           ("a product that wraps around", request(shape=[2**32, 2**32])),
                           ("two billion rows", request(shape=[2**31, 20])), ("a shape of words", request(shape=["1", 20])),
                           ("ragged", request(data=[[0.5] * 19, [0.5]])), ("words", request(data=["x"] * 20)),
                           ("another type", request(datatype="FP99")), ("no data", request(data=None)),
                           ("too large for its type", request(datatype="UINT8", data=[300] * 20)),
                           ("no inputs", json.dumps({"inputs": []})), ("the same twice", twice)):
            with self.subTest(name):
                status, answer = self.infer(body)
                self.assertEqual(status, 400, answer)
                self.assertTrue(json.loads(answer)["error"])

    def test_binary_sizes_that_lie(self):
        data = struct.pack("<20f", *([0.5] * 20))

        def request(size, shape=(1, 20), head=None, tail=data):
            given = {"name": "features", "datatype": "FP32", "shape": [*shape], "parameters": {"binary_data_size": size}}
            text = json.dumps({"inputs": [given]}).encode()
            return text + tail, str(len(text) if head is None else head)
        for name, (body, head), good in (
                ("right", request(80), True), ("more than there is", request(8000), False), ("less", request(40), False),
                ("negative", request(-80), False), ("huge", request(2**62), False), ("more than a number holds", request(2**80), False),
                ("bytes left over", request(80, tail=data * 2), False), ("a head beyond the body", request(80, head=10**9), False),
                ("a head that cuts the JSON", request(80, head=10), False), ("a head of no number", request(80, head="ten"), False),
                ("a shape that wraps around", request(80, (2**32, 2**32)), False)):
            with self.subTest(name):
                status, answer = self.infer(body, **{"Inference-Header-Content-Length": head})
                self.assertEqual(status, 200 if good else 400, answer[:300])

    def test_rows_that_are_too_much(self):
        for body, content_type in (("[" * 50_000, "application/json"), ("1" * 100_000, "text/csv"),
                                   (",".join("1" * 100_000), "text/csv"), ("1:1 " * 50_000 + "4294967295:1", "text/libsvm"),
                                   ("1 99999999999999999999:1", "text/libsvm"), ("nan,inf,-inf,1e999,0x1p3,,,,,", "text/csv"),
                                   (os.urandom(5000), "application/x-recordio-protobuf"),
                                   (struct.pack("<II", 0xCED7230A, 2**31 - 1) + b"short", "application/x-recordio-protobuf")):
            with self.subTest(content_type=content_type, body=str(body[:20])):
                try:
                    self.ask(self.healthy, body, content_type)
                except self.aws("sagemaker-runtime").exceptions.ModelError as error:
                    self.assertIn(error.response["OriginalStatusCode"], (400, 413, 415))

    def test_keys_that_climb(self):
        """Signed as they are: no library stands between that would straighten them."""
        escaped = f"escaped-{uuid.uuid4().hex}"
        for key in (f"../{escaped}", f"../../../../../../tmp/{escaped}", f"a/../../{escaped}", f"..%2f{escaped}", f"./{escaped}",
                    f"/tmp/{escaped}", f"%2e%2e/{escaped}", f"a%00{escaped}"):
            with self.subTest(key):
                path = f"/{self.bucket}/{key}"
                request = AWSRequest("PUT", self.url + path, data=b"x", headers={"Host": f"127.0.0.1:{self.hub.port}"})
                S3SigV4Auth(Credentials("AKIDWEFTTEST00000000", "weft-test-secret"), "s3", "us-east-1").add_auth(request)
                status, answer = self.raw("PUT", path, b"x", dict(request.headers.items()))
                self.assertIn(status, (200, 400, 403, 404), answer)
        self.assert_nowhere(escaped)

    def test_names_that_climb(self):
        """A job's and a channel's names are folders somewhere."""
        create = self.aws("sagemaker").create_training_job
        for name in ("..", "../x", "a/b", ".", "a b"):
            with self.subTest(name):
                self.refused("ValidationException", create, **self.job_request({"num_round": 1}, {"train": self.healthy_model}, name=name))
                self.refused("ValidationException", create, **self.job_request({"num_round": 1}, {name: self.healthy_model}))


@only_weft
class Escapes(Attacked):
    """A script of the user's that tries to get out of its sandbox."""

    @classmethod
    def setUpClass(cls):
        os.environ["WEFT_TEST_SECRET"] = "canary"
        cls.addClassCleanup(os.environ.pop, "WEFT_TEST_SECRET")
        super().setUpClass()

    def test_every_try_is_denied(self):
        code = self.put("code/sourcedir.tar.gz", archive({"escapes.py": (SCRIPTS / "escapes.py").read_bytes()}))
        told = self.script_job({"sagemaker_program": "escapes.py", "sagemaker_submit_directory": code}, Environment={
            "HUB_PORT": str(self.hub.port), "HUB_PID": str(self.pid), "HUB_FOLDER": str(self.folder)})
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        files = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))
        self.assertEqual([*files], ["tries.json"], "the link was followed")
        tries = json.loads(files["tries.json"])
        self.assertGreater(len(tries), 25)
        self.assertEqual({name: each for name, each in tries.items() if each["let"]}, {})
        # Nothing of it runs on.
        self.assertEqual([words for words in self.hub.workers().values() if "600.4242" in words], [])


if __name__ == "__main__":
    unittest.main()

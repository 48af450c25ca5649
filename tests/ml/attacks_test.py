"""Hostile models, archives, keys, tensors and scripts (attacks 21 to 23): each is refused with its reason, or costs its own
worker alone; the hub lives, others are answered, and nothing lies where it should not."""
import base64
import bz2
import gzip
import http.client
import io
import json
import lzma
import os
import pickle
import random
import stat
import struct
import subprocess
import tarfile
import threading
import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lib import hostile
from lib.aws import XGBOOST, AwsCase, archive, new_name, unpack
from lib.data import csv, friedman
from lib.hostile import kind, tar_of
from lib.hub import only_weft, resident_bytes
from lib.neighbour import Neighbour
from lib.oracle import debian, onnx_model
from lib.waits import eventually

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
# Mutants of each kind of model; the fuzzers make many more.
MUTANTS = int(os.environ.get("WEFT_ML_MUTANTS", "12"))
# Endpoints that are begun and settle at the same time.
AT_ONCE = 4
BLAZINGTEXT = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
FASTTEXT = "/usr/bin/fasttext"
GIB = 2**30
# Also what takes minutes of waiting (nightly).
LONG = os.environ.get("WEFT_ML_LONG") == "1"
GROWTH_BYTES_MAX = 256 * 1024 * 1024
# What a script says of the files beside it.
MODES = b"""import json, os, stat
said = {name: stat.S_IMODE(os.lstat(name).st_mode) for name in os.listdir(".")}
json.dump({name: said[name] for name in ("folder", "empty", "modes.py")}, open(os.environ["SM_MODEL_DIR"] + "/modes.json", "w"))
"""
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
        self.answers = []
        credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.beside = Neighbour(credentials, self.url, self.healthy, self.row, self.wanted)
        self.beside.start()

    def tearDown(self):
        self.beside.stop()
        self.assertEqual(self.beside.failures, [], "the endpoint beside noticed")
        self.assertIsNone(self.hub.process.poll(), "the hub died")
        self.assertLess(resident_bytes(self.pid) - self.memory, GROWTH_BYTES_MAX)
        super().tearDown()

    def p99_from_now(self, answers):
        """Of the endpoint beside, in seconds, over its next so many answers."""
        begin = len(self.beside.times)
        eventually("the endpoint beside answers", lambda: len(self.beside.times) >= begin + answers, 120)
        return p99(self.beside.times[begin:])

    def fate(self, data, image=XGBOOST, asked=None, **environment):
        """(status, reason) of an endpoint with this model.tar.gz, once it settles; it must. Nothing of it stays. When it is in
        service it is asked (body, content type), and has to answer something, in its time."""
        sagemaker = self.aws("sagemaker")
        key, name = f"hostile/{new_name('m')}/model.tar.gz", new_name("endpoint")
        model = self.model(self.put(key, data), image=image, **environment)
        config = self.endpoint_config(("all", model))
        try:
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
            told = self.settled(name, 60)
            if asked and told["EndpointStatus"] == "InService":
                self.answers.append(self.answer_of(name, *asked))
            return told["EndpointStatus"], told.get("FailureReason", "")
        finally:
            self.forget_endpoint(name)
            sagemaker.delete_endpoint_config(EndpointConfigName=config)
            sagemaker.delete_model(ModelName=model)
            self.aws("s3").delete_object(Bucket=self.bucket, Key=key)

    def answer_of(self, endpoint, body, content_type):
        """"well", or the words of the model's error."""
        try:
            self.ask(endpoint, body, content_type)
            return "well"
        except self.aws("sagemaker-runtime").exceptions.ModelError as error:
            return error.response["Error"]["Message"]

    def fates(self, models):
        """The same of several at a time: (data, image) each, or with what it is asked, too."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [*pool.map(lambda each: self.fate(*each), models)]

    def refused_model(self, data, *words, image=XGBOOST):
        status, reason = self.fate(data, image)
        self.assertEqual(status, "Failed", reason)
        for word in words:
            self.assertIn(word.lower(), reason.lower())
        return reason

    def refused_models(self, models):
        """The reasons of {what: (data, image)}, all of which have to fail."""
        told = self.fates(models.values())
        for what, (status, reason) in zip(models, told, strict=True):
            with self.subTest(what):
                self.assertEqual(status, "Failed", reason)
                self.assertTrue(reason)
        return {what: reason for what, (_, reason) in zip(models, told, strict=True)}

    def assert_nowhere(self, name):
        """No file of that name lies in the hub's folder outside of its objects, nor in the usual places."""
        for place in (Path("/tmp"), Path("/"), Path.home(), Path("/opt")):
            self.assertEqual([*place.glob(name)], [])
        self.assertEqual([path for path in self.folder.rglob(name) if "objects" not in path.parts], [])

    def folders_of_endpoints(self):
        return {path.name for path in (self.hub.data / "ml/endpoints").glob("*")}

    def script_job(self, hyperparameters, **more):
        """What Describe says of a job of the user's own program, once it has ended."""
        request = self.job_request({name: json.dumps(value) for name, value in hyperparameters.items()}, {}, **more)
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        self.aws("sagemaker").create_training_job(**request)
        return self.ended_job(request["TrainingJobName"])

    def own_script(self, file, **environment):
        """The same of a script of tests/ml/scripts."""
        code = self.put(f"code/{new_name('c')}/sourcedir.tar.gz", archive({file: (SCRIPTS / file).read_bytes()}))
        return self.script_job({"sagemaker_program": file, "sagemaker_submit_directory": code}, Environment=environment)


def p99(times):
    return sorted(times)[len(times) * 99 // 100]


class Room(threading.Thread):
    """How much of a disk a folder takes at most, until asked."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.most, self.end = folder, 0, threading.Event()
        self.start()

    def run(self):
        while not self.end.wait(0.005):
            self.most = max(self.most, taken(self.folder))

    def bytes_max(self):
        self.end.set()
        self.join()
        return self.most


def taken(folder):
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(at, name)).st_blocks * 512
            except OSError:
                continue  # removed meanwhile
    return total


@only_weft
class Archives(Attacked):
    def tearDown(self):
        # Of a model that was refused nothing lies anywhere: only the endpoint beside has a folder.
        eventually("the folders of endpoints are gone", lambda: len(self.folders_of_endpoints()) == 1, 20)
        super().tearDown()

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
        }
        for name, entries in archives.items():
            for image in (XGBOOST, SKLEARN):
                with self.subTest(name, image=image):
                    self.refused_model(tar_of(*entries), "archive", image=image)
        self.assert_nowhere(escaped)

    def test_names_that_are_one_elsewhere(self):
        """Where upper and lower case are one, the archive would be another model."""
        for name, entries in {"files": [("xgboost-model", b"x"), ("XGBoost-Model", b"y")],
                              "folders": [("code/a.py", b"x"), ("Code/b.py", b"y")],
                              "a file and a folder": [("code", b"x"), ("CODE/a.py", b"y")]}.items():
            for image in (XGBOOST, SKLEARN):
                with self.subTest(name, image=image):
                    self.refused_model(tar_of(*entries), "archive", "differ only in upper and lower case", image=image)

    def test_a_million_entries(self):
        many = hostile.many(10**6)
        self.assertLess(len(many), 20 * 2**20)
        for image in (XGBOOST, SKLEARN):
            with self.subTest(image=image):
                self.refused_model(many, "archive", "more than 10000 entries", image=image)

    def test_headers_without_an_entry(self):
        """Whoever reads them settles, too; how is not said by the format."""
        for image in (XGBOOST, SKLEARN):
            with self.subTest(image=image):
                self.refused_model(hostile.endless_names(100_000), image=image)

    def test_bombs(self):
        size = 200 * 2**20
        bomb = hostile.bomb(size)
        quota = len(bomb) * 1000 + 2**20
        self.assertLess(quota, size)
        for name, data, word in (("two hundred megabytes of nothing", bomb, "unpacks to more than"),
                                 ("a terabyte, it says", hostile.claimed_size(2**40), ""),
                                 ("a negative size", hostile.claimed_size(-1), ""),
                                 ("a sparse terabyte", hostile.sparse(2**40), "")):
            for image in (XGBOOST, SKLEARN):
                with self.subTest(name, image=image):
                    room = Room(self.hub.data / "ml/endpoints")
                    self.refused_model(data, "archive", word, image=image)
                    # The archive itself lies there, too; and a folder has blocks of its own.
                    self.assertLess(room.bytes_max(), quota + len(data) + 2**20)

    def test_archives_in_archives(self):
        """Only the outermost is one: what is in it are files like others, or refused."""
        bomb = hostile.bomb(20 * 2**20)
        for depth in (2, 3, 20):
            for image in (XGBOOST, SKLEARN):
                with self.subTest("gzip in gzip", depth=depth, image=image):
                    self.refused_model(hostile.nested_gzip(bomb, depth - 1), "archive", image=image)
        self.refused_model(hostile.nested_gzip(archive({"xgboost-model": b"x"}), 4), "packed with gzip more than once")
        with self.subTest("as 42.zip"):
            self.refused_model(hostile.nested_zip(4), "archive", "it is zip; only tar is read")
        with self.subTest("as 42.zip, in an archive"):
            room = Room(self.hub.data / "ml/endpoints")
            data = archive({"xgboost-model": hostile.nested_zip(4)})
            self.refused_model(data, "xgboost-model")
            self.assertLess(room.bytes_max(), 2**20)

    def test_other_formats_and_rubbish(self):
        whole = archive({"xgboost-model": os.urandom(5000)})
        for name, data, told in (("zip", hostile.nested_zip(1), "it is zip; only tar is read"),
                                 ("RAR 4", hostile.rar4(), "it is RAR; only tar is read"),
                                 ("RAR 5 with a filter", hostile.rar5(), "it is RAR; only tar is read"),
                                 ("xz", lzma.compress(gzip.decompress(whole)), "it is xz; only tar is read"),
                                 ("bzip2", bz2.compress(gzip.decompress(whole)), "it is bzip2; only tar is read"),
                                 ("RAR in gzip", gzip.compress(hostile.rar5()), "no tar archive"), ("nothing", b"", "archive"),
                                 ("noise", os.urandom(4096), "no tar archive"), ("cut off", whole[:len(whole) // 2], "archive"),
                                 ("html", b"<html></html>", "no tar archive")):
            with self.subTest(name):
                self.refused_model(data, "archive", told)
            with self.subTest(name, image="script"):
                self.refused_model(data, "archive", "tar" if "tar" in told else "", image=SKLEARN)

    def test_special_bits_do_not_survive(self):
        """Setuid, setgid and sticky, with rights for all."""
        def special(of):
            def change(entry):
                entry.mode, entry.type = 0o7777, of
            return change
        model = io.BytesIO()
        with tarfile.open(fileobj=model, mode="w:gz") as tar:
            for name, of, content in (("folder", tarfile.DIRTYPE, b""), ("folder/xgboost-model", tarfile.REGTYPE, b"x"),
                                      ("xgboost-model", tarfile.REGTYPE, unpack(self.get(self.healthy_model))["xgboost-model"])):
                entry = tarfile.TarInfo(name)
                special(of)(entry)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        before = self.folders_of_endpoints()
        name = self.serving(("all", self.model(self.put("special/model.tar.gz", model.getvalue()))))
        (mine,) = self.folders_of_endpoints() - before
        modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in (self.hub.data / "ml/endpoints" / mine).rglob("*")}
        self.assertIn("xgboost-model", modes)
        self.assertEqual({name: oct(mode) for name, mode in modes.items() if mode & 0o7002}, {})
        self.forget_endpoint(name)
        # And of a job's code, whose programs stay programs.
        told = self.script_job({"sagemaker_program": "modes.py", "sagemaker_submit_directory": self.put(
            "special/sourcedir.tar.gz", tar_of(("folder", special(tarfile.DIRTYPE)), ("empty", special(tarfile.REGTYPE)),
                                               ("modes.py", MODES)))})
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        modes = json.loads(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["modes.json"])
        self.assertEqual(modes, {"folder": 0o755, "empty": 0o755, "modes.py": 0o644})

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
        text = "\n".join(f"__label__{'odd' if at % 2 else 'even'} word{at % 7} of{at % 3}" for at in range(200))
        (cls.folder / "text").write_text(text)
        subprocess.run([FASTTEXT, "supervised", "-input", cls.folder / "text", "-output", cls.folder / "text-model", "-dim", "4",
                        "-epoch", "2", "-thread", "1"], check=True, capture_output=True, timeout=120)
        cls.fasttext = (cls.folder / "text-model.bin").read_bytes()
        # Name, model, image, what the archive calls it, and what it can be asked.
        row = (cls.row, "text/csv")
        tensors = (json.dumps({"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 20], "data": [0.5] * 20}]}),
                   "application/json")
        texts = (json.dumps({"instances": ["word1 of2", "unheard"]}), "application/json")
        cls.kinds = (("ubj", cls.ubj, XGBOOST, "xgboost-model", row), ("json", cls.json, XGBOOST, "xgboost-model", row),
                     ("onnx", cls.onnx, "onnx", "model.onnx", tensors), ("fasttext", cls.fasttext, BLAZINGTEXT, "model.bin", texts))

    def test_each_is_well_before_it_is_changed(self):
        """Otherwise all that is refused here would be refused for another reason."""
        for what, model, image, name, asked in self.kinds:
            with self.subTest(what):
                self.assertEqual(self.fate(archive({name: model}), image, asked), ("InService", ""))
                self.assertEqual(self.answers.pop(), "well")

    def test_pickles_are_refused_and_not_run(self):
        name = f"pwned-{uuid.uuid4().hex}"
        for place in (f"/tmp/{name}", f"/opt/ml/model/{name}"):
            for protocol in (0, 2, 4):
                with self.subTest(place=place, protocol=protocol):
                    data = pickle.dumps(hostile.Pwned(place), protocol)
                    self.refused_model(archive({"xgboost-model": data}), "pickle" if protocol else "xgboost-model")
        self.assert_nowhere(name)

    def test_a_pickle_by_any_name(self):
        """Renamed to whatever a model is called, for every image."""
        name = f"pwned-{uuid.uuid4().hex}"
        names = ("xgboost-model", "model.json", "model.ubj", "model.bin", "model.ftz", "model.onnx", "model.pkl", "model.pickle",
                 "model.joblib", "model.pt", "model.pth", "model", "code/serve.pkl", "saved_model.pb")
        self.refused_models({
            f"{called} for {image}, protocol {protocol}":
                (archive({called: pickle.dumps(hostile.Pwned(f"/tmp/{name}"), protocol)}), image)
            for called in names for image in (XGBOOST, "onnx", BLAZINGTEXT, SKLEARN) for protocol in (0, 2, 4)})
        self.assert_nowhere(name)
        data = pickle.dumps(hostile.Pwned(f"/tmp/{name}"))
        self.refused_model(archive({"model.onnx": data}), "pickle", image="onnx")
        self.refused_model(archive({"model.joblib": data}), "pickle", image=SKLEARN)
        self.refused_model(archive({"model.bin": data}), "fasttext", image=BLAZINGTEXT)

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

    def test_two_gigabytes_that_are_not_there(self):
        """Heads that claim so much more than the file has: nobody makes room for it, or reads beyond its end."""
        huge = 2**31 - 1
        doubles = self.ubj.index(b"[$d#L") + 5
        array = self.ubj[:doubles] + struct.pack(">q", huge) + self.ubj[doubles + 8:]
        string = self.ubj.index(b"SL") + 2
        text = self.ubj[:string] + struct.pack(">q", huge) + self.ubj[string + 8:]
        counts = json.loads(self.json)
        counts["learner"]["learner_model_param"]["num_feature"] = str(huge)
        counts["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = str(huge)
        fasttext = hostile.FastText(self.fasttext)
        claims = {
            ("an array of UBJSON", XGBOOST, "xgboost-model"): array,
            ("a text of UBJSON", XGBOOST, "xgboost-model"): text,
            ("counts of JSON", XGBOOST, "xgboost-model"): json.dumps(counts).encode(),
            ("a graph of ONNX", "onnx", "model.onnx"): b"\x08\x08\x3a\xff\xff\xff\xff\x07" + self.onnx,
            ("a tensor of ONNX", "onnx", "model.onnx"): self.claiming([huge]),
            ("a product of ONNX", "onnx", "model.onnx"): self.claiming([2**32, 2**32]),
            ("entries of fastText", BLAZINGTEXT, "model.bin"): fasttext.saying(size=huge, words=huge - 2, labels=2),
            ("rows of fastText", BLAZINGTEXT, "model.bin"): fasttext.saying(rows=huge),
            ("both sides of fastText", BLAZINGTEXT, "model.bin"): fasttext.saying(dim=huge, columns=huge),
            ("a file of the archive", XGBOOST, None): hostile.claimed_size(huge),
        }
        for (what, image, name), data in claims.items():
            with self.subTest(what):
                reason = self.refused_model(data if name is None else archive({name: data}), image=image)
                # It was found out, and did not only run out of memory, or die.
                self.assertNotRegex(reason.lower(), "memory|signal|bad_alloc|killed")

    def claiming(self, dims):
        """The ONNX model, its first weights said to be of another shape."""
        return base64.b64decode(debian(
            "import onnx\nproto = onnx.load_from_string(base64.b64decode(model))\nproto.graph.initializer[0].dims[:] = dims\n"
            "answer = base64.b64encode(proto.SerializeToString()).decode()",
            model=base64.b64encode(self.onnx).decode(), dims=dims))

    def test_fasttext_sizes_that_lie(self):
        model = hostile.FastText(self.fasttext)
        huge, words, labels = 2**31 - 1, model.read("words"), model.read("labels")
        lies = [{"dim": value} for value in (0, -1, 5, 3, huge)]
        lies += [{"size": value} for value in (0, -1, words + labels + 1, huge)]
        lies += [{"words": value} for value in (-1, 0, words + 1, huge)] + [{"labels": value} for value in (-1, 0, labels + 1, huge)]
        lies += [{"words": words + labels + 1, "labels": -1}, {"words": words + labels, "labels": 0}, {"bucket": -1},
                 {"bucket": huge}, {"bucket": 0, "wordNgrams": 5}, {"maxn": huge}, {"minn": -1, "maxn": -2}, {"wordNgrams": huge},
                 {"model": 0}, {"model": 99}, {"loss": 0}, {"loss": 99}, {"version": 99}, {"magic": 0}, {"pruned": 1}, {"pruned": 2**62},
                 {"pruned": -2}, {"rows": 0}, {"rows": -1}, {"rows": 2**62}, {"columns": 2**62}, {"columns": 0}, {"outputs": 0},
                 {"outputs": -1}, {"outputs": 2**61}, {"rows": 2**60, "columns": 16, "dim": 16}]
        liars = {str(lie): model.saying(**lie) for lie in lies}
        liars |= {f"cut off at {at}": self.fasttext[:at] for at in (4, 40, 92, len(self.fasttext) // 2, len(self.fasttext) - 1)}
        for lie, reason in self.refused_models({lie: (archive({"model.bin": data}), BLAZINGTEXT) for lie, data in liars.items()}).items():
            with self.subTest(lie):
                self.assertIn("model.bin", reason)
                self.assertNotRegex(reason.lower(), "memory|signal|bad_alloc|killed")

    def onnx_reading(self, place, kind="weights", **more):
        return base64.b64decode(debian(hostile.EXTERNAL, model=base64.b64encode(self.onnx).decode(), place=place, kind=kind,
                                       more={name: str(value) for name, value in more.items()}))

    def test_onnx_that_reads_elsewhere(self):
        beside = {"weights.bin": bytes(20 * 64 * 8)}
        places = ("../../../../etc/passwd", "/etc/passwd", "/opt/ml/config.json", "a/../../config.json", "other.bin", "", ".",
                  "weights.bin/../../model.tar.gz", "/proc/self/environ")
        told = self.refused_models({
            f"{what} in {place!r}": (archive({"model.onnx": self.onnx_reading(place, what), **beside}), "onnx")
            for what in ("weights", "sparse values", "sparse indices", "constant") for place in places})
        for what, reason in told.items():
            with self.subTest(what):
                self.assertRegex(reason.lower(), "external|outside|not among the model's files")
        # What came beside it is its own.
        for what in ("weights", "sparse values", "constant"):
            with self.subTest("beside", kind=what):
                model = self.onnx_reading("weights.bin", what)
                self.assertEqual(self.fate(archive({"model.onnx": model, **beside}), "onnx"), ("InService", ""))

    def test_onnx_that_reads_through_links(self):
        """A link never comes out of an archive, of either kind, to whichever place."""
        model = self.onnx_reading("weights.bin")
        for name, of in (("symbolic", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            for to in ("/etc/passwd", "../../../etc/passwd", "model.onnx", "../config.json", "/proc/self/environ"):
                with self.subTest(name, to=to):
                    self.refused_model(tar_of(("model.onnx", model), ("weights.bin", kind(of, to))), "link or a device", image="onnx")

    def test_onnx_that_reads_beyond(self):
        model = {"weights.bin": bytes(20 * 64 * 4)}
        for more in ({"offset": 10**6}, {"offset": -1}, {"offset": 2**64}, {"offset": 4}, {"offset": 2**63, "length": 2**63},
                     {"length": 10**6}, {"length": -1}, {"length": 1}, {"offset": "x"}):
            with self.subTest(more):
                changed = self.onnx_reading("weights.bin", **more)
                self.refused_model(archive({"model.onnx": changed, **model}), "its data", image="onnx")

    def test_mutants(self):
        """Each settles, as Failed with a reason or as InService; the worker may die of it, and nothing else."""
        draw, counts, deaths = random.Random(21), {}, []
        before, seen, began = self.p99_from_now(200), len(self.beside.times), time.monotonic()
        for what, model, image, name, asked in self.kinds:
            # Not all at once in memory.
            for begin in range(0, MUTANTS, 100):
                several = [(archive({name: hostile.mutant(model, draw)}), image, asked)
                           for _ in range(begin, min(begin + 100, MUTANTS))]
                for status, reason in self.fates(several):
                    self.assertIn(status, ("InService", "Failed"))
                    self.assertTrue(status == "InService" or reason)
                    counts[what, status] = counts.get((what, status), 0) + 1
                    deaths += [reason] * ("signal" in reason)
        took, meanwhile = time.monotonic() - began, p99(self.beside.times[seen:])
        deaths += [each for each in self.answers if "signal" in each]
        print(f"mutants: {counts}, {len(self.kinds) * MUTANTS / took:.1f} a second; of {len(self.answers)} that were asked "
              f"{self.answers.count('well')} answered; {len(deaths)} workers died; p99 of the endpoint beside {before * 1e3:.1f} ms "
              f"before, {meanwhile * 1e3:.1f} ms meanwhile, {meanwhile / before:.2f} times")
        for each in sorted(set(deaths))[:5]:
            print(f"  {each[:300]}")
        eventually("the folders of endpoints are gone", lambda: len(self.folders_of_endpoints()) == 1, 60)


@only_weft
class EndlessLoads(Attacked):
    """Models that never get ready: each fails in its time, with that for its reason, and nothing of it runs on."""

    def test_servers_that_never_answer(self):
        before = set(self.hub.workers())
        models = [(archive({"code/server.py": ENDLESS_SERVER}), SKLEARN, how) for how in ("sleeps", "refuses", "takes no connection")]
        with ThreadPoolExecutor(len(models)) as pool:
            told = [*pool.map(lambda each: self.fate(*each[:2], SAGEMAKER_SERVE_COMMAND="/usr/bin/python3 server.py", HOW=each[2],
                                                     SAGEMAKER_STARTUP_TIMEOUT="3"), models)]
        for (_, _, how), (status, reason) in zip(models, told, strict=True):
            with self.subTest(how):
                self.assertEqual(status, "Failed")
                self.assertIn("was not answered with 200 within 3 s", reason)
        # They do not end when they are told to.
        eventually("its programs are gone", lambda: set(self.hub.workers()) <= before, 60)

    if LONG:
        def test_scripts_that_never_load(self):
            """Weft's own limit, four minutes, is that of SageMaker: they are waited for together."""
            before = set(self.hub.workers())
            scripts = {"sleeps": "import time\ndef model_fn(folder):\n    time.sleep(10**6)\n",
                       "is imported for ever": "import time\nwhile True:\n    time.sleep(1)\n",
                       "takes no signal": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                          "def model_fn(folder):\n    while True:\n        time.sleep(1)\n",
                       "computes": "def model_fn(folder):\n    while True:\n        pass\n"}
            names = {how: self.start_endpoint(("all", self.model(self.put(
                f"endless/{new_name('m')}/model.tar.gz", archive({"code/inference.py": script.encode()})), image=SKLEARN)))
                for how, script in scripts.items()}
            for how, name in names.items():
                with self.subTest(how):
                    # PATIENCE times so long at most.
                    told = self.settled(name, 120)
                    self.assertEqual(told["EndpointStatus"], "Failed")
                    self.assertIn("not ready within 240 s", told["FailureReason"])
            self.assertGreater(len(self.beside.times), 1000)
            eventually("its programs are gone", lambda: set(self.hub.workers()) <= before, 60)


# A server that is never healthy, and does not want to end.
ENDLESS_SERVER = b"""
import http.server, os, signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
how = os.environ["HOW"]
if how == "takes no connection":
    taken = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=0)
if how != "refuses":
    while True:
        time.sleep(100)

class Refuses(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Refuses).serve_forever()
"""


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
        self.assertGreaterEqual(len(tries), 40)
        self.assertEqual({name: each for name, each in tries.items() if each["let"]}, {})
        # Nothing of it runs on.
        self.assertEqual([words for words in self.hub.workers().values() if "600.4242" in words], [])

    def test_links_that_are_swapped_while_the_model_is_packed(self):
        """By a process that outlives its script. Nothing of what the links lead to gets into the archive."""
        secret = self.secret()
        for target in (str(secret), "/etc/passwd", str(self.hub.data / "weft.db")):
            with self.subTest(target):
                # Where all are links when it is looked there is nothing to be packed, and no time to swap.
                swaps = max(self.swaps_while_packed(target) for _ in range(4))
                print(f"{swaps} swaps while the model was packed")
                self.assertGreater(swaps, 300)

    def swaps_while_packed(self, target):
        told = self.own_script("swaps.py", WHERE="/opt/ml/model", TARGET=target)
        # What is a link when its turn comes is left out, wherever it leads.
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        outputs = self.outputs_of(told["TrainingJobName"])
        self.assert_own(self.every_member(outputs["model.tar.gz"]))
        counts = self.every_member(outputs["output.tar.gz"])
        return int(counts["swaps"]) - int(counts["before"])

    def test_links_that_are_swapped_while_checkpoints_are_uploaded(self):
        """There it is the hub itself that reads what a program may change at any moment."""
        secret = self.secret()
        code = self.put("code/swaps/sourcedir.tar.gz", archive({"swaps.py": (SCRIPTS / "swaps.py").read_bytes()}))
        request = self.job_request({"sagemaker_program": '"swaps.py"', "sagemaker_submit_directory": json.dumps(code)}, {}, Environment={
            "WHERE": "/opt/ml/checkpoints", "TARGET": str(secret), "STAYS": "yes"},
            CheckpointConfig={"S3Uri": f"s3://{self.bucket}/swapped"})
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        name = request["TrainingJobName"]
        self.aws("sagemaker").create_training_job(**request)
        self.addCleanup(self.forget_job, name)
        # One a second, and each look uploads what the one before has seen: so many looks came by.
        eventually("checkpoints are uploaded", lambda: sum("steady-" in key for key in self.objects("swapped/")) >= 15, 60)
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        told = self.ended_job(name)
        self.assertEqual(told["TrainingJobStatus"], "Stopped", told.get("FailureReason"))
        uploaded = self.objects("swapped/")
        self.assert_own(uploaded)
        # Some of what was swapped got there, as itself.
        self.assertGreater(sum("steady-" not in key and not key.endswith("/stays") for key in uploaded), 0)

    def secret(self):
        """A file of the machine's that no program may read."""
        folder = self.folder / "outside"
        folder.mkdir(exist_ok=True)
        (folder / "secret").write_bytes(b"the outside's")
        return folder / "secret"

    def objects(self, prefix):
        pages = self.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {each["Key"]: self.get(f"s3://{self.bucket}/{each['Key']}") for page in pages for each in page.get("Contents", [])}

    def outputs_of(self, job):
        return {key.rpartition("/")[2]: data for key, data in self.objects(f"models/{job}/output/").items()}

    @staticmethod
    def every_member(packed):
        """Links and all."""
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            return {entry.name: tar.extractfile(entry).read() if entry.isfile() else b"no file" for entry in tar}

    def assert_own(self, files):
        self.assertTrue(files)
        self.assertEqual({name: data[:60] for name, data in files.items() if not data.startswith(b"own")}, {})

    def test_a_crowd(self):
        """Processes that begin processes: an end comes to it, and to each of them."""
        told = self.own_script("forks.py")
        self.assertEqual(told["TrainingJobStatus"], "Failed")
        self.assertRegex(told["FailureReason"], "no more than [0-9]+ processes|more than [0-9]+ processes and threads")
        self.assertEqual([words for words in self.hub.workers().values() if "forks.py" in words], [])


@only_weft
class Fillers(Attacked):
    """Scripts that write until they are stopped: by a limit of their own, long before the disk or the memory ends."""
    config = "ml: {memory: 512MiB}\n"

    def filled(self, where, *words, **more):
        told = self.own_script("fills.py", WHERE=where, **more)
        self.assertEqual(told["TrainingJobStatus"], "Failed", self.log_of(told["TrainingJobName"])[-3:])
        self.assertRegex(told["FailureReason"].lower(), "|".join(words))
        # Of what it wrote nothing stays.
        eventually("the job's folder is gone", lambda: taken(self.hub.data / "ml/jobs") < 2**20)
        return told

    def test_memory(self):
        for where in ("/tmp", "/dev/shm"):
            with self.subTest(where):
                self.filled(where, "no space left on device", "memory")

    def test_one_file(self):
        self.filled("one file", "file too large")

    def test_the_disk(self):
        """Twice what VolumeSizeInGB gives the job (job_request: 1)."""
        for where in ("disk", "output"):
            with self.subTest(where):
                self.filled(where, "no space left", "disk", "volumesizeingb", MOST=str(2 * GIB))


if __name__ == "__main__":
    unittest.main()

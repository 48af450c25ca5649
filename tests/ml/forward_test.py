"""Objects that lie in another S3-compatible store: boto3 asks weft, weft asks the store."""
import hashlib
import http.server
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

import s3_test
from lib.aws import AwsCase, archive, eventually, new_name
from lib.data import csv, friedman, numbers, rmse
from lib.hub import WEFT, Hub, free_port, only_weft, put_back
from lib.waits import PATIENCE

MIB = 1024 * 1024
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BOOST = {"objective": "reg:squarederror", "max_depth": "4", "eta": "0.3", "nthread": "1", "num_round": 20}


def bytes_of(count, seed=b"weft"):
    """COUNT bytes that repeat nowhere near."""
    out, block = bytearray(), hashlib.sha256(seed).digest()
    while len(out) < count:
        out += block * 64
        block = hashlib.sha256(block).digest()
    return bytes(out[:count])


class Moto:
    """moto in server mode: takes every signature."""
    key = {"aws_access_key_id": "AKIDMOTO000000000000", "aws_secret_access_key": "moto-has-no-secret"}

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(Path(folder) / "moto.log", "w")
        self.process = subprocess.Popen([os.environ["WEFT_MOTO"], "-H", "127.0.0.1", "-p", str(self.port)],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        eventually("moto answers", self.answers, 30)

    def answers(self):
        try:
            far_client(self).list_buckets()
            return True
        except Exception:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class OtherHub:
    """A second hub, with a key: checks every signature and digest."""

    def __init__(self, folder):
        folder = Path(folder) / "far"
        folder.mkdir()
        self.hub = Hub(folder)
        self.url = self.hub.url
        made = self.hub.json("key", "new", "forwarder")
        self.key = {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}

    def stop(self):
        self.hub.stop()


def far_client(store):
    """The store itself, past weft."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60 * PATIENCE,
                    s3={"addressing_style": "path"})
    return boto3.session.Session(**store.key, region_name="us-east-1").client("s3", endpoint_url=store.url, config=config)


def settings(url, more=""):
    return ("ml:\n  objects:\n"
            f"    endpoint: {url}\n    access_key: ${{FORWARD_KEY}}\n    secret_key: ${{FORWARD_SECRET}}\n{more}")


class ForwardCase(AwsCase):
    """A hub whose objects lie in STORE."""
    store_kind = None
    more = ""

    @classmethod
    def setUpClass(cls):
        cls.far_folder = Path(tempfile.mkdtemp(prefix="weft-far-"))
        cls.addClassCleanup(shutil.rmtree, cls.far_folder, ignore_errors=True)
        cls.store = cls.store_kind(cls.far_folder)
        cls.addClassCleanup(cls.store.stop)
        cls.far = far_client(cls.store)
        secrets = {"FORWARD_KEY": cls.store.key["aws_access_key_id"], "FORWARD_SECRET": cls.store.key["aws_secret_access_key"]}
        before = {name: os.environ.get(name) for name in secrets}
        os.environ.update(secrets)
        cls.addClassCleanup(put_back, before)
        cls.config = settings(cls.store.url, cls.more)
        super().setUpClass()

    def tearDown(self):
        super().tearDown()
        # The key of the store is nobody's to see.
        said = self.hub.out.text() + self.hub.err.text()
        for secret in self.store.key.values():
            self.assertNotIn(secret, said)

    def far_bytes(self, key, bucket=None):
        return self.far.get_object(Bucket=bucket or self.bucket, Key=key)["Body"].read()


class Interface:
    """What every store has to do."""

    def test_objects_lie_in_the_store(self):
        s3, data = self.aws("s3"), b"id,amount\n1,2.5\n"
        put = s3.put_object(Bucket=self.bucket, Key="a b/c+ä&.csv", Body=data, ContentType="text/csv", CacheControl="no-cache",
                            Metadata={"made-by": "test"})
        self.assertEqual(put["ETag"], f'"{hashlib.md5(data).hexdigest()}"')
        for client in (s3, self.far):
            told = client.get_object(Bucket=self.bucket, Key="a b/c+ä&.csv", ChecksumMode="ENABLED")
            self.assertEqual(told["Body"].read(), data)
            self.assertEqual(told["ContentType"], "text/csv")
            self.assertEqual(told["CacheControl"], "no-cache")
            self.assertEqual(told["Metadata"], {"made-by": "test"})
            self.assertEqual(told["ETag"], put["ETag"])
            self.assertEqual(told["ChecksumCRC32"], put["ChecksumCRC32"])
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="a b/c+ä&.csv", Range="bytes=3-8")["Body"].read(), data[3:9])
        self.refused("InvalidRange", s3.get_object, Bucket=self.bucket, Key="a b/c+ä&.csv", Range="bytes=100-")
        s3.delete_object(Bucket=self.bucket, Key="a b/c+ä&.csv")
        self.refused("NoSuchKey", s3.get_object, Bucket=self.bucket, Key="a b/c+ä&.csv")
        self.assertNotIn("Contents", self.far.list_objects_v2(Bucket=self.bucket, Prefix="a b/"))

    def test_large_bodies(self):
        s3, data = self.aws("s3"), bytes_of(21 * MIB + 7)
        s3.put_object(Bucket=self.bucket, Key="large/whole", Body=data)
        self.assertEqual(hashlib.md5(self.far_bytes("large/whole")).digest(), hashlib.md5(data).digest())
        part = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
        file = self.folder / "large"
        file.write_bytes(data)
        s3.upload_file(str(file), self.bucket, "large/parts", Config=part, ExtraArgs={"ContentType": "a/b"})
        self.assertTrue(self.far.head_object(Bucket=self.bucket, Key="large/parts")["ETag"].endswith('-3"'))
        for key in ("large/whole", "large/parts"):
            back = self.folder / "back"
            s3.download_file(self.bucket, key, str(back), Config=part)
            self.assertTrue(back.read_bytes() == data, key)
            got = s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={5 * MIB}-{11 * MIB - 1}")["Body"].read()
            self.assertTrue(got == data[5 * MIB:11 * MIB], key)
        self.assertEqual(s3.head_object(Bucket=self.bucket, Key="large/parts")["ContentType"], "a/b")
        self.assertEqual(list((self.hub.data / "ml/forwarding").iterdir()), [])

    def test_a_wrong_checksum_never_reaches_the_store(self):
        s3 = self.aws("s3")
        self.refused("BadDigest", s3.put_object, Bucket=self.bucket, Key="wrong", Body=b"x" * MIB, ContentMD5="A" * 22 + "==")
        self.assertNotIn("Contents", self.far.list_objects_v2(Bucket=self.bucket, Prefix="wrong"))

    def test_lists_in_pages(self):
        s3 = self.aws("s3")
        keys = ["l/a", "l/a/1", "l/a/2", "l/a0", "l/b/1", "l/b/c/1", "l/c d+e", "l/z%2F", "l/ä"]
        for key in keys:
            s3.put_object(Bucket=self.bucket, Key=key, Body=b"x")
        for operation in ("list_objects", "list_objects_v2"):
            for size in (1, 2, 1000):
                flat, folders = [], []
                pages = s3.get_paginator(operation).paginate
                for page in pages(Bucket=self.bucket, Prefix="l/", PaginationConfig={"PageSize": size}):
                    flat += [each["Key"] for each in page.get("Contents", [])]
                self.assertEqual(flat, sorted(keys, key=str.encode), (operation, size))
                for page in pages(Bucket=self.bucket, Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": size}):
                    folders += [each["Key"] for each in page.get("Contents", [])]
                    folders += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
                self.assertEqual(sorted(folders), sorted(["l/a", "l/a/", "l/a0", "l/b/", "l/c d+e", "l/z%2F", "l/ä"]),
                                 (operation, size))
        gone = s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        self.assertEqual(len(gone["Deleted"]), len(keys))
        self.assertNotIn("Contents", self.far.list_objects_v2(Bucket=self.bucket, Prefix="l/"))

    def test_uploads_in_parts_by_hand(self):
        s3, first, last = self.aws("s3"), bytes_of(5 * MIB), b"end"
        at = {"Bucket": self.bucket, "Key": "parts/1"}
        upload = s3.create_multipart_upload(**at, Metadata={"a": "b"})["UploadId"]
        self.assertIn(upload, [each["UploadId"] for each in s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]])
        etags = [s3.upload_part(**at, UploadId=upload, PartNumber=number, Body=body)["ETag"]
                 for number, body in ((1, first), (2, last))]
        listed = s3.list_parts(**at, UploadId=upload)["Parts"]
        self.assertEqual([(each["PartNumber"], each["Size"], each["ETag"]) for each in listed],
                         [(1, len(first), etags[0]), (2, len(last), etags[1])])
        wrong = {"Parts": [{"PartNumber": 1, "ETag": etags[1]}]}
        self.refused("InvalidPart", s3.complete_multipart_upload, **at, UploadId=upload, MultipartUpload=wrong)
        parts = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}
        s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=parts)
        self.assertTrue(self.far_bytes("parts/1") == first + last)
        self.assertEqual(self.far.head_object(**at)["Metadata"], {"a": "b"})
        upload = s3.create_multipart_upload(**at)["UploadId"]
        s3.abort_multipart_upload(**at, UploadId=upload)
        self.refused("NoSuchUpload", s3.list_parts, **at, UploadId=upload)

    def test_copies_and_conditions(self):
        s3 = self.aws("s3")
        s3.put_object(Bucket=self.bucket, Key="copy/from", Body=b"copied", Metadata={"a": "b"})
        s3.copy_object(Bucket=self.bucket, Key="copy/to", CopySource={"Bucket": self.bucket, "Key": "copy/from"})
        self.assertEqual(self.far_bytes("copy/to"), b"copied")
        self.assertEqual(s3.head_object(Bucket=self.bucket, Key="copy/to")["Metadata"], {"a": "b"})
        self.refused("PreconditionFailed", s3.put_object, Bucket=self.bucket, Key="copy/to", Body=b"x", IfNoneMatch="*")
        self.refused("304", s3.get_object, Bucket=self.bucket, Key="copy/to",
                     IfNoneMatch=f'"{hashlib.md5(b"copied").hexdigest()}"')

    def test_buckets(self):
        s3, name = self.aws("s3"), new_name("bucket")
        s3.create_bucket(Bucket=name)
        self.assertIn(name, [each["Name"] for each in self.far.list_buckets()["Buckets"]])
        self.assertIn(name, [each["Name"] for each in s3.list_buckets()["Buckets"]])
        s3.put_object(Bucket=name, Key="a", Body=b"")
        self.refused("BucketNotEmpty", s3.delete_bucket, Bucket=name)
        s3.delete_object(Bucket=name, Key="a")
        s3.delete_bucket(Bucket=name)
        self.refused("NoSuchBucket", s3.list_objects_v2, Bucket=name)
        self.refused("404", s3.head_bucket, Bucket=name)

    def test_what_was_there_before_is_everybodys_where_nobody_needs_a_key(self):
        name = new_name("before")
        self.far.create_bucket(Bucket=name)
        self.far.put_object(Bucket=name, Key="k", Body=b"there")
        self.assertEqual(self.get(f"s3://{name}/k"), b"there")
        self.aws("s3").put_object(Bucket=name, Key="k", Body=b"changed")
        self.assertEqual(self.far_bytes("k", name), b"changed")

    def test_keys_that_might_leave_their_bucket(self):
        for key in ("../x", "a/../../x", "./a"):
            with self.subTest(key):
                self.refused("InvalidArgument", self.aws("s3").put_object, Bucket=self.bucket, Key=key, Body=b"x")

    def test_from_data_to_answers(self):
        """A job whose data lies in a bucket that weft did not make, its model in the store, an endpoint from it."""
        x, y = friedman(600)
        data = new_name("rows")
        self.far.create_bucket(Bucket=data)
        self.far.put_object(Bucket=data, Key="train/rows.csv", Body=csv(x[:400], y[:400]))
        self.far.put_object(Bucket=data, Key="validation/rows.csv", Body=csv(x[400:], y[400:]))
        told = self.trained(BOOST, {name: f"s3://{data}/{name}/" for name in ("train", "validation")})
        model = told["ModelArtifacts"]["S3ModelArtifacts"]
        key = re.fullmatch(f"s3://{self.bucket}/(.*)", model)[1]
        self.assertGreater(len(self.far_bytes(key)), 1000)
        endpoint = self.serving(("all", self.model(model)))
        self.assertLess(rmse(numbers(self.ask(endpoint, csv(x[400:]))), y[400:]), 3)

    def test_a_job_without_data(self):
        reason = self.failed(BOOST, {"train": f"s3://{self.bucket}/nothing/here"})
        self.assertIn("No S3 objects found", reason)


@only_weft
class OverMoto(Interface, ForwardCase):
    store_kind = Moto


@only_weft
class OverAnotherHub(Interface, ForwardCase):
    store_kind = OtherHub

    def test_a_part_of_no_upload(self):
        """moto fails at it."""
        s3, at = self.aws("s3"), {"Bucket": self.bucket, "Key": "parts/2"}
        s3.put_object(**at, Body=b"stays")
        self.refused("NoSuchUpload", s3.upload_part, **at, UploadId="none", PartNumber=1, Body=b"x")
        self.assertEqual(self.far_bytes("parts/2"), b"stays")

    def test_a_large_model_goes_in_parts(self):
        program = ("import os, random\n"
                   "with open(os.environ['SM_MODEL_DIR'] + '/model', 'wb') as out:\n"
                   "    for seed in range(140):\n"
                   "        out.write(random.Random(seed).randbytes(2**20))\n"
                   "open(os.environ['SM_MODEL_DIR'] + '/empty', 'wb')\n")
        code = self.put("code/sourcedir.tar.gz", archive({"program.py": program.encode()}))
        request = self.job_request({}, {}, HyperParameters={"sagemaker_program": '"program.py"',
                                                            "sagemaker_submit_directory": f'"{code}"'})
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        request["OutputDataConfig"]["CompressionType"] = "NONE"
        self.aws("sagemaker").create_training_job(**request)
        told = self.ended_job(request["TrainingJobName"], 90)
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        at = f"models/{request['TrainingJobName']}/output/model/model"
        head = self.far.head_object(Bucket=self.bucket, Key=at)
        self.assertEqual(head["ContentLength"], 140 * MIB)
        self.assertTrue(head["ETag"].endswith('-3"'), head["ETag"])
        self.assertEqual(self.far_bytes(f"models/{request['TrainingJobName']}/output/model/empty"), b"")
        wanted, got = hashlib.sha256(), hashlib.sha256()
        for seed in range(140):
            wanted.update(random.Random(seed).randbytes(MIB))
        for piece in self.far.get_object(Bucket=self.bucket, Key=at)["Body"].iter_chunks(MIB):
            got.update(piece)
        self.assertEqual(got.digest(), wanted.digest())


# What boto3 can ask of weft's own folder it can ask of weft before another store.
for asked in (s3_test.Buckets, s3_test.Objects, s3_test.Parts, s3_test.Lists, s3_test.CopiesAndDeletes, s3_test.Addresses):
    name = f"Forwarded{asked.__name__}"
    globals()[name] = only_weft(type(name, (ForwardCase, asked), {"store_kind": OtherHub, "__module__": __name__}))
del asked, name


@only_weft
class Owners(ForwardCase):
    """With keys, a bucket is its maker's alone, and one that was there before is nobody's but the machine's own."""
    store_kind = Moto

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.bob = cls.key("ann"), cls.key("bob")

    @classmethod
    def key(cls, name):
        made = cls.hub.json("key", "new", name)
        key = {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}
        return cls.checked.watch(boto3.session.Session(**key, region_name="us-east-1").client("s3", config=cls.once))

    def test_whose_is_what(self):
        name = new_name("anns")
        self.ann.create_bucket(Bucket=name)
        self.ann.put_object(Bucket=name, Key="k", Body=b"x")
        self.assertEqual([each["Name"] for each in self.ann.list_buckets()["Buckets"]], [name])
        self.assertEqual(self.bob.list_buckets()["Buckets"], [])
        for call, given in ((self.bob.get_object, {"Key": "k"}), (self.bob.put_object, {"Key": "k", "Body": b"y"}),
                            (self.bob.list_objects_v2, {}), (self.bob.delete_object, {"Key": "k"}), (self.bob.delete_bucket, {})):
            self.refused("AccessDenied", call, Bucket=name, **given)
        self.refused("BucketAlreadyExists", self.bob.create_bucket, Bucket=name)
        self.hub.restart()
        self.assertEqual(self.ann.get_object(Bucket=name, Key="k")["Body"].read(), b"x")
        self.refused("AccessDenied", self.bob.get_object, Bucket=name, Key="k")

    def test_what_was_there_before_is_no_keys(self):
        name = new_name("before")
        self.far.create_bucket(Bucket=name)
        self.far.put_object(Bucket=name, Key="k", Body=b"secret")
        for client in (self.ann, self.bob):
            self.assertNotIn(name, [each["Name"] for each in client.list_buckets()["Buckets"]])
            self.refused("AccessDenied", client.get_object, Bucket=name, Key="k")
            self.refused("AccessDenied", client.put_object, Bucket=name, Key="k", Body=b"")
            self.refused("AccessDenied", client.copy_object, Bucket=name, Key="c", CopySource={"Bucket": name, "Key": "k"})
            self.refused("BucketAlreadyExists", client.create_bucket, Bucket=name)
        self.assertEqual(self.far_bytes("k", name), b"secret")

    def test_a_bucket_of_the_folder_is_none_in_the_store(self):
        """Whoever made `x` in the hub's own folder has no right to the store's `x`."""
        folder = self.folder / "moved"
        folder.mkdir()
        hub = Hub(folder)
        try:
            made = hub.json("key", "new", "cat")
            name = new_name("moved")
            key = {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}
            cat = boto3.session.Session(**key, region_name="us-east-1").client("s3", endpoint_url=hub.url, config=self.once)
            cat.create_bucket(Bucket=name)
            self.far.create_bucket(Bucket=name)
            self.far.put_object(Bucket=name, Key="k", Body=b"secret")
            hub.stop()
            hub.config = self.config
            hub.start()
            self.refused("AccessDenied", cat.get_object, Bucket=name, Key="k")
            self.assertEqual(cat.list_buckets()["Buckets"], [])
        finally:
            hub.kill()


# Stores that fail.


class Broken(http.server.ThreadingHTTPServer):
    """A store that does what `answer` says, with each request and how many came before."""
    key = {"aws_access_key_id": "AKIDBROKEN0000000000", "aws_secret_access_key": "broken-secret-0123456789"}
    daemon_threads = True
    block_on_close = False

    def __init__(self, _folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.reset(lambda request, count: request.say(404, fault("NoSuchBucket")))
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self, answer):
        with self.lock:
            self.answer, self.asked, self.connections = answer, [], set()

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that went away is what is tested


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one(self):
        server = self.server
        with server.lock:
            server.asked.append(f"{self.command} {self.path}")
            server.connections.add(self.client_address)
            answer, count = server.answer, len(server.asked)
        head = str(self.headers)
        assert Broken.key["aws_secret_access_key"] not in head, "the secret was sent"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = self.headers["Authorization"] or ""
        assert "SignedHeaders=" in signed and "host" in signed, "not signed"
        assert self.headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest(), "the digest is another"
        answer(self, count)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

    def say(self, status, body=b"", content_type="application/xml", length=None, **headers):
        """LENGTH says another length than the body has; then the connection ends."""
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True

    def log_message(self, *_):
        pass


def fault(code, message="its own words"):
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


def one_object(data, cut=lambda count: None, etag='"e"', **more):
    """HEAD and GET of one object; CUT says how many bytes come of the COUNTth answer."""
    def answer(request, count):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers["Range"] or "")
        first = int(asked[1]) if asked else 0
        last = int(asked[2]) if asked and asked[2] else len(data) - 1
        piece = data[first:last + 1]
        ranged = {"Content_Range": f"bytes {first}-{last}/{len(data)}"} if asked else {}
        sent = piece if request.command == "HEAD" else piece[:cut(count)]
        request.say(206 if asked else 200, sent, "a/b", length=len(piece), ETag=etag, **ranged, **more)
    return answer


@only_weft
class Faults(ForwardCase):
    store_kind = Broken

    @classmethod
    def setUpClass(cls):
        def makes_buckets(request, _count):
            request.say(404 if request.command == "HEAD" else 200)
        first = cls.store_kind
        cls.store_kind = lambda folder: cls.answering(first(folder), makes_buckets)
        super().setUpClass()

    @staticmethod
    def answering(store, answer):
        store.reset(answer)
        return store

    def told(self, code, call, **given):
        message = self.refused(code, call, Bucket=self.bucket, **given)
        self.assertIn(self.store.url, message)
        for secret in self.store.key.values():
            self.assertNotIn(secret, message)
        return message

    def test_its_words_are_told_after_three_attempts(self):
        self.store.reset(lambda request, count: request.say(500, fault("InternalError", "the disk is odd")))
        self.assertIn("InternalError: the disk is odd", self.told("ServiceUnavailable", self.aws("s3").list_objects_v2))
        self.assertEqual(len(self.store.asked), 3)
        self.assertEqual(len(self.store.connections), 1, "connections are used again")

    def test_what_passes_is_not_told(self):
        empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
        self.store.reset(lambda request, count: request.say(*((503, fault("SlowDown")) if count < 3 else (200, empty))))
        self.aws("s3").list_objects_v2(Bucket=self.bucket)

    def test_its_own_refusals(self):
        for code, status, wanted, words in (
                ("AccessDenied", 403, "AccessDenied", "whether the key of `ml.objects` (weft.yaml:3) may do this"),
                ("SignatureDoesNotMatch", 403, "AccessDenied", "`access_key` and `secret_key`"),
                ("InvalidAccessKeyId", 403, "AccessDenied", "`access_key` and `secret_key`"),
                ("RequestTimeTooSkewed", 403, "AccessDenied", "clocks"),
                ("AuthorizationHeaderMalformed", 400, "AccessDenied", "`ml.objects.region`")):
            with self.subTest(code):
                words_with_key = f"see {self.store.key['aws_access_key_id']}"
                self.store.reset(lambda request, count: request.say(status, fault(code, words_with_key)))
                told = self.told(wanted, self.aws("s3").list_objects_v2)
                self.assertIn(words, told)
                self.assertIn("see ***", told)

    def test_a_redirect_is_not_followed(self):
        other = Broken(None)
        self.addCleanup(other.stop)
        self.store.reset(lambda request, count: request.say(
            301, fault("PermanentRedirect"), Location=other.url + request.path, x_amz_bucket_region="eu-west-1"))
        self.assertIn("its region is `eu-west-1`", self.told("AccessDenied", self.aws("s3").list_objects_v2))
        self.assertEqual(other.asked, [])

    def test_garbage(self):
        for status, body, kind in ((200, "<html>Welcome</html>", "text/html"), (404, "nothing here", "text/html"),
                                   (200, b"\x00\xff" * 100, "application/xml"), (200, "<ListBucketResult>", "application/xml"),
                                   (200, " " * 9 * MIB, "application/xml")):
            with self.subTest((status, body[:20])):
                self.store.reset(lambda request, count: request.say(status, body, kind))
                self.assertIn("is an S3 endpoint", self.told("InternalError", self.aws("s3").list_objects_v2))
                self.assertEqual(len(self.store.asked), 1)

    def test_a_body_that_is_cut_off_goes_on(self):
        data = bytes_of(3 * MIB)
        self.store.reset(one_object(data, lambda count: 300_000 if count % 2 == 0 else None))
        self.assertTrue(self.get(f"s3://{self.bucket}/k") == data)

    def test_a_body_that_is_always_cut_off_ends(self):
        self.store.reset(one_object(bytes_of(3 * MIB), lambda count: 0))
        self.told("ServiceUnavailable", self.aws("s3").get_object, Key="k")
        self.assertLess(len(self.store.asked), 20)

    def test_an_object_that_changes(self):
        data = bytes_of(3 * MIB)
        good = one_object(data)

        def changes(request, count):
            return good(request, count) if count < 3 else request.say(412, fault("PreconditionFailed"))
        self.store.reset(changes)
        with self.assertRaises(Exception):
            self.get(f"s3://{self.bucket}/k")

    def test_a_job_names_the_store(self):
        self.store.reset(lambda request, count: request.say(500, fault("InternalError", "the disk is odd")))
        reason = self.failed(BOOST, {"train": f"s3://{self.bucket}/train/"})
        self.assertIn(self.store.url, reason)
        self.assertIn("the disk is odd", reason)

    def test_a_download_that_is_not_what_its_checksum_says(self):
        listing = ("<ListBucketResult><Contents><Key>train/a</Key><Size>5</Size></Contents></ListBucketResult>")
        wrong = one_object(b"1,2,3", x_amz_checksum_crc32="AAAAAA==")
        self.store.reset(lambda request, count: request.say(200, listing) if "list-type" in request.path else wrong(request, count))
        self.assertIn("other bytes than its checksum", self.failed(BOOST, {"train": f"s3://{self.bucket}/train/"}))

    def test_nobody_there(self):
        port = free_port()
        folder = self.folder / "alone"
        folder.mkdir()
        hub = Hub(folder, settings(f"http://127.0.0.1:{port}"))
        try:
            s3 = self.aws("s3", endpoint_url=hub.url)
            message = self.refused("ServiceUnavailable", s3.list_buckets)
            self.assertIn(f"http://127.0.0.1:{port} cannot be reached", message)
            self.assertIn("`ml.objects.endpoint` (weft.yaml:3)", message)
            self.refused("ServiceUnavailable", s3.put_object, Bucket="data", Key="k", Body=b"x" * MIB)
        finally:
            hub.stop()

    def test_a_hub_ends_while_the_store_is_silent(self):
        folder = self.folder / "ending"
        folder.mkdir()
        silent = threading.Event()
        self.addCleanup(silent.set)
        self.store.reset(lambda request, count: silent.wait(60 * PATIENCE))
        hub = Hub(folder, settings(self.store.url))
        try:
            sagemaker = self.aws("sagemaker", endpoint_url=hub.url)
            name = new_name("job")
            sagemaker.create_training_job(**self.job_request(BOOST, {"train": f"s3://{self.bucket}/train/"}, name=name))
            eventually("the store is asked", lambda: self.store.asked, 20)
            began = time.monotonic()
            hub.stop()
            self.assertLess(time.monotonic() - began, 5 * PATIENCE)
            # It is begun anew, and not failed.
            listing = "<ListBucketResult></ListBucketResult>"
            self.store.reset(lambda request, count: request.say(200, listing))
            hub.start()
            told = eventually("the job is taken up", lambda: self.ended(sagemaker, name), 60)
            self.assertIn("No S3 objects found", told["FailureReason"])
        finally:
            hub.kill()

    @staticmethod
    def ended(sagemaker, name):
        told = sagemaker.describe_training_job(TrainingJobName=name)
        return told if told["TrainingJobStatus"] in ("Failed", "Completed") else None


@only_weft
class Settings(unittest.TestCase):
    def up(self, config, env):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "weft.yaml").write_text(config)
            return subprocess.run([WEFT, "up", "--listen", "127.0.0.1:0", "--data", Path(folder) / "data", "-c",
                                   Path(folder) / "weft.yaml"], env={**os.environ, **env, "NO_COLOR": "1"},
                                  capture_output=True, text=True, timeout=30 * PATIENCE)

    def test_a_variable_that_is_not_set(self):
        done = self.up(settings("http://127.0.0.1:1"), {"FORWARD_KEY": "AKID"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ml.objects.secret_key: the environment variable FORWARD_SECRET is not set", done.stderr)
        self.assertIn("weft.yaml:3", done.stderr)

    def test_what_is_no_key(self):
        done = self.up(settings("http://127.0.0.1:1"), {"FORWARD_KEY": "has spaces", "FORWARD_SECRET": "shown-never"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("`access_key`", done.stderr)
        self.assertNotIn("has spaces", done.stderr)
        self.assertNotIn("shown-never", done.stderr)

    def test_unknown_members(self):
        done = self.up(settings("http://127.0.0.1:1", "    bucket: x\n"), {"FORWARD_KEY": "a", "FORWARD_SECRET": "b"})
        self.assertIn("weft.yaml:6:5", done.stderr)
        self.assertIn("unknown key `bucket`", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""Objects that lie in another S3-compatible store: boto3 asks weft, weft asks the store."""
import concurrent.futures
import functools
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

import s3_test
from lib.aws import archive, new_name
from lib.data import csv, friedman, numbers, rmse
from lib.hub import WEFT, Hub, only_weft
from lib.stores import MIB, ForwardCase, Moto, MotoBehindTls, OtherHub, bytes_of, certificate, settings
from lib.waits import PATIENCE

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BOOST = {"objective": "reg:squarederror", "max_depth": "4", "eta": "0.3", "nthread": "1", "num_round": 20}


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


@only_weft
class OverTls(Interface, ForwardCase):
    """At an address with a path, whose certificate only the machine's own authority vouches for."""
    store_kind = MotoBehindTls

    def test_a_certificate_that_nobody_vouches_for(self):
        folder = self.folder / "trusts"
        folder.mkdir()
        of_nobody = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/dev/null"}
        for words, url, env in (("TLS failed: unable to get local issuer certificate", self.store.url, of_nobody),
                                ("TLS failed: IP address mismatch", self.store.url.replace("localhost", "127.0.0.1"), {})):
            with self.subTest(words):
                hub = Hub(folder, settings(url), env=env)
                try:
                    message = self.refused("ServiceUnavailable", self.aws("s3", endpoint_url=hub.url).list_buckets)
                    self.assertIn(words, message)
                    self.assertIn("`ml.objects.endpoint` (weft.yaml:3)", message)
                finally:
                    hub.stop()


# Starts a program with a file in the place of /etc/hosts, for it alone.
WITH_HOSTS = """
import ctypes, os, sys
MS_BIND = 4096
if ctypes.CDLL(None, use_errno=True).mount(os.fsencode(sys.argv[1]), b"/etc/hosts", None, MS_BIND, None) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class HubWithNames(OtherHub):
    """A second hub at a name, with buckets before it; it checks that they were signed so."""
    scheme, listen = "http", "listen: {hosts: [s3.test]}\n"

    def __init__(self, folder):
        super().__init__(folder, self.listen, f"{self.scheme}://s3.test")
        self.far_url = f"{self.scheme}://127.0.0.1:{self.hub.port}"


class HubWithNamesOverTls(HubWithNames):
    scheme = "https"

    def __init__(self, folder):
        self.verify, *files = certificate(folder, "DNS:s3.test", "DNS:*.s3.test", "IP:127.0.0.1")
        self.listen = f"listen: {{hosts: [s3.test], tls: {{certificate: {files[0]}, key: {files[1]}}}}}\n"
        self.env = {"SSL_CERT_FILE": self.verify}
        super().__init__(folder)


class NamedBuckets(Interface):
    """`path_style: false`, with names that the hub alone can resolve."""
    more = "    path_style: false\n"

    @classmethod
    def setUpClass(cls):
        folder = Path(tempfile.mkdtemp(prefix="weft-hosts-"))
        cls.addClassCleanup(lambda: ((folder / "hosts").unlink(), folder.rmdir()))
        cls.hosts = folder / "hosts"
        cls.hosts.write_text("127.0.0.1 localhost s3.test\n")

        plain = new_name

        def named(kind):
            name = plain(kind)
            with open(cls.hosts, "a") as hosts:
                hosts.write(f"127.0.0.1 {name}.s3.test\n")
            return name
        for where in ("lib.aws", __name__):
            patch = mock.patch(f"{where}.new_name", named)
            patch.start()
            cls.addClassCleanup(patch.stop)
        through = ("unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", WITH_HOSTS, cls.hosts)
        with mock.patch("lib.hub.Hub", functools.partial(Hub, through=through)):
            super().setUpClass()

    def test_names_that_it_cannot_resolve(self):
        """So it is by the name that it goes."""
        message = self.refused("ServiceUnavailable", self.aws("s3").list_objects_v2, Bucket=f"un{self.bucket}")
        self.assertIn("cannot be reached", message)

    def test_a_bucket_with_dots(self):
        name = new_name("dots.in")
        self.aws("s3").create_bucket(Bucket=name)
        self.aws("s3").put_object(Bucket=name, Key="a/b c", Body=b"x")
        self.assertEqual(self.far_bytes("a/b c", name), b"x")


@only_weft
class BucketsInTheHost(NamedBuckets, ForwardCase):
    store_kind = HubWithNames


@only_weft
class BucketsInTheHostOverTls(NamedBuckets, ForwardCase):
    store_kind = HubWithNamesOverTls


@only_weft
class AnotherRegion(ForwardCase):
    store_kind = Moto
    more = "    region: eu-central-1\n"

    def test_what_is_made_lies_there(self):
        """Wherever the caller says that it is."""
        s3, here = self.aws("s3"), self.aws("s3", region_name="us-west-2")
        name = new_name("west")
        here.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        for bucket in (self.bucket, name):
            self.assertEqual(self.far.get_bucket_location(Bucket=bucket)["LocationConstraint"], "eu-central-1")
            s3.put_object(Bucket=bucket, Key="k", Body=b"there")
            self.assertEqual(self.far_bytes("k", bucket), b"there")
            self.assertEqual(here.get_object(Bucket=bucket, Key="k")["Body"].read(), b"there")


class Pages:
    """More objects than one answer of the store has."""
    COUNT = 1_100

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = sorted((f"p/{at // 100:02}/{at:04} ä+&" for at in range(cls.COUNT)), key=str.encode)
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(cls.far.put_object, Bucket=cls.bucket, Key=key, Body=f"{at},{at % 7}\n".encode())
                         for at, key in enumerate(cls.keys)]:
                done.result()

    def test_all_of_them(self):
        s3 = self.aws("s3")
        for operation in ("list_objects", "list_objects_v2"):
            for size in (1000, 600, 99):
                with self.subTest((operation, size)):
                    pages = [*s3.get_paginator(operation).paginate(Bucket=self.bucket, Prefix="p/", PaginationConfig={"PageSize": size})]
                    self.assertEqual([each["Key"] for page in pages for each in page["Contents"]], self.keys)
                    self.assertEqual([len(page["Contents"]) for page in pages], [
                        min(size, self.COUNT - at) for at in range(0, self.COUNT, size)])
        first = s3.list_objects_v2(Bucket=self.bucket, Prefix="p/")
        self.assertEqual((first["KeyCount"], first["IsTruncated"]), (1000, True))
        rest = s3.list_objects_v2(Bucket=self.bucket, Prefix="p/", StartAfter=self.keys[998])
        self.assertEqual(([each["Key"] for each in rest["Contents"]], rest["IsTruncated"]), (self.keys[999:], False))

    def test_folders_over_all_of_them(self):
        s3, wanted = self.aws("s3"), [f"p/{at:02}/" for at in range(self.COUNT // 100)]
        for size in (1, 4, 1000):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="p/", Delimiter="/",
                                                                 PaginationConfig={"PageSize": size})
            self.assertEqual([each["Prefix"] for page in pages for each in page["CommonPrefixes"]], wanted)

    def test_a_job_over_all_of_them(self):
        told = self.trained(BOOST | {"num_round": 1}, {"train": f"s3://{self.bucket}/p/"})
        self.assertIn(f"Train matrix has {self.COUNT} rows", "\n".join(self.log_of(told["TrainingJobName"])))


@only_weft
class PagesOfMoto(Pages, ForwardCase):
    store_kind = Moto


@only_weft
class PagesOfAnotherHub(Pages, ForwardCase):
    store_kind = OtherHub


def refuses_a_checksum_of_the_whole(case):
    """The other store shows the bytes only once they are in place: it is refused by name, and what was there stays."""
    s3, at = case.aws("s3"), {"Bucket": case.bucket, "Key": "whole"}
    case.put("whole", b"old")
    upload = s3.create_multipart_upload(**at, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]
    tag = s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"new")["ETag"]
    whole = {**at, "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": tag}]}}
    case.refused("NotImplemented", s3.complete_multipart_upload, **whole, ChecksumCRC32="AAAAAA==")
    case.assertEqual(case.get(f"s3://{case.bucket}/whole"), b"old")
    s3.complete_multipart_upload(**whole)
    case.assertEqual(case.get(f"s3://{case.bucket}/whole"), b"new")


OTHERWISE = {s3_test.Parts: {"test_a_checksum_of_the_whole_that_is_another_replaces_nothing": refuses_a_checksum_of_the_whole}}
# What boto3 can ask of weft's own folder it can ask of weft before another store, but for these.
for asked in (s3_test.Buckets, s3_test.Objects, s3_test.Parts, s3_test.Lists, s3_test.CopiesAndDeletes, s3_test.Addresses):
    name = f"Forwarded{asked.__name__}"
    globals()[name] = only_weft(type(name, (ForwardCase, asked), {"store_kind": OtherHub, "__module__": __name__, **OTHERWISE.get(asked, {})}))
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
        return boto3.session.Session(**key, region_name="us-east-1").client("s3", config=cls.once)

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


@only_weft
class TwoAtOnce(ForwardCase):
    """Each with a key, a bucket, and the same names in it."""
    store_kind = OtherHub

    def test_nothing_of_one_is_the_others(self):
        ann, bob = (Owners.key.__func__(type(self), name) for name in ("ann", "bob"))
        mine = {"ann": (ann, new_name("anns")), "bob": (bob, new_name("bobs"))}
        for client, bucket in mine.values():
            client.create_bucket(Bucket=bucket)

        def bodies(who):
            return {f"k/{at:02}": bytes_of((at % 5) * 150_000 + 10, f"{who} {at}".encode()) for at in range(24)}

        def work(who, part):
            client, bucket = mine[who]
            other = mine["bob" if who == "ann" else "ann"][1]
            for at, (key, body) in enumerate(bodies(who).items()):
                if at % 4 == part:
                    client.put_object(Bucket=bucket, Key=key, Body=body)
                    self.assertTrue(client.get_object(Bucket=bucket, Key=key)["Body"].read() == body)
                    self.refused("AccessDenied", client.get_object, Bucket=other, Key=key)
                    self.refused("AccessDenied", client.put_object, Bucket=other, Key=key, Body=b"x")
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(work, who, part) for who in mine for part in range(4)]:
                done.result()
        for who, (client, bucket) in mine.items():
            self.assertEqual([each["Name"] for each in client.list_buckets()["Buckets"]], [bucket])
            told = client.list_objects_v2(Bucket=bucket)
            self.assertEqual({each["Key"]: each["Size"] for each in told["Contents"]}, {key: len(body) for key, body in bodies(who).items()})
            for key, body in bodies(who).items():
                self.assertTrue(self.far_bytes(key, bucket) == body, (who, key))

    def test_a_name_that_both_want(self):
        clients = {name: Owners.key.__func__(type(self), name) for name in ("cid", "dan")}
        for _ in range(10):
            name = new_name("wanted")

            def make(who, name=name):
                try:
                    clients[who].create_bucket(Bucket=name)
                    return who
                except ClientError as error:
                    self.assertIn(error.response["Error"]["Code"], ("BucketAlreadyExists", "OperationAborted"))
                    return None
            with concurrent.futures.ThreadPoolExecutor(2) as threads:
                made = [who for who in threads.map(make, clients) if who]
            self.assertEqual(len(made), 1, made)
            (owner,) = made
            for who, client in clients.items():
                if who == owner:
                    client.put_object(Bucket=name, Key="k", Body=b"x")
                else:
                    self.refused("AccessDenied", client.put_object, Bucket=name, Key="k", Body=b"y")


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

"""Objects as boto3 reads and writes them: buckets, checksums, ranges, parts, lists, copies, addresses of either style."""
import base64
import datetime
import hashlib
import io
import socket
import unittest
import urllib.error
import urllib.request
import zlib
from unittest import mock

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from lib.aws import AwsCase, new_name

PART = 5 * 1024 * 1024


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def bytes_of(count, seed=b"weft"):
    """COUNT bytes that repeat nowhere near."""
    out = io.BytesIO()
    block = hashlib.sha256(seed).digest()
    while out.tell() < count:
        out.write(block * 64)
        block = hashlib.sha256(block).digest()
    return out.getvalue()[:count]


class Buckets(AwsCase):
    def test_made_found_listed_and_removed(self):
        s3, name = self.aws("s3"), new_name("bucket")
        s3.create_bucket(Bucket=name)
        s3.head_bucket(Bucket=name)
        self.assertIn(name, [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]])
        s3.delete_bucket(Bucket=name)
        self.refused("404", s3.head_bucket, Bucket=name)
        self.refused("NoSuchBucket", s3.delete_bucket, Bucket=name)
        self.refused("NoSuchBucket", s3.list_objects_v2, Bucket=name)
        self.refused("NoSuchBucket", s3.put_object, Bucket=name, Key="a", Body=b"")

    def test_region_and_making_it_again(self):
        west, name = self.aws("s3", region_name="eu-west-1"), new_name("bucket")
        place = {"LocationConstraint": "eu-west-1"}
        west.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        self.refused("BucketAlreadyOwnedByYou", west.create_bucket, Bucket=name, CreateBucketConfiguration=place)
        west.delete_bucket(Bucket=name)
        # The oldest region says it otherwise.
        east = self.aws("s3")
        east.create_bucket(Bucket=name)
        self.assertEqual(east.create_bucket(Bucket=name)["Location"], f"/{name}")

    def test_what_holds_objects_is_not_removed(self):
        s3, name = self.aws("s3"), new_name("bucket")
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="a", Body=b"1")
        self.refused("BucketNotEmpty", s3.delete_bucket, Bucket=name)
        s3.delete_object(Bucket=name, Key="a")
        s3.delete_bucket(Bucket=name)

    def test_names_that_are_none(self):
        for name in ("ab", "Upper-Case", "under_score", "-begins", "a..b"):
            with self.subTest(name):
                self.refused("InvalidBucketName", self.aws("s3").create_bucket, Bucket=name)

    def test_expected_owner(self):
        s3, account = self.aws("s3"), self.aws("sts").get_caller_identity()["Account"]
        s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=account)
        s3.list_objects_v2(Bucket=self.bucket, ExpectedBucketOwner=account)
        other = "999999999999"
        self.assertNotEqual(account, other)
        self.refused("403", s3.head_bucket, Bucket=self.bucket, ExpectedBucketOwner=other)
        self.refused("AccessDenied", s3.put_object, Bucket=self.bucket, Key="a", Body=b"", ExpectedBucketOwner=other)

    def test_what_is_not_supported_says_so(self):
        for call in (self.aws("s3").get_bucket_website, self.aws("s3").get_bucket_lifecycle_configuration):
            message = self.refused("NotImplemented", call, Bucket=self.bucket)
            self.assertTrue(message)


class Objects(AwsCase):
    def test_comes_back_as_it_was(self):
        s3, data = self.aws("s3"), b"id,amount\n1,2.5\n"
        put = s3.put_object(Bucket=self.bucket, Key="rows.csv", Body=data, ContentType="text/csv", CacheControl="no-cache",
                            Metadata={"made-by": "test"})
        self.assertEqual(put["ETag"], f'"{hashlib.md5(data).hexdigest()}"')
        got = s3.get_object(Bucket=self.bucket, Key="rows.csv")
        self.assertEqual(got["Body"].read(), data)
        head = s3.head_object(Bucket=self.bucket, Key="rows.csv")
        for told in (got, head):
            self.assertEqual(told["ContentLength"], len(data))
            self.assertEqual(told["ContentType"], "text/csv")
            self.assertEqual(told["CacheControl"], "no-cache")
            self.assertEqual(told["Metadata"], {"made-by": "test"})
            self.assertEqual(told["ETag"], put["ETag"])

    def test_the_checksum_that_boto3_sends_by_itself(self):
        s3, data = self.aws("s3"), b"checked"
        put = s3.put_object(Bucket=self.bucket, Key="c/bytes", Body=data)
        self.assertEqual(put["ChecksumCRC32"], crc32(data))
        head = s3.head_object(Bucket=self.bucket, Key="c/bytes", ChecksumMode="ENABLED")
        self.assertEqual(head["ChecksumCRC32"], crc32(data))
        # boto3 checks it while it reads.
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="c/bytes")["Body"].read(), data)

    def test_a_checksum_behind_the_body(self):
        """As boto3 sends every body over https: in chunks, the checksum as a trailer."""
        s3, data, sent = self.aws("s3", config=self.once), bytes_of(300_000), []

        def as_trailer(params, **_):
            params["context"]["checksum"]["request_algorithm"]["in"] = "trailer"
        s3.meta.events.register("before-call.s3.PutObject", as_trailer)
        s3.meta.events.register_last("before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers)))
        put = s3.put_object(Bucket=self.bucket, Key="c/stream", Body=OneWay(data), ContentLength=len(data))
        self.assertEqual(sent[-1]["X-Amz-Trailer"], b"x-amz-checksum-crc32")
        self.assertEqual(put["ChecksumCRC32"], crc32(data))
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="c/stream")["Body"].read(), data)
        self.assertEqual(s3.head_object(Bucket=self.bucket, Key="c/stream")["ContentLength"], len(data))

    def test_every_algorithm(self):
        s3, data = self.aws("s3"), b"by every algorithm"
        wanted = {"CRC32": crc32(data), "SHA1": base64.b64encode(hashlib.sha1(data).digest()).decode(),
                  "SHA256": base64.b64encode(hashlib.sha256(data).digest()).decode()}
        for algorithm, value in wanted.items():
            with self.subTest(algorithm):
                put = s3.put_object(Bucket=self.bucket, Key=algorithm, Body=data, ChecksumAlgorithm=algorithm)
                self.assertEqual(put[f"Checksum{algorithm}"], value)
                head = s3.head_object(Bucket=self.bucket, Key=algorithm, ChecksumMode="ENABLED")
                self.assertEqual(head[f"Checksum{algorithm}"], value)

    def test_a_checksum_that_is_another_is_refused_and_nothing_kept(self):
        s3 = self.aws("s3")
        for wrong in ({"ChecksumCRC32": crc32(b"other")}, {"ChecksumSHA256": base64.b64encode(bytes(32)).decode()},
                      {"ContentMD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}):
            with self.subTest(wrong):
                self.refused("BadDigest", s3.put_object, Bucket=self.bucket, Key="wrong", Body=b"data", **wrong)
                self.refused("404", s3.head_object, Bucket=self.bucket, Key="wrong")
        self.refused("InvalidDigest", s3.put_object, Bucket=self.bucket, Key="wrong", Body=b"data", ContentMD5="none")

    def test_ranges(self):
        s3 = self.aws("s3")
        self.put("range", b"0123456789")
        for wanted, body, told in (("bytes=0-3", b"0123", "bytes 0-3/10"), ("bytes=7-", b"789", "bytes 7-9/10"),
                                   ("bytes=-4", b"6789", "bytes 6-9/10"), ("bytes=8-100", b"89", "bytes 8-9/10")):
            with self.subTest(wanted):
                got = s3.get_object(Bucket=self.bucket, Key="range", Range=wanted)
                self.assertEqual(got["Body"].read(), body)
                self.assertEqual(got["ContentRange"], told)
                self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
        self.refused("InvalidRange", s3.get_object, Bucket=self.bucket, Key="range", Range="bytes=10-12")

    def test_conditions(self):
        s3 = self.aws("s3")
        self.put("if", b"data")
        etag = s3.head_object(Bucket=self.bucket, Key="if")["ETag"]
        s3.get_object(Bucket=self.bucket, Key="if", IfMatch=etag)["Body"].read()
        self.refused("PreconditionFailed", s3.get_object, Bucket=self.bucket, Key="if", IfMatch='"other"')
        self.refused("304", s3.get_object, Bucket=self.bucket, Key="if", IfNoneMatch=etag)
        self.refused("PreconditionFailed", s3.put_object, Bucket=self.bucket, Key="if", Body=b"new", IfNoneMatch="*")
        self.assertEqual(self.get(f"s3://{self.bucket}/if"), b"data")

    def test_what_is_not_there(self):
        s3 = self.aws("s3")
        self.refused("NoSuchKey", s3.get_object, Bucket=self.bucket, Key="no/such")
        self.refused("404", s3.head_object, Bucket=self.bucket, Key="no/such")
        s3.delete_object(Bucket=self.bucket, Key="no/such")

    def test_keys_of_every_kind(self):
        s3 = self.aws("s3")
        keys = ["a b+c/ü.txt", "日本/データ", "q?x=1&y=2#z", "percent%2Fsign", "tab\there", "a//b", "deep/" * 40 + "x", "dir/", ".hidden",
                "~tilde", "-dash", "x" * 1000]
        for key in keys:
            with self.subTest(key[:40]):
                s3.put_object(Bucket=self.bucket, Key=f"keys/{key}", Body=key.encode())
                self.assertEqual(s3.get_object(Bucket=self.bucket, Key=f"keys/{key}")["Body"].read(), key.encode())
        listed = [each["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="keys/")
                  for each in page.get("Contents", [])]
        self.assertEqual(listed, sorted((f"keys/{key}" for key in keys), key=str.encode))
        self.refused("KeyTooLongError", s3.put_object, Bucket=self.bucket, Key="x" * 1025, Body=b"")

    def test_a_folder_and_an_object_of_one_name(self):
        """On a disk they would be in each other's way."""
        s3 = self.aws("s3")
        for key in ("way", "way/in", "way/in/deep", "way/"):
            s3.put_object(Bucket=self.bucket, Key=key, Body=key.encode())
        for key in ("way", "way/in", "way/in/deep", "way/"):
            self.assertEqual(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(), key.encode())

    def test_empty(self):
        self.put("empty", b"")
        self.assertEqual(self.get(f"s3://{self.bucket}/empty"), b"")
        head = self.aws("s3").head_object(Bucket=self.bucket, Key="empty")
        self.assertEqual(head["ETag"], '"d41d8cd98f00b204e9800998ecf8427e"')


class OneWay(io.RawIOBase):
    """A body that can be read once, as a pipe is."""

    def __init__(self, data):
        self.rest = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, into):
        return self.rest.readinto(into)

    def seekable(self):
        return False


class Parts(AwsCase):
    def test_the_sdk_uploads_in_parts_by_itself(self):
        s3, data = self.aws("s3"), bytes_of(12 * 1024 * 1024 + 17)
        how = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        s3.upload_fileobj(io.BytesIO(data), self.bucket, "large", Config=how)
        head = s3.head_object(Bucket=self.bucket, Key="large")
        self.assertEqual(head["ContentLength"], len(data))
        pieces = [data[at:at + PART] for at in range(0, len(data), PART)]
        together = hashlib.md5(b"".join(hashlib.md5(piece).digest() for piece in pieces)).hexdigest()
        self.assertEqual(head["ETag"], f'"{together}-3"')
        back = io.BytesIO()
        s3.download_fileobj(self.bucket, "large", back, Config=how)
        self.assertEqual(back.getvalue(), data)

    def begin(self, key):
        return self.aws("s3").create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]

    def test_by_hand_listed_and_given_up(self):
        s3, at = self.aws("s3"), {"Bucket": self.bucket, "Key": "hand"}
        upload = self.begin("hand")
        self.assertIn(upload, [each["UploadId"] for each in s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]])
        for number, piece in ((2, b"tail"), (1, bytes_of(PART))):
            s3.upload_part(**at, UploadId=upload, PartNumber=number, Body=piece)
        parts = s3.list_parts(**at, UploadId=upload)["Parts"]
        self.assertEqual([(part["PartNumber"], part["Size"]) for part in parts], [(1, PART), (2, 4)])
        self.refused("NoSuchKey", s3.get_object, **at)
        s3.abort_multipart_upload(**at, UploadId=upload)
        self.refused("NoSuchUpload", s3.list_parts, **at, UploadId=upload)
        self.refused("NoSuchUpload", s3.upload_part, **at, UploadId=upload, PartNumber=1, Body=b"x")

    def test_what_cannot_be_put_together(self):
        s3, at = self.aws("s3"), {"Bucket": self.bucket, "Key": "wrong"}
        upload, large = self.begin("wrong"), bytes_of(PART)
        tags = {number: s3.upload_part(**at, UploadId=upload, PartNumber=number, Body=body)["ETag"]
                for number, body in ((1, large), (2, large), (3, b"too small to be first"), (4, b"tail"))}

        def complete(*parts):
            told = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in parts]}
            return s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=told)
        self.refused("EntityTooSmall", complete, (3, tags[3]), (4, tags[4]))
        self.refused("InvalidPartOrder", complete, (2, tags[2]), (1, tags[1]))
        self.refused("InvalidPart", complete, (1, '"' + "0" * 32 + '"'))
        self.refused("InvalidPart", complete, (7, tags[1]))
        complete((1, tags[1]), (4, tags[4]))
        self.assertEqual(self.get(f"s3://{self.bucket}/wrong"), large + b"tail")

    def test_a_checksum_of_the_whole_that_is_another_replaces_nothing(self):
        s3, at = self.aws("s3"), {"Bucket": self.bucket, "Key": "whole"}
        self.put("whole", b"old")
        upload = s3.create_multipart_upload(**at, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]
        tag = s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"new")["ETag"]

        def complete(checksum, **more):
            return s3.complete_multipart_upload(**at, UploadId=upload, ChecksumCRC32=checksum, **more,
                                                MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
        self.refused("BadDigest", complete, "AAAAAA==")
        self.refused("BadDigest", complete, "AAAAAA==", ChecksumType="FULL_OBJECT")
        self.assertEqual(self.get(f"s3://{self.bucket}/whole"), b"old")
        self.assertEqual(complete(crc32(b"new"), ChecksumType="FULL_OBJECT")["ChecksumCRC32"], crc32(b"new"))
        self.assertEqual(self.get(f"s3://{self.bucket}/whole"), b"new")

    def test_a_part_again_takes_the_place_of_the_first(self):
        s3, at = self.aws("s3"), {"Bucket": self.bucket, "Key": "again"}
        upload = self.begin("again")
        for body in (b"first", b"second"):
            tag = s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=body)["ETag"]
        s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
        self.assertEqual(self.get(f"s3://{self.bucket}/again"), b"second")


class Lists(AwsCase):
    KEYS = ["2024/01/a", "2024/01/b", "2024/02/c", "2025/d", "e", "f/g/h"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for key in cls.KEYS:
            cls.put(key, b"1")

    def test_folders(self):
        s3 = self.aws("s3")
        top = s3.list_objects_v2(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([each["Prefix"] for each in top["CommonPrefixes"]], ["2024/", "2025/", "f/"])
        self.assertEqual([each["Key"] for each in top["Contents"]], ["e"])
        self.assertEqual(top["KeyCount"], 4)
        self.assertFalse(top["IsTruncated"])
        below = s3.list_objects_v2(Bucket=self.bucket, Prefix="2024/", Delimiter="/")
        self.assertEqual([each["Prefix"] for each in below["CommonPrefixes"]], ["2024/01/", "2024/02/"])
        self.assertNotIn("Contents", below)

    def test_pages(self):
        s3 = self.aws("s3")
        for size in (1, 2, 4, 6, 1000):
            with self.subTest(size):
                pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": size}))
                self.assertEqual([each["Key"] for page in pages for each in page["Contents"]], self.KEYS)
                self.assertTrue(all(page["KeyCount"] <= size for page in pages))
                self.assertEqual(len(pages), -(-len(self.KEYS) // size))
        folders = [each["Prefix"] for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 1}) for each in page.get("CommonPrefixes", [])]
        self.assertEqual(folders, ["2024/", "2025/", "f/"])

    def test_from_a_place_on(self):
        s3 = self.aws("s3")
        told = s3.list_objects_v2(Bucket=self.bucket, StartAfter="2024/02/c")
        self.assertEqual([each["Key"] for each in told["Contents"]], ["2025/d", "e", "f/g/h"])
        old = s3.list_objects(Bucket=self.bucket, Marker="2025/d", MaxKeys=1)
        self.assertEqual([each["Key"] for each in old["Contents"]], ["e"])
        self.assertTrue(old["IsTruncated"])
        self.refused("InvalidArgument", s3.list_objects_v2, Bucket=self.bucket, ContinuationToken="none of ours")

    def test_nothing(self):
        told = self.aws("s3").list_objects_v2(Bucket=self.bucket, Prefix="none/")
        self.assertEqual((told["KeyCount"], told.get("Contents", [])), (0, []))


class CopiesAndDeletes(AwsCase):
    def test_copy(self):
        s3 = self.aws("s3")
        s3.put_object(Bucket=self.bucket, Key="from ü", Body=b"copied", ContentType="text/csv", Metadata={"a": "1"})
        where = {"Bucket": self.bucket, "Key": "from ü"}
        told = s3.copy_object(Bucket=self.bucket, Key="to", CopySource=where)
        self.assertEqual(told["CopyObjectResult"]["ETag"], f'"{hashlib.md5(b"copied").hexdigest()}"')
        head = s3.head_object(Bucket=self.bucket, Key="to")
        self.assertEqual((head["ContentType"], head["Metadata"]), ("text/csv", {"a": "1"}))
        s3.copy_object(Bucket=self.bucket, Key="to", CopySource=where, MetadataDirective="REPLACE", ContentType="text/plain",
                       Metadata={"b": "2"})
        head = s3.head_object(Bucket=self.bucket, Key="to")
        self.assertEqual((head["ContentType"], head["Metadata"]), ("text/plain", {"b": "2"}))
        missing = {"Bucket": self.bucket, "Key": "none"}
        self.refused("NoSuchKey", s3.copy_object, Bucket=self.bucket, Key="to", CopySource=missing)

    def test_many_at_once(self):
        s3 = self.aws("s3")
        keys = [f"many/{at:04} ü&<>" for at in range(120)]
        for key in keys:
            self.put(key, b"")
        told = s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys[:60] + ["many/none"]]})
        self.assertEqual([each["Key"] for each in told["Deleted"]], keys[:60] + ["many/none"])
        quiet = s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys[60:]], "Quiet": True})
        self.assertEqual((quiet.get("Deleted", []), quiet.get("Errors", [])), ([], []))
        self.assertEqual(s3.list_objects_v2(Bucket=self.bucket, Prefix="many/")["KeyCount"], 0)


class Addresses(AwsCase):
    def test_signed_in_the_address(self):
        s3 = self.aws("s3")
        put = s3.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": "signed ü"}, ExpiresIn=60)
        request = urllib.request.Request(put, data=b"by address", method="PUT", headers={"Content-Type": "text/csv"})
        self.assertEqual(urllib.request.urlopen(request, timeout=20).status, 200)
        get = s3.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": "signed ü",
                                                       "ResponseContentType": "text/x-mine"}, ExpiresIn=60)
        with urllib.request.urlopen(get, timeout=20) as answer:
            self.assertEqual(answer.read(), b"by address")
            self.assertEqual(answer.headers["Content-Type"], "text/x-mine")

    def test_signed_too_long_ago(self):
        past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: past):
            get = self.aws("s3", config=Config(signature_version="s3v4")).generate_presigned_url(
                "get_object", {"Bucket": self.bucket, "Key": "a"}, ExpiresIn=60)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(get, timeout=20)
        with caught.exception as answer:
            self.assertEqual(answer.code, 403)
            self.assertIn(b"<Code>AccessDenied</Code>", answer.read())

    def test_the_bucket_in_the_host(self):
        """`BUCKET.localhost`, which is this machine; not every resolver knows."""
        url = self.url.replace("127.0.0.1", "localhost")
        names = socket.getaddrinfo

        def local(host, *rest, **more):
            return names("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)
        with mock.patch("socket.getaddrinfo", local):
            styles = {style: self.aws("s3", endpoint_url=url, config=Config(s3={"addressing_style": style}))
                      for style in ("virtual", "path")}
            seen = []
            styles["virtual"].meta.events.register_last("before-send.s3.PutObject", lambda request, **_: seen.append(request.url))
            styles["virtual"].put_object(Bucket=self.bucket, Key="host/key ü", Body=b"by host")
            self.assertIn(f"//{self.bucket}.localhost", seen[0])
            for client in styles.values():
                self.assertEqual(client.get_object(Bucket=self.bucket, Key="host/key ü")["Body"].read(), b"by host")
                self.assertEqual(client.list_objects_v2(Bucket=self.bucket, Prefix="host/")["KeyCount"], 1)

    def test_the_resource_and_its_session(self):
        """As the SageMaker SDK uses it."""
        bucket = boto3.resource("s3").Bucket(self.bucket)
        bucket.Object("r/1").put(Body=b"1")
        bucket.Object("r/2").put(Body=b"2")
        self.assertEqual([each.key for each in bucket.objects.filter(Prefix="r/")], ["r/1", "r/2"])
        bucket.objects.filter(Prefix="r/").delete()
        self.assertEqual(list(bucket.objects.filter(Prefix="r/")), [])


if __name__ == "__main__":
    unittest.main()

"""Objects in another store that fails: what it says is told, what passes is tried again, and hubs that are killed lose nothing."""
import concurrent.futures
import hashlib
import http.client
import os
import random
import signal
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from lib.aws import new_name
from lib.hub import Hub, free_port, only_weft
from lib.stores import MIB, Broken, ForwardCase, OtherHub, bytes_of, fault, in_turn, one_object, says, settings
from lib.waits import PATIENCE, eventually

BOOST = {"objective": "reg:squarederror", "max_depth": "4", "eta": "0.3", "nthread": "1", "num_round": 20}


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

    # What was done by an attempt of which nothing was heard.

    def at(self, key=""):
        return f"/{self.bucket}/{key}" if key else f"/{self.bucket}"

    def counted(self, what):
        return sum(each.split("?")[0] == what for each in self.store.asked)

    # How an attempt may go of which nothing is heard.
    UNHEARD = {"503": says(503, fault("SlowDown")), "500": says(500), "no answer": lambda request: request.hang_up()}

    def test_a_bucket_that_the_first_attempt_made(self):
        s3, owned = self.aws("s3", region_name="eu-west-1"), says(409, fault("BucketAlreadyOwnedByYou"))

        def make(*answers):
            name = new_name("bucket")
            self.store.reset(in_turn({f"HEAD /{name}": [says(404)], f"PUT /{name}": answers}))
            try:
                s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            finally:
                self.assertEqual(self.counted(f"PUT /{name}"), len(answers))
        for how, first in self.UNHEARD.items():
            with self.subTest(how):
                make(first, owned)
        self.refused("BucketAlreadyOwnedByYou", make, owned)

    def test_a_bucket_that_the_first_attempt_removed(self):
        what, gone = f"DELETE {self.at()}", says(404, fault("NoSuchBucket"))
        for how, first in self.UNHEARD.items():
            with self.subTest(how):
                self.store.reset(in_turn({what: [first, gone]}))
                self.aws("s3").delete_bucket(Bucket=self.bucket)
                self.assertEqual(self.counted(what), 2)
        self.store.reset(in_turn({what: [gone]}))
        self.refused("NoSuchBucket", self.aws("s3").delete_bucket, Bucket=self.bucket)

    def test_an_object_that_the_first_attempt_removed(self):
        what, there = f"DELETE {self.at('k')}", {f"HEAD {self.at('k')}": [says(200, "x", ETag='"e"')]}
        for how, first in self.UNHEARD.items():
            with self.subTest(how):
                self.store.reset(in_turn({**there, what: [first, says(404, fault("NoSuchKey"))]}))
                self.aws("s3").delete_object(Bucket=self.bucket, Key="k")
                self.assertEqual(self.counted(what), 2)
        self.store.reset(in_turn({**there, what: [says(404, fault("NoSuchBucket"))]}))
        self.refused("NoSuchBucket", self.aws("s3").delete_object, Bucket=self.bucket, Key="k")

    def test_a_body_is_sent_again_whole(self):
        """One that waits in memory, and one that waits on the disk."""
        for size in (1_000, 3 * MIB):
            data, got = bytes_of(size), []

            def takes(answer, got=got):
                def take(request):
                    got.append(request.body)
                    answer(request)
                return take
            etag = hashlib.md5(data).hexdigest()
            for first in (says(503, fault("SlowDown")), lambda request: request.hang_up()):
                got.clear()
                self.store.reset(in_turn({f"PUT {self.at('k')}": [takes(first), takes(first), takes(says(200, ETag=f'"{etag}"'))]}))
                put = self.aws("s3").put_object(Bucket=self.bucket, Key="k", Body=data)
                self.assertEqual(put["ETag"], f'"{etag}"')
                self.assertTrue(got == [data] * 3)
        self.assertEqual(list((self.hub.data / "ml/forwarding").iterdir()), [])

    def test_an_upload_that_the_first_attempt_completed(self):
        piece = bytes_of(5 * MIB)
        etag = hashlib.md5(piece).hexdigest()
        whole = f'"{hashlib.md5(bytes.fromhex(etag)).hexdigest()}-1"'
        done = f"<CompleteMultipartUploadResult><ETag>{whole}</ETag></CompleteMultipartUploadResult>"
        listed = (f"<ListPartsResult><Part><PartNumber>1</PartNumber><Size>{len(piece)}</Size><ETag>&quot;{etag}&quot;</ETag></Part>"
                  "</ListPartsResult>")
        gone, late = says(404, fault("NoSuchUpload")), says(200, fault("InternalError"))
        post = f"POST {self.at('k')}?uploadId"

        def complete(answers, etag_of_it):
            self.store.reset(in_turn({
                f"GET {self.at('k')}?uploadId": [says(200, listed)], f"HEAD {self.at('k')}": [says(200, "x", ETag=etag_of_it)],
                post: answers}))
            return self.aws("s3").complete_multipart_upload(Bucket=self.bucket, Key="k", UploadId="u", MultipartUpload={
                "Parts": [{"PartNumber": 1, "ETag": f'"{etag}"'}]})
        for first in (says(503, fault("SlowDown")), lambda request: request.hang_up(), says(200, done[:40], length=len(done))):
            self.assertEqual(complete([first, gone], whole)["ETag"], whole)
            self.assertEqual(self.counted(post.split("?")[0]), 2)
        # That one has replaced it meanwhile, or there was no upload at all.
        self.refused("NoSuchUpload", complete, [says(503, fault("SlowDown")), gone], '"another"')
        self.refused("NoSuchUpload", complete, [gone], whole)
        self.assertEqual(self.counted(post.split("?")[0]), 1)
        # Its head came before it knew.
        self.refused("ServiceUnavailable", complete, [late], whole)
        self.assertEqual(complete([says(503, fault("SlowDown")), says(200, done)], whole)["ETag"], whole)

    def test_an_answer_that_is_cut_off_is_asked_for_again(self):
        listing = "<ListBucketResult><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>"
        self.store.reset(in_turn({f"GET {self.at()}": [says(200, listing[:30], length=len(listing)), says(200, listing)]}))
        told = self.aws("s3").list_objects_v2(Bucket=self.bucket)
        self.assertEqual([each["Key"] for each in told["Contents"]], ["k"])

    def test_it_is_tried_three_times_and_then_no_more(self):
        for call, given, what in (("create_bucket", {}, f"PUT {self.at()}"), ("delete_bucket", {}, f"DELETE {self.at()}"),
                                  ("put_object", {"Key": "k", "Body": b"x"}, f"PUT {self.at('k')}"),
                                  ("delete_object", {"Key": "k"}, f"DELETE {self.at('k')}"),
                                  ("create_multipart_upload", {"Key": "k"}, f"POST {self.at('k')}"),
                                  ("upload_part", {"Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"x"}, f"PUT {self.at('k')}")):
            for status in (429, 500, 502, 503, 504):
                with self.subTest((call, status)):
                    self.store.reset(in_turn({what: [says(status)], f"HEAD {self.at('k')}": [says(200, "x", ETag='"e"')],
                                              f"HEAD {self.at()}": [says(404 if call == "create_bucket" else 200)]}))
                    self.told("SlowDown" if status == 429 else "ServiceUnavailable", getattr(self.aws("s3"), call), **given)
                    self.assertEqual(self.counted(what), 3)

    # Lists that have more than one page.

    def test_all_pages_of_parts_uploads_and_buckets(self):
        def part(number):
            return f"<Part><PartNumber>{number}</PartNumber><Size>1</Size><ETag>&quot;e{number}&quot;</ETag></Part>"

        def upload(key, name):
            return f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId></Upload>"

        def pages(marker, first, second):
            """SECOND where MARKER is asked for."""
            return lambda request: request.say(200, second if marker in request.path.split("?")[1] else first)
        more, s3 = "<IsTruncated>true</IsTruncated>", self.aws("s3")
        self.store.reset(in_turn({f"GET {self.at('k')}?uploadId": [pages(
            "part-number-marker=2", f"<ListPartsResult>{more}<NextPartNumberMarker>2</NextPartNumberMarker>{part(1)}{part(2)}</ListPartsResult>",
            f"<ListPartsResult>{part(3)}</ListPartsResult>")]}))
        told = s3.list_parts(Bucket=self.bucket, Key="k", UploadId="u")
        self.assertEqual([each["PartNumber"] for each in told["Parts"]], [1, 2, 3])
        few = [each["PartNumber"] for page in s3.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key="k", UploadId="u", PaginationConfig={"PageSize": 1}) for each in page["Parts"]]
        self.assertEqual(few, [1, 2, 3])
        self.store.reset(in_turn({f"GET {self.at()}?uploads": [pages(
            "key-marker=b%20c&upload-id-marker=2",
            f"<ListMultipartUploadsResult><EncodingType>url</EncodingType>{more}<NextKeyMarker>b%20c</NextKeyMarker>"
            f"<NextUploadIdMarker>2</NextUploadIdMarker>{upload('a', 1)}{upload('b%20c', 2)}</ListMultipartUploadsResult>",
            f"<ListMultipartUploadsResult>{upload('d', 3)}</ListMultipartUploadsResult>")]}))
        told = s3.list_multipart_uploads(Bucket=self.bucket)
        self.assertEqual([(each["Key"], each["UploadId"]) for each in told["Uploads"]], [("a", "1"), ("b c", "2"), ("d", "3")])

        def buckets(*names, then=""):
            each = "".join(f"<Bucket><Name>{name}</Name><CreationDate>2026-01-02T03:04:05Z</CreationDate></Bucket>" for name in names)
            return f"<ListAllMyBucketsResult><Buckets>{each}</Buckets>{then}</ListAllMyBucketsResult>"
        self.store.reset(lambda request, _count: request.say(200, buckets("later") if "continuation-token=t%2B" in request.path else buckets(
            "bucket-b", "bucket-a", then="<ContinuationToken>t+</ContinuationToken>")))
        self.assertEqual([each["Name"] for each in s3.list_buckets()["Buckets"]], ["bucket-a", "bucket-b", "later"])

    def test_lists_that_do_not_end(self):
        more = "<IsTruncated>true</IsTruncated>"
        for words, page, call, given in (
                ("does not end", f"<ListPartsResult>{more}<NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>", "list_parts",
                 {"Key": "k", "UploadId": "u"}),
                ("goes on and has nothing in it", f"<ListBucketResult>{more}<NextContinuationToken>1</NextContinuationToken></ListBucketResult>",
                 "list_objects_v2", {})):
            with self.subTest(call):
                self.store.reset(lambda request, count, page=page: request.say(200, page) if request.command == "GET" else request.say(200))
                self.assertIn(words, self.told("InternalError", getattr(self.aws("s3"), call), **given))
                self.assertLess(len(self.store.asked), 10)

    def test_signed_for_its_region(self):
        folder = self.folder / "region"
        folder.mkdir()
        signed, name = [], new_name("bucket")

        def answer(request, _count):
            signed.append((request.command, request.headers["Authorization"], request.body))
            request.say(404 if request.command == "HEAD" else 200)
        self.store.reset(answer)
        hub = Hub(folder, settings(self.store.url, "    region: eu-central-1\n"))
        try:
            self.aws("s3", endpoint_url=hub.url).create_bucket(Bucket=name)
        finally:
            hub.stop()
        self.assertIn("PUT", [method for method, _, _ in signed])
        for method, authorization, body in signed:
            self.assertIn("/eu-central-1/s3/aws4_request", authorization)
            if method == "PUT":
                self.assertIn(b"<LocationConstraint>eu-central-1</LocationConstraint>", body)

    @staticmethod
    def ended(sagemaker, name):
        told = sagemaker.describe_training_job(TrainingJobName=name)
        return told if told["TrainingJobStatus"] in ("Failed", "Completed") else None


@only_weft
class Killed(ForwardCase):
    """A hub that ends without a word (WEFT_ML_KILLS: how often) while bodies wait in it, or are on their way."""
    store_kind = OtherHub

    def waiting(self):
        """The bodies that lie in files without a name."""
        folder, found = f"{self.hub.data}/ml/forwarding/", []
        for each in Path(f"/proc/{self.hub.process.pid}/fd").iterdir():
            try:
                at = os.readlink(each)
            except OSError:
                continue  # closed meanwhile
            if at.startswith(folder):
                found.append(at)
        return found

    def begin_again(self):
        self.hub.kill()
        self.hub.start()
        self.assertEqual(list((self.hub.data / "ml/forwarding").iterdir()), [])
        self.assertEqual(self.waiting(), [])

    def test_with_half_a_body(self):
        s3, size = self.aws("s3"), 20 * MIB
        s3.put_object(Bucket=self.bucket, Key="half/over", Body=b"before")
        ways = {}
        for key in ("half/new", "half/over"):
            url = urllib.parse.urlsplit(s3.generate_presigned_url("put_object", {"Bucket": self.bucket, "Key": key}, ExpiresIn=600))
            way = ways[key] = http.client.HTTPConnection(url.netloc, timeout=60 * PATIENCE)
            self.addCleanup(way.close)
            way.putrequest("PUT", f"{url.path}?{url.query}")
            way.putheader("Content-Length", str(size))
            way.endheaders(bytes(size // 2))
        eventually("both wait", lambda: len(self.waiting()) == 2)
        self.assertEqual(list((self.hub.data / "ml/forwarding").iterdir()), [], "they have no names")
        self.begin_again()
        self.refused("NoSuchKey", s3.get_object, Bucket=self.bucket, Key="half/new")
        for client in (s3, self.far):
            self.assertEqual(client.get_object(Bucket=self.bucket, Key="half/over")["Body"].read(), b"before")

    def test_while_the_store_takes_its_time(self):
        """The body is whole and waits, the caller has heard nothing: then it is there whole, or as it was before."""
        s3, data = self.aws("s3"), bytes_of(8 * MIB)
        s3.put_object(Bucket=self.bucket, Key="slow", Body=b"before")
        os.kill(self.store.hub.process.pid, signal.SIGSTOP)
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as thread:
                put = thread.submit(s3.put_object, Bucket=self.bucket, Key="slow", Body=data)
                eventually("it waits", lambda: len(self.waiting()) == 1)
                self.hub.kill()
                self.assertIsNotNone(put.exception(60 * PATIENCE))
        finally:
            os.kill(self.store.hub.process.pid, signal.SIGCONT)
        self.begin_again()
        found = s3.get_object(Bucket=self.bucket, Key="slow")["Body"].read()
        self.assertTrue(found in (b"before", data), len(found))

    def test_an_upload_goes_on(self):
        s3, at, first = self.aws("s3"), {"Bucket": self.bucket, "Key": "parts"}, bytes_of(5 * MIB)
        upload = s3.create_multipart_upload(**at)["UploadId"]
        etags = [s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=first)["ETag"]]
        self.begin_again()
        self.assertEqual([each["ETag"] for each in s3.list_parts(**at, UploadId=upload)["Parts"]], etags)
        etags.append(s3.upload_part(**at, UploadId=upload, PartNumber=2, Body=b"end")["ETag"])
        s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]})
        self.assertTrue(self.far_bytes("parts") == first + b"end")

    def test_nothing_that_was_answered_is_lost(self):
        """Writers of new keys, and of one key each again and again, while the hub is killed at moments of chance."""
        chance, sizes = random.Random(7), (3, 200_000, 700_000, 3 * MIB)
        answered, over = set(), {}

        def body(key, size):
            return key.encode() + b"\n" + bytes_of(size, key.encode())

        def write(number, kill):
            client = self.aws("s3", config=self.once)
            for at in range(10_000):
                key, again = f"killed/{kill}/{number}/{at}", f"killed/again/{number}"
                size = sizes[(at + number) % len(sizes)]
                try:
                    client.put_object(Bucket=self.bucket, Key=key, Body=body(key, size))
                    answered.add(key)
                    over[again] = [*over.get(again, []), (key, size)]
                    client.put_object(Bucket=self.bucket, Key=again, Body=body(key, size))
                    over[again] = [(key, size)]
                    answered.add(again)
                except Exception:
                    return at
            return None
        for kill in range(int(os.environ.get("WEFT_ML_KILLS", "5"))):
            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                writers = [threads.submit(write, number, kill) for number in range(4)]
                time.sleep(chance.uniform(0.1, 1.0))
                self.hub.kill()
                for each in writers:
                    self.assertIsNotNone(each.result(60 * PATIENCE), "it was not the hub that ended it")
            self.begin_again()
            self.assertEqual(self.far.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []), [])
        self.assertGreater(len(answered), 4)
        found = {each["Key"] for page in self.aws("s3").get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix="killed/") for each in page["Contents"]}
        self.assertLessEqual(answered, found)
        for key in found:
            got = self.get(f"s3://{self.bucket}/{key}")
            name = got.split(b"\n", 1)[0].decode()
            self.assertTrue(got == body(name, len(got) - len(name) - 1), f"{key} is not whole")
            if key in over:
                self.assertIn((name, len(got) - len(name) - 1), over[key])
            else:
                self.assertEqual(name, key)


if __name__ == "__main__":
    unittest.main()

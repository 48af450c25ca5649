"""Keys: who signs with one is who it says, whoever cannot is told the same, and nobody sees what is another's."""
import datetime
import unittest
import urllib.error
import urllib.request
from unittest import mock

import boto3
from botocore.config import Config

from lib.aws import ENDED, ROLE, XGBOOST, AwsCase, archive, eventually, new_name
from lib.data import csv, friedman
from lib.hub import only_weft

WRONG = ("InvalidSignatureException", "SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException",
         "InvalidAccessKeyId", "AccessDenied", "AccessDeniedException", "403")


@only_weft
class Keys(AwsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.bob = cls.key("ann"), cls.key("bob")

    @classmethod
    def key(cls, name):
        """A new key as boto3 takes it."""
        made = cls.hub.json("key", "new", name)
        return {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}

    @classmethod
    def client(cls, service, key, **more):
        config = cls.once.merge(Config(**more))
        return boto3.session.Session(**key, region_name="us-east-1").client(service, config=config)

    def both(self, service):
        return self.client(service, self.ann), self.client(service, self.bob)

    def test_each_is_somebody(self):
        ann, bob = (client.get_caller_identity() for client in self.both("sts"))
        self.assertNotEqual(ann["Account"], bob["Account"])
        self.assertTrue(ann["Arn"].endswith("/ann"), ann["Arn"])

    def test_who_cannot_sign_is_told_so(self):
        wrong = {**self.ann, "aws_secret_access_key": "x" * 40}
        unknown = {"aws_access_key_id": "WEFT0000000000000000", "aws_secret_access_key": "x" * 40}
        for service, call in (("sagemaker", "list_endpoints"), ("sts", "get_caller_identity"), ("s3", "list_buckets"),
                              ("logs", "describe_log_groups"), ("cloudwatch", "list_metrics")):
            for who, key in (("wrong", wrong), ("unknown", unknown)):
                with self.subTest(service=service, who=who):
                    self.refused(WRONG, getattr(self.client(service, key), call))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{self.url}/{self.bucket}", timeout=20)
        with caught.exception as answer:
            self.assertIn(answer.code, (401, 403, 404))

    def test_a_signature_of_another_time(self):
        for off, fits in ((60, True), (-60, True), (16 * 60, False), (-16 * 60, False), (24 * 3600, False)):
            with self.subTest(off):
                then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=off)
                client = self.client("sagemaker", self.ann)
                with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: then):
                    if fits:
                        client.list_endpoints()
                    else:
                        self.refused((*WRONG, "RequestTimeTooSkewed", "RequestExpired"), client.list_endpoints)

    def test_what_is_signed_cannot_be_changed(self):
        def other_body(request, **_):
            request.body = request.body.replace(b"honest", b"forged")
        for service, call, given in (
                ("sagemaker", "describe_endpoint", {"EndpointName": "honest"}),
                ("logs", "describe_log_groups", {"logGroupNamePrefix": "honest"})):
            with self.subTest(service):
                client = self.client(service, self.ann)
                client.meta.events.register_last(f"before-send.{service}.*", other_body)
                self.refused(WRONG, getattr(client, call), **given)
        s3, name = self.client("s3", self.ann, signature_version="s3v4"), new_name("bucket")
        s3.create_bucket(Bucket=name)
        url = s3.generate_presigned_url("get_object", {"Bucket": name, "Key": "a"}, ExpiresIn=60)
        for changed in (url.replace("/a?", "/b?"), url.replace("X-Amz-Expires=60", "X-Amz-Expires=600")):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(changed, timeout=20)
            with caught.exception as answer:
                self.assertEqual(answer.code, 403)
                self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", answer.read())

    def test_buckets_and_objects_are_their_owners(self):
        ann, bob = self.both("s3")
        name = new_name("bucket")
        ann.create_bucket(Bucket=name)
        ann.put_object(Bucket=name, Key="a", Body=b"ann's")
        self.refused(("BucketAlreadyExists",), bob.create_bucket, Bucket=name)
        self.assertNotIn(name, [bucket["Name"] for bucket in bob.list_buckets()["Buckets"]])
        for call, given in ((bob.get_object, {"Key": "a"}), (bob.put_object, {"Key": "a", "Body": b"bob's"}),
                            (bob.delete_object, {"Key": "a"}), (bob.list_objects_v2, {})):
            self.refused(("AccessDenied", "NoSuchBucket"), call, Bucket=name, **given)
        self.refused(("403", "404"), bob.head_bucket, Bucket=name)
        self.assertEqual(ann.get_object(Bucket=name, Key="a")["Body"].read(), b"ann's")

    def test_jobs_models_endpoints_logs_and_metrics_are_their_owners(self):
        (ann, bob), name = self.both("sagemaker"), new_name("job")
        x, y = friedman(100)
        data = self.own_object(self.ann, "train.csv", csv(x, y))
        request = self.job_request({"num_round": 2}, {"train": data}, name=name, OutputDataConfig={
            "S3OutputPath": data.replace("train.csv", "models")})
        ann.create_training_job(**request)
        ann.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        # Not a word that there is one: as with a name that nobody has.
        none = self.refused("ValidationException", bob.describe_training_job, TrainingJobName="none-such")
        told = self.refused("ValidationException", bob.describe_training_job, TrainingJobName=name)
        self.assertEqual(told.replace(name, "none-such"), none)
        self.assertEqual(bob.list_training_jobs()["TrainingJobSummaries"], [])
        self.assertEqual(bob.search(Resource="TrainingJob").get("Results", []), [])
        logs = self.client("logs", self.bob)
        self.refused("ResourceNotFoundException", logs.describe_log_streams, logGroupName="/aws/sagemaker/TrainingJobs")
        metrics = self.client("cloudwatch", self.bob).list_metrics(Namespace="/aws/sagemaker/TrainingJobs")["Metrics"]
        self.assertEqual(metrics, [])
        # Nor may bob's job read what is ann's.
        request["TrainingJobName"] = new_name("job")
        bob.create_training_job(**request)
        ended = self.wait_for(bob, request["TrainingJobName"])
        self.assertEqual(ended["TrainingJobStatus"], "Failed")
        self.assertIn("ClientError", ended["FailureReason"])
        # A name of ann's is free for bob.
        for who, key in ((ann, self.ann), (bob, self.bob)):
            who.create_model(ModelName="same", ExecutionRoleArn=ROLE, PrimaryContainer={
                "Image": XGBOOST, "ModelDataUrl": self.own_object(key, "model.tar.gz", b"of its own")})
        ann.delete_model(ModelName="same")
        self.assertEqual(bob.describe_model(ModelName="same")["ModelName"], "same")

    def own_object(self, key, name, body):
        """The address of an object in a bucket of whoever has the key."""
        store, bucket = self.client("s3", key), new_name("bucket")
        store.create_bucket(Bucket=bucket)
        store.put_object(Bucket=bucket, Key=name, Body=body)
        return f"s3://{bucket}/{name}"

    @staticmethod
    def wait_for(client, name):
        def ended():
            told = client.describe_training_job(TrainingJobName=name)
            return told if told["TrainingJobStatus"] in ENDED else None
        return eventually(f"{name} ends", ended, 60)

    def test_a_revoked_key_signs_nothing_more(self):
        made = self.hub.json("key", "new", "short-lived")
        key = {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}
        client = self.client("sagemaker", key)
        client.list_endpoints()
        self.assertEqual(self.hub.run("key", "revoke", made["id"]).returncode, 0)
        self.refused(WRONG, client.list_endpoints)

    def test_no_secret_in_what_the_hub_writes(self):
        self.client("sagemaker", self.ann).list_endpoints()
        written = self.hub.out.text() + self.hub.err.text()
        for key in (self.ann, self.bob):
            self.assertNotIn(key["aws_secret_access_key"], written)

    def test_an_archive_of_anothers_is_no_model(self):
        """Though its address is known, it is as if nothing were there."""
        theirs = self.own_object(self.ann, "model.tar.gz", archive({"xgboost-model": b"{}"}))
        bob, told = self.client("sagemaker", self.bob), []
        for address in (theirs, f"s3://{new_name('bucket')}/model.tar.gz"):
            message = self.refused("ValidationException", bob.create_model, ModelName=new_name("model"), ExecutionRoleArn=ROLE,
                                   PrimaryContainer={"Image": XGBOOST, "ModelDataUrl": address})
            self.assertIn(address, message)
            told.append(message.replace(address, ""))
        self.assertEqual(*told)


if __name__ == "__main__":
    unittest.main()

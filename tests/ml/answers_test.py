"""What looks at answers (lib/answers.py, lib/wires.py) sees each kind of wrong one, and lets right ones pass. No hub: the answers
are written here, and go through boto3's own client."""
import io
import json
import struct
import unittest
import zlib
from unittest import mock

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from lib.answers import Checked

ID = "01234567-89ab-cdef-0123-456789abcdef"
ENDPOINTS = {"Endpoints": [{"EndpointName": "e", "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e", "CreationTime": 1.5,
                            "LastModifiedTime": 2, "EndpointStatus": "InService"}]}
ME = ('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
      "<UserId>AROAEXAMPLE:ann</UserId><Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/r/ann</Arn>"
      f"</GetCallerIdentityResult><ResponseMetadata><RequestId>{ID}</RequestId></ResponseMetadata></GetCallerIdentityResponse>")
NOT_ME = ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidAction</Code>'
          f"<Message>no</Message></Error><RequestId>{ID}</RequestId></ErrorResponse>")
LISTING = ('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data</Name><Prefix></Prefix><KeyCount>1</KeyCount>'
           "<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>k</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
           "<ETag>&quot;e&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>")
NO_BUCKET = ("<Error><Code>NoSuchBucket</Code><Message>none</Message><Resource>/data</Resource>"
             f"<RequestId>{ID}</RequestId></Error>")


class Raw(io.BytesIO):
    def stream(self, *_, **__):
        yield self.read()


def cbor(value):
    """As much of it as is needed here."""
    if isinstance(value, str):
        return bytes([0x78, len(value)]) + value.encode()
    if isinstance(value, dict):
        return bytes([0xA0 + len(value)]) + b"".join(cbor(key) + cbor(each) for key, each in value.items())
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(cbor, value))
    return b"\xfb" + struct.pack(">d", value)


def event(kind, name, payload):
    """One of an event stream's messages."""
    headers = b"".join(struct.pack(">B", len(key)) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
                       for key, value in ((":message-type", kind), (f":{kind}-type", name), (":content-type", "application/json")))
    start = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    start += struct.pack(">I", zlib.crc32(start))
    whole = start + headers + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


class Wrong(unittest.TestCase):
    def setUp(self):
        self.checked = Checked()
        keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        self.session = boto3.session.Session(**keys)

    def faults(self, service, call, given, status, headers, body):
        """What is found wrong with one answer."""
        client = self.checked.watch(self.session.client(service, endpoint_url="http://127.0.0.1:1", config=Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})))
        body = body.encode() if isinstance(body, str) else body
        client.meta.events.register("before-send.*.*", lambda request, **_: AWSResponse(request.url, status, headers, Raw(body)))
        try:
            answer = getattr(client, call)(**given)
            if call == "invoke_endpoint_with_response_stream":
                list(answer["Body"])
        except ClientError:
            pass
        found, self.checked.faults = self.checked.faults, []
        return "\n".join(found)

    def each(self, good, *wrong):
        """GOOD passes; each of (changes, words) does not."""
        self.assertEqual(self.faults(**good), "")
        for changes, words in wrong:
            with self.subTest(words):
                headers = {**good["headers"], **changes.pop("headers", {})}
                headers = {name: value for name, value in headers.items() if value is not None}
                self.assertIn(words, self.faults(**{**good, **changes, "headers": headers}))

    def test_json(self):
        def but(**changes):
            return json.dumps({"Endpoints": [{**ENDPOINTS["Endpoints"][0], **changes}]})
        good = {"service": "sagemaker", "call": "list_endpoints", "given": {}, "status": 200, "body": json.dumps(ENDPOINTS),
                "headers": {"x-amzn-RequestId": ID, "Content-Type": "application/x-amz-json-1.1"}}
        self.each(good,
                  ({"body": "{}"}, 'Missing required parameter in input: "Endpoints"'),
                  ({"body": but(EndpointStatus="Serving")}, "none of OutOfService"),
                  ({"body": but(EndpointName="a" * 64)}, "at most 63"),
                  ({"body": but(EndpointName="a_b")}, "not like"),
                  ({"body": but(EndpointName=7)}, "Invalid type for parameter"),
                  ({"body": but(CreationTime="2026-01-02T03:04:05Z")}, "which is no time"),
                  ({"body": but(Extra=1)}, "Extra is not in the shape EndpointSummary"),
                  ({"body": but(EndpointName=None)}, "is null"),
                  ({"headers": {"x-amzn-RequestId": None}}, "no request's id"),
                  ({"headers": {"x-amzn-Extra": "1"}}, "the header x-amzn-Extra"),
                  ({"headers": {"Content-Type": "application/json"}}, "not application/x-amz-json-1.1"))

    def test_json_errors(self):
        def said(code="ResourceNotFound", **more):
            return json.dumps({"__type": code, "message": "none", **more})
        good = {"service": "sagemaker", "call": "stop_training_job", "given": {"TrainingJobName": "j"}, "status": 400, "body": said(),
                "headers": {"x-amzn-RequestId": ID, "Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": "ResourceNotFound"}}
        self.each(good,
                  # The service has it, this operation not.
                  ({"body": said("ResourceInUse")}, "ResourceInUse is no error that StopTrainingJob declares"),
                  ({"body": said("ResourceNotFoundException")}, "no error that StopTrainingJob declares"),
                  ({"body": said("ValidationException"), "status": 404}, "ValidationException with the status 404"),
                  ({"body": said(message="")}, "an error without a message"),
                  ({"body": said(Message=7)}, "Invalid type for parameter Message"),
                  ({"body": said(Extra="x")}, "Extra is not in the shape ResourceNotFound"),
                  ({"body": said("ValidationException", Extra="x")}, "Extra is in an error that has no members"),
                  ({"body": "no"}, "the body is no JSON"),
                  ({"body": "{}", "headers": {"x-amzn-ErrorType": None}}, "is no error that"),
                  ({"headers": {"x-amzn-ErrorType": "ResourceInUse"}}, "x-amzn-ErrorType is"),
                  ({"headers": {"x-amzn-RequestId": "1"}}, "no request's id"))

    def test_json_of_what_was_query(self):
        good = {"service": "cloudwatch", "call": "list_metrics", "given": {}, "status": 400,
                "body": json.dumps({"__type": "InvalidParameterValueException", "message": "no"}),
                "headers": {"x-amzn-RequestId": ID, "Content-Type": "application/x-amz-json-1.0",
                            "x-amzn-query-error": "InvalidParameterValue;Sender"}}
        other = json.dumps({"__type": "ValidationException", "message": "no"})
        self.each(good,
                  ({"headers": {"x-amzn-query-error": None}}, "x-amzn-query-error is None"),
                  ({"headers": {"x-amzn-query-error": "InvalidParameterValue;Receiver"}}, "not InvalidParameterValue;Sender"),
                  ({"headers": {"x-amzn-query-error": "Odd;Sender"}}, "Odd is no error that ListMetrics declares"),
                  ({"body": other}, "__type is 'ValidationException'"))

    def test_cbor(self):
        patch = mock.patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("smithy-rpc-v2-cbor", "json", "rest-xml", "query"))
        patch.start()
        self.addCleanup(patch.stop)
        head = {"x-amzn-RequestId": ID, "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        metric = {"Metrics": [{"Namespace": "n", "MetricName": "m"}]}
        good = {"service": "cloudwatch", "call": "list_metrics", "given": {}, "status": 200, "body": cbor(metric), "headers": head}
        self.each(good,
                  ({"body": cbor({"Metrics": [{"Extra": "x"}]})}, "Extra is not in the shape Metric"),
                  ({"body": cbor({"Metrics": [{"MetricName": 1.5}]})}, "Invalid type for parameter"),
                  ({"body": cbor(metric) + b"\x00"}, "more behind the body's CBOR"),
                  ({"headers": {"smithy-protocol": None}}, "smithy-protocol is not"),
                  ({"headers": {"Content-Type": "application/json"}}, "not application/cbor"))
        error = {"__type": "InternalServiceFault", "message": "no"}
        good |= {"status": 500, "body": cbor(error), "headers": {**head, "x-amzn-query-error": "InternalServiceError;Receiver"}}
        self.each(good,
                  ({"status": 400}, "InternalServiceError with the status 400, not 500"),
                  ({"body": cbor({**error, "Extra": "x"})}, "Extra is not in the shape InternalServiceFault"),
                  ({"headers": {"smithy-protocol": None}}, "smithy-protocol is not"))

    def test_query(self):
        good = {"service": "sts", "call": "get_caller_identity", "given": {}, "status": 200, "body": ME,
                "headers": {"x-amzn-RequestId": ID, "Content-Type": "text/xml"}}
        self.each(good,
                  ({"body": ME.replace("<UserId>", "<Extra>1</Extra><UserId>")}, "Extra is not in the shape GetCallerIdentityResponse"),
                  ({"body": ME.replace("2011-06-15", "2010-05-08")}, "the root is"),
                  ({"body": ME.replace("<UserId>", "<UserId>a</UserId><UserId>")}, "more than once"),
                  ({"body": ME.replace("<ResponseMetadata>", "<Extra/><ResponseMetadata>")}, "no part of the form"),
                  ({"body": ME.replace(ID, ID[::-1])}, "RequestId in the body"),
                  ({"headers": {"Content-Type": "application/xml"}}, "not text/xml"))
        self.each({**good, "status": 400, "body": NOT_ME},
                  ({"body": NOT_ME.replace("InvalidAction", "UnknownOperationException")}, "is no error that GetCallerIdentity declares"),
                  ({"status": 403}, "InvalidAction with the status 403"),
                  ({"body": NOT_ME.replace("Sender", "Receiver")}, "its Type is 'Receiver'"),
                  ({"body": NOT_ME.replace(' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"', "")}, "the root is ErrorResponse"),
                  ({"body": NOT_ME.replace("</Message>", "</Message><Extra/>")}, "Extra is in an error that has no members"),
                  ({"body": NOT_ME.replace(f"<RequestId>{ID}</RequestId>", "")}, "not Error and RequestId"))

    def test_s3(self):
        good = {"service": "s3", "call": "list_objects_v2", "given": {"Bucket": "data"}, "status": 200, "body": LISTING,
                "headers": {"x-amz-request-id": ID, "Content-Type": "application/xml"}}
        self.each(good,
                  ({"body": LISTING.replace("<Size>", "<Extra/><Size>")}, "Extra is not in the shape Object"),
                  ({"body": LISTING.replace("ListBucketResult", "ListBucketAnswer")}, "the root is"),
                  ({"body": LISTING.replace("03:04:05.000Z", "03:04:05")}, "which is no time"),
                  ({"body": LISTING.replace(">false<", ">no<")}, "neither true nor false"),
                  ({"body": LISTING.replace("STANDARD", "COLD")}, "none of STANDARD"),
                  ({"headers": {"x-amz-extra": "1"}}, "the header x-amz-extra"),
                  ({"headers": {"x-amz-request-id": None}}, "no request's id"),
                  ({"headers": {"Content-Type": "text/xml"}}, "not application/xml"))
        self.each({**good, "status": 404, "body": NO_BUCKET},
                  ({"body": NO_BUCKET.replace("NoSuchBucket", "NoBucket")}, "NoBucket is no error that ListObjectsV2 declares"),
                  ({"status": 400}, "NoSuchBucket with the status 400, not 404"),
                  ({"body": NO_BUCKET.replace("</Message>", "</Message><Extra/>")}, "Extra is no member of S3's errors"),
                  ({"body": NO_BUCKET.replace(ID, ID[::-1])}, "RequestId in the body"),
                  ({"body": "<html>"}, "the body is no XML"))
        head = {**good, "call": "head_object", "given": {"Bucket": "data", "Key": "k"}, "body": "", "headers": {
            "x-amz-request-id": ID, "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "ETag": '"e"', "x-amz-meta-a": "b"}}
        self.each(head, ({"headers": {"Last-Modified": "2026-01-02T03:04:05Z"}}, "which is no time of HTTP's"),
                  ({"headers": {"x-amz-storage-class": "COLD"}}, "none of STANDARD"),
                  ({"body": "x"}, "a body where there is none"))
        self.each({**head, "status": 404}, ({"status": 418}, "the status 418 is none of S3's"), ({"body": "x"}, "a body where there is none"))

    def test_rest_json(self):
        good = {"service": "sagemaker-runtime", "call": "invoke_endpoint", "given": {"EndpointName": "e", "Body": b"1"}, "status": 200,
                "body": "1.5", "headers": {"x-amzn-RequestId": ID, "Content-Type": "text/csv", "x-Amzn-Invoked-Production-Variant": "all"}}
        self.each(good, ({"headers": {"X-Amzn-SageMaker-Extra": "x"}}, "the header X-Amzn-SageMaker-Extra"))
        error = {"Message": "no", "OriginalStatusCode": 415, "OriginalMessage": "no", "ErrorCode": "CLIENT_ERROR_FROM_MODEL"}
        self.each({**good, "status": 424, "body": json.dumps(error), "headers": {
            "x-amzn-RequestId": ID, "Content-Type": "application/json", "x-amzn-ErrorType": "ModelError"}},
            ({"status": 400}, "ModelError with the status 400, not 424"),
            ({"body": json.dumps({**error, "OriginalStatusCode": "415"})}, "OriginalStatusCode is '415', which is no number"),
            ({"body": json.dumps({**error, "Extra": 1})}, "Extra is not in the shape ModelError"),
            ({"headers": {"x-amzn-ErrorType": "ModelStreamError"}}, "is no error that InvokeEndpoint declares"),
            ({"headers": {"x-amzn-ErrorType": None}}, "424 is no error that InvokeEndpoint declares"),
            ({"headers": {"Content-Type": "text/plain"}}, "not application/json"))

    def test_streams(self):
        part = event("event", "PayloadPart", b"1.5")
        good = {"service": "sagemaker-runtime", "call": "invoke_endpoint_with_response_stream", "given": {"EndpointName": "e", "Body": b"1"},
                "status": 200, "body": part, "headers": {"x-amzn-RequestId": ID, "Content-Type": "application/vnd.amazon.eventstream"}}
        self.each(good,
                  ({"body": part + event("exception", "Odd", b'{"Message":"no"}')}, "is none of PayloadPart"),
                  ({"headers": {"Content-Type": "text/csv"}}, "not application/vnd.amazon.eventstream"))
        late = event("exception", "ModelStreamError", b'{"Message":"no","ErrorCode":"StreamBroken"}')
        self.assertEqual(self.faults(**{**good, "body": part + late}), "")

    def test_faults_are_told_once(self):
        self.faults("sagemaker", "list_endpoints", {}, 200, {}, "{}")
        self.checked.faults = ["a", "a"]
        with self.assertRaisesRegex(AssertionError, "shapes:\n  a$"):
            self.checked.assert_good()
        self.checked.assert_good()
        self.assertEqual((self.checked.answers, self.checked.errors, self.checked.operations), (1, 0, {"ListEndpoints"}))


if __name__ == "__main__":
    unittest.main()

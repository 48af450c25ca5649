"""Triton's own client against a deployed ONNX model: tensors as JSON and as bytes, metadata, and the index of models."""
import json
import unittest
import urllib.request

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from lib.aws import AwsCase, archive, new_name
from lib.hub import only_weft
from lib.oracle import onnx_model, onnx_says

ONNX = "onnx"


@only_weft
class Triton(AwsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bytes = onnx_model()
        case = cls("test_alive")
        model = case.model(cls.put("onnx/model.tar.gz", archive({"model.onnx": cls.bytes})), image=ONNX)
        cls.name = new_name("tensors")
        cls.aws("sagemaker").create_endpoint(EndpointName=cls.name, EndpointConfigName=case.endpoint_config(("all", model)))
        told = case.settled(cls.name)
        case.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
        draw = np.random.default_rng(4)
        cls.rows = draw.normal(0, 1, (7, 20)).astype(np.float32)
        cls.wanted = np.array(onnx_says(cls.bytes, cls.rows.tolist()), dtype=np.float32)

    def setUp(self):
        self.client = triton.InferenceServerClient(self.url.removeprefix("http://"))
        self.addCleanup(self.client.close)

    def infer(self, rows, binary=True, binary_out=True, **more):
        given = triton.InferInput("features", list(rows.shape), "FP32")
        given.set_data_from_numpy(rows, binary_data=binary)
        wanted = triton.InferRequestedOutput("scores", binary_data=binary_out)
        return self.client.infer(self.name, [given], outputs=[wanted], **more)

    def test_alive(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(self.name))
        self.assertFalse(self.client.is_model_ready("none"))

    def test_metadata(self):
        self.assertEqual(self.client.get_server_metadata()["name"], "weft")
        told = self.client.get_model_metadata(self.name)
        self.assertEqual(told["name"], self.name)
        self.assertEqual(told["inputs"], [{"name": "features", "datatype": "FP32", "shape": [-1, 20]}])
        self.assertEqual(told["outputs"], [{"name": "scores", "datatype": "FP32", "shape": [-1, 3]}])
        with self.assertRaises(InferenceServerException):
            self.client.get_model_metadata("none")

    def test_index(self):
        listed = {each["name"]: each for each in self.client.get_model_repository_index()}
        self.assertIn(self.name, listed)
        self.assertEqual(listed[self.name]["state"], "READY")

    def test_every_form_of_tensors(self):
        for binary in (True, False):
            for binary_out in (True, False):
                with self.subTest(binary=binary, binary_out=binary_out):
                    answer = self.infer(self.rows, binary, binary_out, request_id="seven")
                    told = answer.get_response()
                    self.assertEqual((told["model_name"], told["id"]), (self.name, "seven"))
                    np.testing.assert_allclose(answer.as_numpy("scores"), self.wanted, rtol=1e-4, atol=1e-6)

    def test_without_naming_outputs(self):
        given = triton.InferInput("features", [1, 20], "FP32")
        given.set_data_from_numpy(self.rows[:1])
        answer = self.client.infer(self.name, [given])
        np.testing.assert_allclose(answer.as_numpy("scores"), self.wanted[:1], rtol=1e-4, atol=1e-6)

    def test_a_large_batch_and_compressed(self):
        many = np.tile(self.rows, (500, 1))
        for how in (None, "gzip", "deflate"):
            with self.subTest(how):
                answer = self.infer(many, request_compression_algorithm=how)
                np.testing.assert_allclose(answer.as_numpy("scores"), np.tile(self.wanted, (500, 1)), rtol=1e-4, atol=1e-6)

    def test_many_at_once(self):
        client = triton.InferenceServerClient(self.url.removeprefix("http://"), concurrency=8)
        self.addCleanup(client.close)
        asked = []
        for at in range(64):
            given = triton.InferInput("features", [1, 20], "FP32")
            given.set_data_from_numpy(self.rows[at % 7:at % 7 + 1])
            asked.append(client.async_infer(self.name, [given]))
        for at, each in enumerate(asked):
            np.testing.assert_allclose(each.get_result().as_numpy("scores")[0], self.wanted[at % 7], rtol=1e-4, atol=1e-6)

    def test_what_does_not_fit_the_model(self):
        for name, shape, kind in (("features", (1, 19), np.float32), ("features", (20,), np.float32), ("other", (1, 20), np.float32),
                                  ("features", (1, 20), np.int64)):
            with self.subTest(name=name, shape=shape, kind=kind.__name__):
                given = triton.InferInput(name, list(shape), {np.float32: "FP32", np.int64: "INT64"}[kind])
                given.set_data_from_numpy(np.zeros(shape, kind))
                with self.assertRaises(InferenceServerException) as caught:
                    self.client.infer(self.name, [given])
                self.assertIn("400", str(caught.exception.status()))
                self.assertTrue(caught.exception.message())

    def test_sagemaker_takes_the_same_tensors(self):
        """As SageMaker's Triton endpoints do: an OIP request is the body."""
        request = {"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 20], "data": self.rows[:1].ravel().tolist()}]}
        told = json.loads(self.ask(self.name, json.dumps(request), "application/json"))
        (scores,) = [output for output in told["outputs"] if output["name"] == "scores"]
        np.testing.assert_allclose(scores["data"], self.wanted[0], rtol=1e-4, atol=1e-6)

    def test_its_schema_is_its_signature(self):
        with urllib.request.urlopen(f"{self.url}/api/openapi.json", timeout=20) as answer:
            document = json.dumps(json.load(answer))
        self.assertIn("features", document)


if __name__ == "__main__":
    unittest.main()

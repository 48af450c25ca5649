"""Triton's own gRPC client through the gRPC door: the same model, tensors and errors as over HTTP."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

from lib.aws import AwsCase, archive, new_name
from lib.hub import Hub, descendants, free_port, only_weft
from lib.oracle import onnx_model, onnx_says
from lib.waits import eventually

PORT = free_port()


@only_weft
class TritonGrpc(AwsCase):
    config = f"listen: {{grpc: {PORT}}}\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bytes = onnx_model()
        case = cls("test_alive")
        model = case.model(cls.put("onnx/model.tar.gz", archive({"model.onnx": cls.bytes})), image="onnx")
        cls.name = new_name("tensors")
        cls.aws("sagemaker").create_endpoint(EndpointName=cls.name, EndpointConfigName=case.endpoint_config(("all", model)))
        told = case.settled(cls.name)
        case.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
        cls.rows = np.random.default_rng(4).normal(0, 1, (7, 20)).astype(np.float32)
        cls.wanted = np.array(onnx_says(cls.bytes, cls.rows.tolist()), dtype=np.float32)

    def setUp(self):
        self.client = triton.InferenceServerClient(f"127.0.0.1:{PORT}")
        self.addCleanup(self.client.close)

    @staticmethod
    def features(rows, name="features"):
        given = triton.InferInput(name, list(rows.shape), {"f4": "FP32", "i8": "INT64"}[rows.dtype.str[1:]])
        given.set_data_from_numpy(rows)
        return given

    def infer(self, rows, **more):
        return self.client.infer(self.name, [self.features(rows)], **more)

    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(InferenceServerException) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.status(), f"StatusCode.{code}", caught.exception.message())
        return caught.exception.message()

    def test_alive(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(self.name))

    def test_metadata_and_index(self):
        self.assertEqual(self.client.get_server_metadata().name, "weft")
        told = self.client.get_model_metadata(self.name)
        self.assertEqual([(one.name, one.datatype, [*one.shape]) for one in told.inputs], [("features", "FP32", [-1, 20])])
        self.assertEqual([(one.name, one.datatype, [*one.shape]) for one in told.outputs], [("scores", "FP32", [-1, 3])])
        listed = {each.name: each.state for each in self.client.get_model_repository_index().models}
        self.assertEqual(listed[self.name], "READY")

    def test_tensors(self):
        wanted = triton.InferRequestedOutput("scores")
        for outputs in (None, [wanted]):
            answer = self.infer(self.rows, outputs=outputs, request_id="seven")
            self.assertEqual(answer.get_response().id, "seven")
            np.testing.assert_allclose(answer.as_numpy("scores"), self.wanted, rtol=1e-4, atol=1e-6)

    def test_a_large_batch(self):
        many = np.tile(self.rows, (500, 1))
        for how in (None, "gzip"):
            answer = self.infer(many, compression_algorithm=how)
            np.testing.assert_allclose(answer.as_numpy("scores"), np.tile(self.wanted, (500, 1)), rtol=1e-4, atol=1e-6)

    def test_a_stream_is_refused(self):
        seen = []
        self.client.start_stream(lambda result, error: seen.append((result, error)))
        # It may be over before it is asked anything.
        with contextlib.suppress(InferenceServerException):
            self.client.async_stream_infer(self.name, [self.features(self.rows[:1])])
        eventually("it is told so", lambda: seen, 10)
        self.client.stop_stream()
        # An extension of Triton's that weft does not serve.
        self.assertEqual(seen[0][1].status(), "StatusCode.UNIMPLEMENTED", seen)
        self.assertRegex(seen[0][1].message(), "/inference.GRPCInferenceService/ModelStreamInfer.*call ModelInfer")
        # And what one request has for an answer says what there is.
        said = self.refused("UNIMPLEMENTED", self.client.get_inference_statistics)
        self.assertRegex(said, "serves no .*/ModelStatistics.*ModelInfer")

    def test_what_cannot_be(self):
        self.refused("NOT_FOUND", self.client.get_model_metadata, "none")
        self.refused("NOT_FOUND", self.client.infer, "none", [self.features(self.rows)])
        self.refused("INVALID_ARGUMENT", self.client.infer, self.name, [self.features(np.zeros((1, 19), np.float32))])
        self.refused("INVALID_ARGUMENT", self.client.infer, self.name, [self.features(self.rows, "other")])
        self.refused("INVALID_ARGUMENT", self.client.infer, self.name, [self.features(np.zeros((1, 20), np.int64))])

    def test_a_door_that_dies_is_opened_again(self):
        def door():
            return next((pid for pid, words in descendants(self.hub.process.pid).items() if "weft-door-grpc" in words), None)
        first = door()
        self.assertIsNotNone(first)
        os.kill(int(first), signal.SIGKILL)

        def answers():
            try:
                client = triton.InferenceServerClient(f"127.0.0.1:{PORT}")
                return client.is_server_live()
            except InferenceServerException:
                return False
        eventually("the door is open again", answers, 20)
        self.assertNotEqual(door(), first)


@only_weft
class Keys(AwsCase):
    port = free_port()
    config = f"listen: {{grpc: {port}}}\n"

    def test_a_key_is_asked_for(self):
        secret = json.loads(self.hub.run("key", "new", "ann", "--json").stdout)["secret"]
        client = triton.InferenceServerClient(f"127.0.0.1:{self.port}")
        self.addCleanup(client.close)
        with self.assertRaises(InferenceServerException) as caught:
            client.get_model_repository_index()
        self.assertEqual(caught.exception.status(), "StatusCode.UNAUTHENTICATED")
        client.get_model_repository_index(headers={"authorization": f"Bearer {secret}"})
        self.assertTrue(client.is_server_live(), "who asks whether it lives holds no key")


@only_weft
class Tls(unittest.TestCase):
    """A certificate for the name that callers use, which is none of this machine's own; and callers that show one."""

    def test_calls_go_on_to_a_hub_that_speaks_tls(self):
        folder, port = Path(tempfile.mkdtemp(prefix="weft-ml-")), free_port()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        for name, who in (("server", "hub.example"), ("caller", "ann")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", "-days", "2", "-subj", f"/CN={who}",
                            "-addext", f"subjectAltName=DNS:{who}"], check=True, capture_output=True)
        hub = Hub(folder, f"listen: {{grpc: {port}, tls: {{certificate: {folder}/server.pem, key: {folder}/server.key, "
                          f"client_ca: {folder}/caller.pem}}}}\n")
        self.addCleanup(hub.stop)
        eventually("its door is open", lambda: "OIP gRPC" in hub.out.text(), 20)

        def client(**more):
            made = triton.InferenceServerClient(f"127.0.0.1:{port}", ssl=True, root_certificates=f"{folder}/server.pem",
                                                channel_args=[("grpc.ssl_target_name_override", "hub.example")], **more)
            self.addCleanup(made.close)
            return made
        shown = client(private_key=f"{folder}/caller.key", certificate_chain=f"{folder}/caller.pem")
        self.assertTrue(shown.is_server_live())
        self.assertEqual(shown.get_server_metadata().name, "weft")
        with self.assertRaises(InferenceServerException) as caught:
            client().get_server_metadata()
        self.assertEqual(caught.exception.status(), "StatusCode.UNAVAILABLE")


if __name__ == "__main__":
    unittest.main()

"""Servers that are reached by gRPC as solutions: KServe's own, and one made of Triton's stubs that answers what a test wants."""
import concurrent.futures
import http.server
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import tritonclient.grpc
import tritonclient.http
from tritonclient.grpc import service_pb2 as messages
from tritonclient.utils import InferenceServerException

from lib.grpc_server import MIB, MlServersIndex, Server, Told
from lib.hub import Case, Hub, descendants, free_port, only_weft
from lib.stores import certificate
from lib.waits import PATIENCE, eventually

HERE = Path(__file__).resolve().parent


class Solutions(Case):
    def add(self, url, name, *words, wanted=0):
        done = self.hub.run("add", url, "--as", name, *words)
        self.assertEqual(done.returncode, wanted, done.stdout + done.stderr)
        if wanted == 0:
            self.addCleanup(self.hub.run, "rm", name)
        return done.stdout + done.stderr

    def call(self, name, arguments, *words, seconds=60):
        done = self.hub.run("call", name, json.dumps(arguments), *words, seconds=seconds)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def infer(self, model, body, headers=None, seconds=60):
        """(status, answer) of weft's HTTP form."""
        request = urllib.request.Request(f"{self.url}/v2/models/{model}/infer", json.dumps(body).encode(),
                                         {"Content-Type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=seconds * PATIENCE) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def bridge(self):
        found = [pid for pid, words in descendants(self.hub.process.pid).items() if "weft-bridge-grpc" in words]
        return found[0] if found else None


def x_of(*values):
    return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [len(values)], "data": [*values]}]}


def raw(name, datatype, shape, data):
    out = messages.ModelInferResponse(model_name=name)
    out.outputs.add(name="y", datatype=datatype, shape=shape)
    out.raw_output_contents.append(data)
    return out


def refuses(code, words):
    return lambda request, context: context.abort(code, words)


@only_weft
class KServe(Solutions):
    """PyPI's kserve, as it is: it has no index, and answers by `contents`."""
    config = f"listen: {{grpc: {free_port()}}}\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ports = free_port(), free_port()
        cls.log = open(cls.folder / "kserve.log", "wb")
        cls.addClassCleanup(cls.log.close)
        cls.start()
        cls.addClassCleanup(lambda: cls.end())

    @classmethod
    def start(cls):
        cls.server = subprocess.Popen([os.environ["WEFT_KSERVE"], HERE / "lib/kserve_server.py", *map(str, cls.ports)],
                                      stdout=cls.log, stderr=cls.log, start_new_session=True)

        def answers():
            if cls.server.poll() is not None:
                raise AssertionError((cls.folder / "kserve.log").read_text()[-2000:])
            try:
                with grpc.insecure_channel(f"127.0.0.1:{cls.ports[1]}") as channel:
                    ask = tritonclient.grpc.service_pb2_grpc.GRPCInferenceServiceStub(channel)
                    return ask.ServerReady(messages.ServerReadyRequest(), timeout=2).ready
            except grpc.RpcError:
                return False
        eventually("KServe listens", answers, 60)

    @classmethod
    def end(cls):
        os.killpg(cls.server.pid, signal.SIGKILL)
        cls.server.wait()

    def sums(self):
        self.add(f"grpc://127.0.0.1:{self.ports[1]}/v2/models/sums", "sums")

    def test_is_joined_and_called(self):
        said = self.add(f"grpc://127.0.0.1:{self.ports[1]}/v2/models/sums", "sums")
        self.assertRegex(said, r"joined sums \(oip v2\) +1 skill")
        self.assertIn('known by ServerMetadata over gRPC gave the metadata of an inference server "kserve', said)
        self.assertEqual(self.call("sums", {"x": [[1, 2, 3, 4], [5, 6, 7, 8]]})["y"]["data"], [10, 26])

    def test_its_protocol_is_found_without_being_named(self):
        said = self.add(f"http://127.0.0.1:{self.ports[1]}/v2/models/sums", "found")
        self.assertIn("ServerMetadata over gRPC", said)
        self.assertEqual(self.call("found", {"x": [[1, 1, 1, 1]]})["y"]["data"], [4])
        self.assertIn(f"grpc://127.0.0.1:{self.ports[1]}", self.hub.run("show", "found").stdout)

    def test_its_http_port_is_no_grpc(self):
        said = self.add(f"grpc://127.0.0.1:{self.ports[0]}", "wrong", wanted=1)
        self.assertIn("oip: ServerMetadata over gRPC: failed to connect", said)
        self.assertNotIn("openai", said, "no other protocol has such URLs")

    def test_without_an_index_a_model_has_to_be_named(self):
        said = self.add(f"grpc://127.0.0.1:{self.ports[1]}", "all", wanted=1)
        self.assertIn(f"name one in the URL: grpc://127.0.0.1:{self.ports[1]}/v2/models/NAME", said)

    def test_a_model_that_is_not_there(self):
        said = self.add(f"grpc://127.0.0.1:{self.ports[1]}/v2/models/none", "none", wanted=1)
        self.assertRegex(said, "none.*does not exist.*gRPC NOT_FOUND")

    def test_tritons_clients_in_front(self):
        """HTTP and gRPC in, gRPC out: the same numbers."""
        self.sums()
        rows = np.random.default_rng(1).normal(0, 1, (300, 4)).astype(np.float32)
        for triton, url in ((tritonclient.http, self.url.removeprefix("http://")),
                            (tritonclient.grpc, "127.0.0.1:" + self.config.split("grpc: ")[1].split("}")[0])):
            with self.subTest(triton.__name__):
                given = triton.InferInput("x", list(rows.shape), "FP32")
                given.set_data_from_numpy(rows)
                client = triton.InferenceServerClient(url)
                self.addCleanup(client.close)
                answer = client.infer("sums", [given], request_id="7")
                np.testing.assert_allclose(answer.as_numpy("y"), rows.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-5)

    def test_a_server_that_went_and_came_back(self):
        self.sums()
        self.assertEqual(self.call("sums", {"x": [[1, 2, 3, 4]]})["y"]["data"], [10])
        self.end()
        status, said = self.infer("sums", {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4]}]})
        self.assertEqual((status, said["reason"]), (503, "unavailable"), said)
        self.start()
        eventually("it is called again", lambda: self.hub.run("call", "sums", '{"x": [[1, 2, 3, 4]]}').returncode == 0, 40)


@only_weft
class AnyServer(Solutions):
    def setUp(self):
        self.told = Told()
        self.server = Server(self.told)
        self.addCleanup(self.server.stop)

    def join(self, name="any", *words):
        self.add(self.server.url, name, *words)

    def test_all_models_of_its_index(self):
        self.told.model("a", refuses(grpc.StatusCode.INTERNAL, ""))
        self.told.model("b", refuses(grpc.StatusCode.INTERNAL, ""))
        self.join()
        shown = self.hub.json("show", "any")
        self.assertEqual([skill["id"] for skill in shown["skills"]], ["a", "b"])

    def test_the_index_where_mlserver_has_it(self):
        self.told.has_index = False
        self.told.model("a", refuses(grpc.StatusCode.INTERNAL, ""))
        server = Server(self.told, handlers=[MlServersIndex(self.told)])
        self.addCleanup(server.stop)
        self.assertIn("1 skill", self.add(server.url, "ml"))

    def test_every_type_both_ways(self):
        """What comes raw goes back raw, and is what was sent."""
        samples = {"BOOL": np.array([True, False]), "UINT8": np.array([0, 255], np.uint8), "INT8": np.array([-128, 127], np.int8),
                   "UINT16": np.array([0, 65535], np.uint16), "INT16": np.array([-32768, 32767], np.int16),
                   "UINT32": np.array([0, 2**32 - 1], np.uint32), "INT32": np.array([-2**31, 2**31 - 1], np.int32),
                   "UINT64": np.array([0, 2**64 - 1], np.uint64), "INT64": np.array([-2**63, 2**63 - 1], np.int64),
                   "FP16": np.array([0.5, -2], np.float16), "FP32": np.array([0.1, -2e30], np.float32),
                   "FP64": np.array([0.1, -2e300], np.float64), "BYTES": np.array([b"", b"\x00\xff\n"], object)}

        def echo(request, context):
            given = request.inputs[0]
            return raw("echo", given.datatype, given.shape, request.raw_input_contents[0])
        self.told.model("echo", echo)
        self.join()
        client = tritonclient.http.InferenceServerClient(self.url.removeprefix("http://"))
        self.addCleanup(client.close)
        for datatype, values in samples.items():
            with self.subTest(datatype):
                given = tritonclient.http.InferInput("x", [2], datatype)
                given.set_data_from_numpy(values)
                back = client.infer("any", [given]).as_numpy("y")
                self.assertEqual(back.dtype, values.dtype)
                np.testing.assert_array_equal(back, values)

    def test_contents_of_every_field(self):
        fields = {"BOOL": ("bool_contents", [True, False]), "INT8": ("int_contents", [-128, 127]),
                  "INT64": ("int64_contents", [-2**63, 7]), "UINT16": ("uint_contents", [0, 65535]),
                  "UINT64": ("uint64_contents", [1, 2**64 - 1]), "FP32": ("fp32_contents", [0.5, -1]),
                  "FP64": ("fp64_contents", [0.1, 1e300]), "BYTES": ("bytes_contents", [b"a", b"bc"])}

        def answer(request, context):
            datatype = request.parameters["as"].string_param
            field, values = fields[datatype]
            out = messages.ModelInferResponse(model_name="typed")
            getattr(out.outputs.add(name="y", datatype=datatype, shape=[2]).contents, field).extend(values)
            return out
        self.told.model("typed", answer)
        self.join()
        for datatype, (_, values) in fields.items():
            status, told = self.infer("any", {**x_of(1), "parameters": {"as": datatype}})
            self.assertEqual(status, 200, told)
            wanted = [value.decode() if isinstance(value, bytes) else value for value in values]
            self.assertEqual(told["outputs"], [{"name": "y", "datatype": datatype, "shape": [2], "data": wanted}])

    def test_parameters_ids_and_outputs_that_are_asked_for(self):
        seen = []

        def answer(request, context):
            seen.append(request)
            out = raw("m", "FP32", [1], struct.pack("<f", 1))
            out.id = request.id
            out.parameters["count"].int64_param = 3
            return out
        self.told.model("m", answer)
        self.join()
        asked = {**x_of(1, 2), "id": "seven", "outputs": [{"name": "y", "parameters": {"k": 2}}],
                 "parameters": {"yes": True, "n": -4, "x": 0.5, "s": "t", "deep": {"a": [1]}}}
        status, told = self.infer("any", asked)
        self.assertEqual((status, told["id"], told["parameters"]), (200, "seven", {"count": 3}), told)
        got = seen[0].parameters
        self.assertEqual((got["yes"].bool_param, got["n"].int64_param, got["x"].double_param, got["s"].string_param), (True, -4, 0.5, "t"))
        self.assertEqual(json.loads(got["deep"].string_param), {"a": [1]}, "gRPC has no lists: it is told as JSON")
        self.assertEqual((seen[0].outputs[0].name, seen[0].outputs[0].parameters["k"].int64_param), ("y", 2))

    def test_what_it_refuses_by_code(self):
        wanted = {"INVALID_ARGUMENT": (400, "invalid_argument"), "NOT_FOUND": (404, "not_found"),
                  "RESOURCE_EXHAUSTED": (429, "rate_limited"), "UNAVAILABLE": (503, "unavailable"),
                  "DEADLINE_EXCEEDED": (504, "deadline"), "INTERNAL": (500, "solution_failed"), "UNKNOWN": (500, "solution_failed"),
                  "FAILED_PRECONDITION": (500, "solution_failed"), "UNIMPLEMENTED": (500, "solution_failed"),
                  "PERMISSION_DENIED": (503, "unavailable"), "UNAUTHENTICATED": (503, "unavailable")}
        for word in wanted:
            self.told.model(word.lower(), refuses(grpc.StatusCode[word], f"because of {word}"))
        self.join()
        for word, (status, reason) in wanted.items():
            with self.subTest(word):
                got, told = self.infer(f"any.{word.lower()}", x_of(1))
                self.assertEqual((got, told["reason"]), (status, reason), told)
                self.assertIn(f"because of {word} (gRPC {word})", told["error"])

    def test_a_model_that_throws(self):
        def broken(request, context):
            raise ValueError("a bug")
        self.told.model("broken", broken)
        self.join()
        status, told = self.infer("any", x_of(1))
        self.assertEqual((status, told["reason"]), (500, "solution_failed"), told)
        self.assertIn("a bug", told["error"])

    def test_answers_that_lie(self):
        lies = {
            "short": lambda request, context: raw("m", "FP32", [3], b"1234"),
            "negative": lambda request, context: raw("m", "FP32", [-1], b"1234"),
            "huge": lambda request, context: raw("m", "FP32", [2**62, 2**62], b"1234"),
            "odd": lambda request, context: raw("m", "FLOAT", [1], b"1234"),
            "texts": lambda request, context: raw("m", "BYTES", [1], b"\xff\xff\xff\xffab"),
        }

        def uneven(request, context):
            out = raw("m", "FP32", [1], b"1234")
            out.outputs.add(name="z", datatype="FP32", shape=[1])
            return out

        def wide(request, context):
            out = messages.ModelInferResponse()
            out.outputs.add(name="y", datatype="INT8", shape=[1]).contents.int_contents.append(300)
            return out
        lies |= {"uneven": uneven, "wide": wide, "undecodable": lambda request, context: b"\xff\xff\xff", "no_utf8":
                 lambda request, context: b"\x0a\x02\xff\xff"}
        for name, lie in lies.items():
            self.told.model(name, lie)
        self.told.model("right", lambda request, context: raw("m", "FP32", [1], struct.pack("<f", 2)))
        self.join()
        for name in lies:
            with self.subTest(name):
                status, told = self.infer(f"any.{name}", x_of(1))
                self.assertEqual((status, told["reason"]), (502, "upstream_protocol"), told)
        self.assertEqual(self.infer("any.right", x_of(1))[0], 200)

    def test_credentials_and_the_trace_go_as_metadata(self):
        self.told.model("m", lambda request, context: raw("m", "FP32", [1], b"1234"))
        self.join("any", "--bearer", "s3cret", "--header", "X-Tenant=blue")
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        self.assertEqual(self.infer("any", x_of(1), {"traceparent": trace, "Authorization": "Bearer mine"})[0], 200)
        for seen in self.told.metadata:
            self.assertEqual((seen["authorization"], seen["x-tenant"]), ("Bearer s3cret", "blue"))
            self.assertFalse({"weft-server", "grpc-timeout", "host", "accept"} & set(seen), seen)
        self.assertIn(trace.split("-")[1], self.told.metadata[-1]["traceparent"])
        self.assertEqual(self.told.metadata[-1]["weft-depth"], "1")

    def test_headers_that_grpc_cannot_carry(self):
        said = self.add(self.server.url, "any", "--header", "Grpc-Tenant=blue", wanted=1)
        self.assertIn("gRPC cannot carry the header `Grpc-Tenant`", said)
        said = self.add(self.server.url, "any", "--header", "Key-Bin=?", wanted=1)
        self.assertIn("the header `Key-Bin` is one of bytes, which are to be said in base64", said)

    def test_a_header_of_bytes(self):
        self.told.model("m", refuses(grpc.StatusCode.INTERNAL, ""))
        self.join("any", "--header", "Key-Bin=AP8=")
        self.assertEqual(self.told.metadata[0]["key-bin"], b"\x00\xff")

    def test_the_time_that_is_left_is_told(self):
        self.told.model("m", lambda request, context: raw("m", "FP32", [1], b"1234"))
        self.join()
        self.assertEqual(self.infer("any", x_of(1))[0], 200)
        self.call("any", {"x": [1]})
        for left in self.told.left:
            self.assertTrue(5 < left < 125, left)

    def test_a_caller_that_leaves_ends_the_call(self):
        began, ended = threading.Event(), threading.Event()

        def slow(request, context):
            context.add_callback(ended.set)
            began.set()
            ended.wait(30 * PATIENCE)
            return raw("m", "FP32", [1], b"1234")
        self.told.model("slow", slow)
        self.join()
        body = json.dumps(x_of(1)).encode()
        with socket.create_connection(("127.0.0.1", self.hub.port)) as leaving:
            leaving.sendall(b"POST /v2/models/any/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self.assertTrue(began.wait(20 * PATIENCE))
        self.assertTrue(ended.wait(10 * PATIENCE), "the server was not told")

    def test_large_tensors(self):
        def double(request, context):
            given = np.frombuffer(request.raw_input_contents[0], np.float32)
            return raw("m", "FP32", request.inputs[0].shape, (given * 2).tobytes())
        self.told.model("double", double)
        self.join()
        client = tritonclient.http.InferenceServerClient(self.url.removeprefix("http://"), network_timeout=120 * PATIENCE)
        self.addCleanup(client.close)
        rows = np.arange(32 * MIB // 4, dtype=np.float32)
        given = tritonclient.http.InferInput("x", [len(rows)], "FP32")
        given.set_data_from_numpy(rows)
        np.testing.assert_array_equal(client.infer("any", [given]).as_numpy("y"), rows * 2)

    def test_many_at_once(self):
        def same(request, context):
            return raw("m", "FP32", request.inputs[0].shape, request.raw_input_contents[0])
        self.told.model("same", same)
        self.join()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = [*pool.map(lambda n: self.infer("any", x_of(n)), range(300))]
        self.assertEqual([told["outputs"][0]["data"] for _, told in answers], [[n] for n in range(300)])

    def test_bytes_that_are_no_text_are_never_mended(self):
        """In JSON they have no form: they follow it, and a chat is told so."""
        picture = b"\x89PNG\xff\x00"
        self.told.model("draw", lambda request, context: raw("m", "BYTES", [1], struct.pack("<I", len(picture)) + picture),
                        (("text", "BYTES", (1,)),), (("y", "BYTES", (1,)),))
        self.join()
        given = tritonclient.http.InferInput("text", [1], "BYTES")
        given.set_data_from_numpy(np.array([b"a cat"], object), binary_data=False)
        wanted = tritonclient.http.InferRequestedOutput("y", binary_data=False)
        client = tritonclient.http.InferenceServerClient(self.url.removeprefix("http://"))
        self.addCleanup(client.close)
        self.assertEqual(client.infer("any", [given], outputs=[wanted]).as_numpy("y")[0], picture)
        self.assertNotIn("\ufffd", json.dumps(self.call("any", {"text": ["a cat"]}), ensure_ascii=False))

    def test_a_task_outlives_the_hub_as_over_http(self):
        """The bridge ends after the tasks: what ran is taken up again in the next life."""
        began, go = threading.Event(), threading.Event()

        def slow(request, context):
            began.set()
            go.wait(60 * PATIENCE)
            return raw("m", "FP32", [1], struct.pack("<f", 7))
        folder = Path(tempfile.mkdtemp(prefix="weft-ml-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.told.model("m", slow)
        hub = Hub(folder, f"solutions: [{{name: far, url: '{self.server.url}'}}]\n")
        self.addCleanup(hub.stop)
        self.addCleanup(go.set)
        eventually("far has joined", lambda: "up" in hub.run("ls").stdout and "far" in hub.run("ls").stdout, 20)
        begun = urllib.request.Request(f"{hub.url}/api/far/m", b'{"x": [1]}', {"Content-Type": "application/json", "Prefer": "respond-async"})
        with urllib.request.urlopen(begun, timeout=20 * PATIENCE) as answer:
            job = json.loads(answer.read())
        self.assertTrue(began.wait(20 * PATIENCE))
        hub.stop()
        began.clear()
        go.set()
        hub.start()
        eventually("it is done", lambda: "completed" in json.dumps(hub.json("task", "show", job["id"])), 30)

    def test_text_in_text_out_converses(self):
        def shout(request, context):
            text = request.raw_input_contents[0][4:].decode().upper().encode()
            out = raw("m", "BYTES", [1], struct.pack("<I", len(text)) + text)
            out.outputs[0].name = "text_output"
            return out
        self.told.model("shout", shout, (("text_input", "BYTES", (1,)),), (("text_output", "BYTES", (1,)),))
        self.join()
        body = {"model": "any", "messages": [{"role": "user", "content": "hear me"}]}
        for stream in (False, True):
            request = urllib.request.Request(f"{self.url}/v1/chat/completions", json.dumps({**body, "stream": stream}).encode(),
                                             {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=20 * PATIENCE) as answer:
                self.assertIn("HEAR ME", answer.read().decode())

    def test_a_bridge_that_dies_is_begun_again(self):
        self.told.model("m", lambda request, context: raw("m", "FP32", [1], b"1234"))
        self.join()
        first = self.bridge()
        os.kill(int(first), signal.SIGKILL)
        eventually("calls go through again", lambda: self.infer("any", x_of(1))[0] == 200, 20)
        self.assertNotEqual(self.bridge(), first)

    def test_nothing_listens_there(self):
        said = self.add(f"grpc://127.0.0.1:{free_port()}", "none", wanted=1)
        self.assertIn("cannot connect: Connection refused", said)
        said = self.add("grpc://nowhere.invalid:9000", "none", wanted=1)
        self.assertIn("grpc://nowhere.invalid:9000: its name cannot be resolved", said)
        said = self.add(f"{self.server.url}/x", "none", wanted=1)
        self.assertIn("a URL of gRPC has no path but /v2/models/NAME", said)

    def test_a_server_of_weft_yaml_is_there_after_a_restart(self):
        folder = Path(tempfile.mkdtemp(prefix="weft-ml-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.told.model("m", lambda request, context: raw("m", "FP32", [1], struct.pack("<f", 7)))
        hub = Hub(folder, f"solutions: [{{name: far, url: '{self.server.url}', timeout: 20s}}]\n")
        self.addCleanup(hub.stop)
        for life in range(2):
            eventually("far is called", lambda: hub.run("call", "far", '{"x": [1]}').returncode == 0, 20)
            self.assertTrue(15 < self.told.left[-1] < 20.5, self.told.left)  # gRPC rounds up
            if life == 0:
                hub.kill()
                hub.start()


@only_weft
class WithoutAny(Solutions):
    def test_no_bridge_without_a_server_that_needs_one(self):
        self.assertIsNone(self.bridge())
        self.add(f"http://127.0.0.1:{free_port()}", "none", wanted=1)
        self.assertIsNone(self.bridge(), "nothing answered there, in whatever protocol")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as other:
            threading.Thread(target=other.serve_forever, daemon=True).start()
            self.addCleanup(other.shutdown)
            self.add(f"http://127.0.0.1:{other.server_port}", "none", wanted=1)
            self.assertIsNone(self.bridge(), "HTTP answered there, if no protocol of weft's")


@only_weft
class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weft-ml-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        authority, shown, key = certificate(self.folder, "DNS:localhost")
        told = Told()
        told.model("m", lambda request, context: raw("m", "FP32", [1], struct.pack("<f", 7)))
        self.server = Server(told, (Path(key).read_bytes(), Path(shown).read_bytes()))
        self.addCleanup(self.server.stop)
        self.authority = authority

    def hub(self, **env):
        folder = Path(tempfile.mkdtemp(prefix="hub-", dir=self.folder))
        hub = Hub(folder, env=env)
        self.addCleanup(hub.stop)
        return hub

    def test_a_certificate_for_the_name_that_was_given(self):
        hub = self.hub(SSL_CERT_FILE=self.authority)
        done = hub.run("add", f"grpcs://localhost:{self.server.port}", "--as", "far")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = hub.run("call", "far", '{"x": [1]}')
        self.assertEqual(json.loads(done.stdout), {"y": [7]}, done.stderr)
        # It is not for the address.
        done = hub.run("add", f"grpcs://127.0.0.1:{self.server.port}", "--as", "near")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "oip: ServerMetadata over gRPC: .*(certificate|verif|handshake|Hostname)")

    def test_nobody_vouches_for_it(self):
        done = self.hub().run("add", f"grpcs://localhost:{self.server.port}", "--as", "far")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "(?i)certificate verify failed|handshake failed")


if __name__ == "__main__":
    unittest.main()

"""Serving with the user's own functions: which there are, what they are given, what becomes of what they give."""
import io
import json
import os
import signal
import unittest

from harness import CANCEL, INFER, PART, PING, PONG, REPLY, Frame, Model, PATIENCE, have, pack

ADDS = """
    import json
    def model_fn(model_dir):
        return int(open(model_dir + "/number").read())
    def input_fn(data, content_type):
        return json.loads(data)
    def predict_fn(data, model):
        return [each + model for each in data]
    def output_fn(prediction, accept):
        return json.dumps(prediction), accept
"""


class Functions(Model):
    def script(self, text, name="inference.py"):
        self.put("model/number", "40")
        self.put(f"model/code/{name}", text)

    def test_the_four_functions(self):
        self.script(ADDS)
        self.assertEqual(self.serve(), {})
        reply = self.hub.answer("[1, 2]", "application/json", "application/json")
        self.assertEqual((reply.status, reply.type, reply.body), (200, "application/json", b"[41, 42]"))

    def test_a_ping_is_answered_between_requests(self):
        """What hangs in a function answers none: that is how the hub knows."""
        self.script("""
            import os, time
            def model_fn(model_dir): return model_dir
            def predict_fn(data, model):
                open(model + "/begun", "w").close()
                while not os.path.exists(model + "/go"): time.sleep(0.01)
                return data
        """)
        self.serve()
        self.hub.send(Frame(PING))
        self.assertEqual(self.hub.next().kind, PONG)
        number = self.hub.ask("[1]", "application/json")
        self.wait_for("model/begun")  # a ping that came along with the request would be read, and answered, before it
        self.hub.send(Frame(PING))
        self.hub.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            self.hub.next()
        self.hub.socket.settimeout(PATIENCE)
        self.put("model/go", "")
        got = [self.hub.next(), self.hub.next()]
        self.assertEqual({(each.kind, each.number) for each in got}, {(REPLY, number), (PONG, 0)})

    def test_a_packed_model(self):
        pack(self.root / "model.tar.gz", {"number": "1", "code/inference.py": ADDS})
        self.serve()
        self.assertEqual(self.hub.answer("[1]").body, b"[2]")

    def test_transform_fn(self):
        self.script("""
            def model_fn(model_dir): return "m"
            def transform_fn(model, data, content_type, accept):
                return f"{model} {type(data).__name__} {content_type} {accept}", "text/plain"
        """)
        self.serve()
        for given, body in ((("x", "text/csv", "a/b"), b"m str text/csv a/b"),
                            (("x", "application/x-image", "*/*"), b"m bytes application/x-image application/json"),
                            (("x",), b"m str application/json application/json")):
            reply = self.hub.answer(*given)
            self.assertEqual((reply.status, reply.type, reply.body), (200, "text/plain", body))

    def test_the_default_accept_is_the_models_own(self):
        self.script("def model_fn(d): return 1\ndef transform_fn(model, data, content_type, accept): return accept\n")
        self.variables["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = "text/csv"
        self.serve()
        reply = self.hub.answer("x")
        self.assertEqual((reply.type, reply.body), ("text/csv", b"text/csv"))

    def test_a_context_where_it_is_asked_for(self):
        self.script("""
            def model_fn(model_dir, context): return context.system_properties["model_dir"]
            def input_fn(data, content_type, context):
                return context.get_request_header(0, "x-amzn-sagemaker-custom-attributes")
            def predict_fn(data, model): return data
            def output_fn(prediction, accept, context):
                context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", prediction.upper())
                context.set_response_content_type(0, "text/x-own")
                return prediction
        """)
        self.serve()
        reply = self.hub.answer("x", attributes="c=1")
        self.assertEqual((reply.type, reply.attributes, reply.body), ("text/x-own", "C=1", b"c=1"))

    def test_hooks_before_and_after_the_model(self):
        self.script("""
            seen = []
            def pre_model_fn(model_dir): seen.append("before")
            def model_fn(model_dir): seen.append("load"); return 1
            def model_warmup_fn(model_dir, model): seen.append("warm")
            def transform_fn(model, data, content_type, accept): return " ".join(seen)
        """)
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"before load warm")

    def test_responses_of_the_old_toolkit(self):
        self.script("""
            from sagemaker_containers.beta.framework import encoders, worker
            def model_fn(d): return 1
            def input_fn(data, content_type): return encoders.decode(data, content_type)
            def predict_fn(data, model): return data
            def output_fn(prediction, accept):
                return worker.Response(encoders.encode(prediction, accept), mimetype=accept, status=201)
        """)
        if not have("numpy"):
            self.skipTest("numpy is not installed")
        self.serve()
        reply = self.hub.answer("1,2\n3,4\n", "text/csv", "text/csv")
        self.assertEqual((reply.status, reply.type, reply.body), (201, "text/csv", b"1.0,2.0\n3.0,4.0\n"))

    def test_errors_of_the_new_toolkit(self):
        self.script("""
            from sagemaker_inference import errors
            def model_fn(d): return 1
            def transform_fn(model, data, content_type, accept):
                raise errors.BaseInferenceToolkitError(422, "no such customer", "Unprocessable")
        """)
        self.serve()
        reply = self.hub.answer("x")
        self.assertEqual((reply.status, reply.body), (422, b"no such customer"))

    def test_an_exception_is_its_last_line(self):
        self.script(ADDS)
        self.serve()
        reply = self.hub.answer('["a"]')
        self.assertEqual((reply.status, reply.type), (500, "text/plain"))
        self.assertEqual(reply.body, b'TypeError: can only concatenate str (not "int") to str')
        self.assertIn("Traceback (most recent call last):", self.log())
        self.assertIn("inference.py", self.log())
        self.assertEqual(self.hub.answer("[1]").status, 200)  # and it goes on

    def test_exit_is_no_way_out(self):
        self.script("import sys\ndef model_fn(d): return 1\ndef transform_fn(m, d, c, a): sys.exit(3)\n")
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"SystemExit: 3")
        self.assertEqual(self.hub.answer("x").status, 500)

    def test_what_it_cannot_give(self):
        self.script("def model_fn(d): return 1\ndef transform_fn(m, d, c, a): return object() if d == '1' else {'a': [1]}\n")
        self.serve()
        self.assertIn(b"TypeError: output_fn (or transform_fn) gave a object", self.hub.answer("1").body)
        self.assertEqual(self.hub.answer("2").body, b'{"a": [1]}')

    def test_a_program_by_name_with_its_modules(self):
        self.script("import own\ndef model_fn(d): return own.VALUE\ndef transform_fn(m, d, c, a): return m\n", "train.py")
        self.put("model/code/own.py", "VALUE = 'mine'\n")
        self.variables |= {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"mine")

    def test_source_that_the_hub_has_fetched(self):
        self.put("model/number", "5")
        pack(self.root / "sourcedir.tar.gz", {"serving/script.py": ADDS})
        self.variables |= {"SAGEMAKER_PROGRAM": "serving/script.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/sourcedir.tar.gz"}
        self.serve()
        self.assertEqual(self.hub.answer("[1]").body, b"[6]")

    def test_the_models_environment_is_the_scripts(self):
        self.put("model/lib/helper.py", "NAME = 'helped'\n")
        self.script("import os, helper\ndef model_fn(d): return os.environ['WHO'] + helper.NAME\n"
                    "def transform_fn(m, d, c, a): return m\n")
        self.variables |= {"WHO": "ada ", "PYTHONPATH": str(self.root / "model/lib")}
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"ada helped")

    def test_what_it_prints_is_in_the_log_at_once(self):
        self.script("import logging\nprint('loading')\ndef model_fn(d): logging.info('told'); return 1\n"
                    "def transform_fn(m, d, c, a): print('asked'); return d\n")
        self.serve()
        self.hub.answer("x")
        for words in ("loading\n", "told", "asked\n"):
            self.assertIn(words, self.log())


class Refusals(Model):
    """What is not there is said by name, with what to do."""

    def says(self, words):
        self.assertIn(words, self.refused())

    def test_no_script_and_no_model(self):
        self.put("model/weights.bin", "x")
        self.says("define model_fn(model_dir) in code/inference.py; the archive holds `weights.bin`")

    def test_a_pickle_without_a_script(self):
        self.put("model/model.joblib", b"\x80\x04.")
        self.says("`model.joblib` is a pickle, which runs whatever its maker wrote into it: weft loads none by itself")

    def test_a_script_without_model_fn(self):
        self.put("model/model.pkl", b"\x80\x04.")
        self.put("model/code/inference.py", "def predict_fn(data, model): return 1\n")
        self.says("def model_fn(model_dir): return joblib.load(os.path.join(model_dir, 'model.pkl'))")

    def test_pickled_inference_specs(self):
        self.put("model/code/inference.py", "")
        self.put("model/code/serve.pkl", b"\x80\x04.")
        self.says("code/serve.pkl is an InferenceSpec or SchemaBuilder that SageMaker's ModelBuilder has pickled")

    def test_both_kinds_of_functions(self):
        self.put("model/code/inference.py", "def model_fn(d): pass\ndef transform_fn(m, d, c, a): pass\ndef input_fn(d, c): pass\n")
        self.says("Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn")

    def test_functions_of_the_wrong_shape(self):
        self.put("model/code/inference.py", "def model_fn(): pass\n")
        self.says("model_fn has to take 1 arguments")

    def test_an_import_that_fails(self):
        self.put("model/code/inference.py", "import no_such_module\n")
        self.says("inference.py cannot be imported: ModuleNotFoundError: No module named 'no_such_module'")

    def test_a_model_that_does_not_load(self):
        self.put("model/code/inference.py", "def model_fn(d): return open(d + '/missing')\n")
        self.says("inference.py does not load: FileNotFoundError: [Errno 2] No such file or directory:")

    def test_a_program_that_is_not_there(self):
        self.put("model/code/other.py", "")
        self.variables["SAGEMAKER_PROGRAM"] = "inference.py"
        self.says("SAGEMAKER_PROGRAM: there is no `inference.py` in the source directory; it holds `other.py`")

    def test_source_that_was_not_fetched(self):
        self.variables |= {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/k.tar.gz"}
        self.says("SAGEMAKER_SUBMIT_DIRECTORY: s3://b/k.tar.gz was not fetched")

    def test_other_containers_forms(self):
        self.variables["SAGEMAKER_MULTI_MODEL"] = "true"
        self.says("SAGEMAKER_MULTI_MODEL: one program serves one model here")

    def test_hugging_face_models_by_name(self):
        self.variables["HF_MODEL_ID"] = "bert-base"
        self.says("HF_MODEL_ID, HF_TASK: models are not fetched from Hugging Face")

    def test_tensorflow(self):
        self.put("model/1/saved_model.pb", b"x")
        self.says("a TensorFlow SavedModel, and TensorFlow Serving is not here: deploy the model as ONNX")

    def test_tensorflows_handlers(self):
        self.put("model/code/inference.py", "def input_handler(data, context): pass\ndef output_handler(r, c): pass\n")
        self.says("input_handler and output_handler are those of TensorFlow Serving's container")

    def test_torch_models_without_torch_or_of_another_kind(self):
        self.put("model/model.pth", b"no model")
        why = self.refused()
        self.assertTrue("PyTorch is not installed here" in why or "saved using torchscript" in why, why)

    def test_two_torch_models(self):
        self.put("model/a.pth", b"x")
        self.put("model/b.pt", b"x")
        self.says("Exactly one .pth or .pt file is required for PyTorch models: ['a.pth', 'b.pt']")

    def test_an_archive_that_is_none(self):
        self.put("model.tar.gz", b"no archive at all, but longer than nothing" * 20)
        self.says("the archive cannot be used: it is no tar archive")

    def test_requirements_that_are_not_there(self):
        self.put("model/code/inference.py", "def model_fn(d): pass\n")
        self.put("model/code/requirements.txt", "no-such-package-of-weft>=2\n")
        self.says("InstallRequirementsError: requirements.txt asks for what is not installed here: no-such-package-of-weft>=2.")

    def test_signatures_that_are_none(self):
        for said, words in (("7", "it is a dict with inputs, outputs, features"), ("{'in': []}", "it is a dict with"),
                            ("{'inputs': [{'name': 'x', 'datatype': 'F', 'shape': []}]}", "tensor `x`: `F` is no datatype"),
                            ("{'inputs': [{'name': 'x', 'datatype': 'FP32'}]}", "tensor `x`: its shape is a list")):
            self.put("model/code/inference.py", f"signature = {said}\ndef model_fn(d): return 1\n")
            with self.subTest(said):
                self.says("signature: " + words)
                self.stop()


class Links(Model):
    links = 3

    def test_every_loop_is_answered_and_the_end_of_all_is_the_end(self):
        self.put("model/code/inference.py", "def model_fn(d): return 1\ndef transform_fn(m, d, c, a): return d\n")
        self.serve()
        for text, hub in zip("abc", self.hubs):
            self.assertEqual(hub.answer(text).body, text.encode())
        numbers = [self.hubs[1].ask(str(i)) for i in range(50)]
        self.assertEqual([(frame.number, frame.body) for frame in (self.hubs[1].next() for _ in numbers)],
                         [(number, str(i).encode()) for i, number in enumerate(numbers)])
        for hub in self.hubs:
            hub.socket.close()
        self.assertEqual(self.ends(), 0)

    def test_what_came_before_sigterm_is_answered(self):
        self.put("model/code/inference.py", "import os\ndef model_fn(d): return 1\n"
                                            "def transform_fn(m, d, c, a): open('go').read(); return d\n")
        os.mkfifo(self.root / "model/code/go")
        self.serve()
        numbers = [self.hub.ask("x") for _ in range(3)]
        self.child.send_signal(signal.SIGTERM)
        for _ in numbers:
            with open(self.root / "model/code/go", "w") as file:
                file.write("go")
            self.assertEqual(self.hub.next().status, 200)
        self.assertEqual(self.ends(), 0)

    def test_a_cancelled_request_is_not_run(self):
        self.put("model/code/inference.py", "def model_fn(d): return []\n"
                                            "def transform_fn(m, d, c, a): m.append(d); open('go').read(); return ','.join(m)\n")
        os.mkfifo(self.root / "model/code/go")
        self.serve()
        self.hub.ask("first")
        second = self.hub.ask("second")
        self.hub.ask("third")
        self.hub.send(Frame(CANCEL, second))
        bodies = []
        for _ in range(2):
            with open(self.root / "model/code/go", "w") as file:
                file.write("go")
            bodies.append(self.hub.next().body)
        self.assertEqual(bodies, [b"first", b"first,third"])

    def test_a_hub_that_breaks_the_format(self):
        self.put("model/code/inference.py", "def model_fn(d): return 1\n")
        self.serve()
        self.hub.socket.sendall(b"\x05\0\0\0hello")
        self.assertIn(b"the hub cannot be understood: a message without a head", self.hub.next().body)
        self.assertEqual(self.ends(), 1)

    def test_a_large_body_both_ways(self):
        self.put("model/code/inference.py", "def model_fn(d): return 1\ndef transform_fn(m, d, c, a): return d\n")
        self.serve()
        body = os.urandom(9_000_000)
        self.assertEqual(self.hub.answer(body, "application/octet-stream").body, body)

    def test_a_program_that_dies_closes_its_links_and_leaves_its_stack(self):
        self.put("model/code/inference.py", "import os, signal\ndef model_fn(d): return 1\n"
                                            "def transform_fn(m, d, c, a): os.kill(os.getpid(), signal.SIGSEGV)\n")
        self.serve()
        self.hub.ask("x")
        self.assertTrue(self.hub.ended())
        self.assertEqual(self.ends(), -signal.SIGSEGV)
        self.assertIn("in transform_fn", self.log())


class Pieces(Model):
    GIVES = """
        def model_fn(d): return 1
        def predict_fn(data, model): return data
        def input_fn(data, content_type): return data
        def output_fn(prediction, accept):
            for i in range(int(prediction)):
                if i == 3 and prediction == "5": raise ValueError("no more")
                yield f"piece {i}\\n"
    """

    def pieces(self, body):
        self.hub.ask(body, "text/csv", "text/event-stream")
        out = []
        while True:
            out.append(self.hub.next())
            if out[-1].kind == REPLY:
                return out

    def test_a_generator_is_sent_as_it_gives(self):
        self.put("model/code/inference.py", self.GIVES)
        self.serve()
        *parts, reply = self.pieces("3")
        self.assertEqual([(part.kind, part.type, part.body) for part in parts],
                         [(PART, "text/event-stream", f"piece {i}\n".encode()) for i in range(3)])
        self.assertEqual((reply.status, reply.type, reply.body), (200, "text/event-stream", b""))

    def test_one_that_fails_says_so_at_the_end(self):
        self.put("model/code/inference.py", self.GIVES)
        self.serve()
        *parts, reply = self.pieces("5")
        self.assertEqual(len(parts), 3)
        self.assertEqual((reply.status, reply.body), (500, b"ValueError: no more"))

    def test_nobody_waits_any_more(self):
        self.put("model/code/inference.py", """
            def model_fn(d): return 1
            def transform_fn(model, data, content_type, accept):
                if data == "over": return str(over)
                return forever()
            over = []
            def forever():
                try:
                    while True: yield "more"
                finally:
                    over.append("closed")
        """)
        self.serve()
        number = self.hub.ask("x")
        for _ in range(10):
            self.assertEqual(self.hub.next().kind, PART)
        self.hub.send(Frame(CANCEL, number))
        asked = self.hub.ask("over")
        while (frame := self.hub.next()).number == number:
            self.assertEqual(frame.kind, PART)
        self.assertEqual((frame.number, frame.body), (asked, b"['closed']"))


@unittest.skipUnless(have("numpy"), "numpy is not installed")
class Tensors(Model):
    SCRIPT = """
        import numpy
        signature = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
                     "outputs": [{"name": "sum", "datatype": "FP64", "shape": [-1]}], "features": ["a", "b"]}
        def model_fn(d): return 1
        def predict_fn(data, model): return data.sum(axis=1)
    """

    def test_a_signature_is_told(self):
        self.put("model/code/inference.py", self.SCRIPT)
        self.assertEqual(self.serve(), {"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
                                        "outputs": [{"name": "sum", "datatype": "FP64", "shape": [-1]}], "features": ["a", "b"]})

    def test_a_signature_of_the_loaded_model(self):
        self.put("model/code/inference.py", "def model_fn(d): return ['p']\ndef signature(model): return {'features': model}\n")
        self.assertEqual(self.serve(), {"features": ["p"]})

    def test_json(self):
        self.put("model/code/inference.py", self.SCRIPT)
        self.serve()
        for data in ("[1, 2, 3, 4]", "[[1, 2], [3, 4]]"):
            reply = self.hub.answer('{"id": "7", "inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": %s}]}' % data,
                                    kind=INFER)
            self.assertEqual((reply.status, reply.type, reply.attributes), (200, "application/json", ""), reply.body)
            self.assertEqual(json.loads(reply.body), {"id": "7", "outputs": [
                {"name": "sum", "datatype": "FP64", "shape": [2], "data": [3.0, 7.0]}]})

    def test_binary(self):
        import struct
        self.put("model/code/inference.py", self.SCRIPT)
        self.serve()
        text = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2],
                                       "parameters": {"binary_data_size": 16}}], "parameters": {"binary_data_output": True}})
        reply = self.hub.answer(text.encode() + struct.pack("<4f", 1, 2, 3, 4), accept=str(len(text)), kind=INFER)
        self.assertEqual(reply.type, "application/octet-stream")
        size = int(reply.attributes)
        self.assertEqual(json.loads(reply.body[:size])["outputs"][0]["parameters"], {"binary_data_size": 16})
        self.assertEqual(struct.unpack("<2d", reply.body[size:]), (3.0, 7.0))

    def test_texts_several_tensors_and_numbers_that_are_none(self):
        self.put("model/code/inference.py", """
            import numpy
            def model_fn(d): return 1
            def predict_fn(data, model):
                return {"joined": numpy.array([a + str(b) for a, b in zip(data["t"], data["n"])]), "odd": numpy.array([1.5, numpy.nan])}
        """)
        self.serve()
        reply = self.hub.answer(json.dumps({"inputs": [{"name": "t", "datatype": "BYTES", "shape": [2], "data": ["a", "ü"]},
                                                       {"name": "n", "datatype": "INT64", "shape": [2], "data": [1, 2]}]}), kind=INFER)
        self.assertEqual(json.loads(reply.body)["outputs"], [
            {"name": "joined", "datatype": "BYTES", "shape": [2], "data": ["a1", "ü2"]},
            {"name": "odd", "datatype": "FP64", "shape": [2], "data": [1.5, None]}])

    def test_tensors_that_lie(self):
        self.put("model/code/inference.py", self.SCRIPT)
        self.serve()
        good = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
        for changes, words in (({"shape": [2, 2]}, "tensor `x`: its data has 2 elements, its shape 4"),
                               ({"shape": [-1, 2]}, "tensor `x`: its shape cannot be"),
                               ({"shape": [2 ** 62, 2 ** 62]}, "tensor `x`: its data has 2 elements"),
                               ({"datatype": "BF16"}, "tensor `x`: `BF16` is no datatype"),
                               ({"data": [1, "a"]}, "tensor `x`: "),
                               ({"data": None}, "tensor `x`: it has neither `data` nor `binary_data_size`"),
                               ({"parameters": {"binary_data_size": 99}}, "tensor `x`: binary_data_size is more than there is"),
                               ({"name": ""}, "a tensor has no name")):
            reply = self.hub.answer(json.dumps({"inputs": [good | changes]}), kind=INFER)
            self.assertEqual(reply.status, 400, changes)
            self.assertIn(words, reply.body.decode())
        for body in ("", "[]", "{}", '{"inputs": 7}', '{"inputs": [7]}', "[" * 100_000):
            self.assertEqual(self.hub.answer(body, kind=INFER).status, 400, body[:20])
        reply = self.hub.answer(json.dumps({"inputs": [good], "outputs": [{"name": "no"}]}), kind=INFER)
        self.assertEqual((reply.status, reply.body), (400, b"there is no output `no`; there are: sum"))

    def test_a_script_that_takes_bodies_alone(self):
        self.put("model/code/inference.py", "def model_fn(d): return 1\ndef transform_fn(m, d, c, a): return d\n")
        self.serve()
        self.assertEqual(self.hub.answer("{}", kind=INFER).status, 415)


@unittest.skipUnless(have("numpy"), "numpy is not installed")
class Defaults(Model):
    """What the containers do without a function of the user's."""

    def setUp(self):
        super().setUp()
        self.put("model/code/inference.py", """
            class Model:
                def predict(self, data):
                    seen.append((str(data.dtype), data.shape))
                    return data
            seen = []
            def model_fn(d): return Model()
        """)
        self.serve()

    def test_formats_in_and_out(self):
        import numpy
        npy = io.BytesIO()
        numpy.save(npy, numpy.array([[1, 2], [3, 4]]))
        for body, kind in (("[[1, 2], [3, 4]]", "application/json"), ("1,2\n3,4\n", "text/csv"), (b"1,2\n3,4", "text/csv; charset=utf-8"),
                           (npy.getvalue(), "application/x-npy")):
            whole = "1.0,2.0\n3.0,4.0\n" if "npy" not in kind else "1,2\n3,4\n"
            reply = self.hub.answer(body, kind, "text/csv")
            self.assertEqual((reply.status, reply.type, reply.body.decode()), (200, "text/csv", whole), kind)
        reply = self.hub.answer("1,2", "text/csv", "application/x-npy")
        self.assertEqual(numpy.load(io.BytesIO(reply.body)).tolist(), [[1.0, 2.0]])
        self.assertEqual(self.hub.answer("1,2", "text/csv", "text/html, application/json;q=0.5").body, b"[[1.0, 2.0]]")

    def test_what_cannot_be_read_or_written(self):
        import numpy
        pickled = io.BytesIO()
        numpy.save(pickled, numpy.array([{}], dtype=object), allow_pickle=True)
        for body, kind, accept, status, words in (
                ("x", "image/png", "", 415, "Content type image/png is not supported by this framework"),
                ("1", "text/csv", "image/png", 406, "Content type image/png is not supported by this framework"),
                ("{", "application/json", "", 400, "the JSON cannot be read: "),
                ("[[1], [1, 2]]", "application/json", "", 400, "the JSON is no array: "),
                ("1,2\n3\n", "text/csv", "", 400, "row 2 has 1 columns, the first has 2"),
                ("1,a\n", "text/csv", "", 400, "the request is no table of numbers: "),
                (b"\xff\xfe", "text/csv", "", 400, "the request is not in UTF-8"),
                (pickled.getvalue(), "application/x-npy", "", 400, "arrays of objects are pickles, and not read"),
                (b"no npy", "application/x-npy", "", 400, "the NPY cannot be read")):
            reply = self.hub.answer(body, kind, accept)
            self.assertEqual(reply.status, status, (body, reply.body))
            self.assertIn(words, reply.body.decode())


@unittest.skipUnless(have("xgboost", "numpy"), "Python's xgboost is not installed")
class Boosters(Model):
    """sagemaker-xgboost's container in script mode: a Booster is asked with a DMatrix."""

    def test_csv_and_libsvm_are_the_same_rows(self):
        import numpy
        import xgboost
        rows = numpy.random.default_rng(0).random((60, 3), dtype=numpy.float32)
        booster = xgboost.train({"objective": "reg:squarederror", "max_depth": 2, "nthread": 1},
                                xgboost.DMatrix(rows, rows.sum(axis=1)), 5)
        (self.root / "model").mkdir()
        booster.save_model(str(self.root / "model/model.json"))
        self.put("model/code/inference.py", """
            import xgboost
            def model_fn(model_dir):
                model = xgboost.Booster()
                model.load_model(model_dir + "/model.json")
                return model
        """)
        self.serve()
        expected = booster.predict(xgboost.DMatrix(rows[:2])).tolist()
        csv = "\n".join(",".join(repr(float(value)) for value in row) for row in rows[:2])
        libsvm = "\n".join("0 " + " ".join(f"{at}:{float(value)!r}" for at, value in enumerate(row)) for row in rows[:2])
        for body, kind in ((csv, "text/csv"), (libsvm, "text/libsvm"), (libsvm, "text/x-libsvm")):
            reply = self.hub.answer(body, kind, "application/json")
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(json.loads(reply.body), expected, kind)
        self.assertEqual(self.hub.answer("0 a:1", "text/libsvm").status, 400)


@unittest.skipUnless(have("numpy"), "numpy is not installed")
class Torch(Model):
    """The calls that PyTorch's container makes, to a stand-in for torch (it is large, and not installed everywhere)."""

    def test_a_model_is_asked_without_gradients(self):
        self.put("model/code/torch/__init__.py", """
            import numpy
            from torch import nn, jit
            grad = []
            class Tensor:
                def __init__(self, array): self.array = array
                def detach(self): return self
                def cpu(self): return self
                def numpy(self): return self.array
                def tolist(self): return self.array.tolist()
            def FloatTensor(array):
                assert array.dtype == numpy.float32, array.dtype
                return Tensor(array)
            def from_numpy(array): return Tensor(array)
            def device(name): return name
            class no_grad:
                def __enter__(self): grad.append("off")
                def __exit__(self, *_): grad.append("on")
        """)
        self.put("model/code/torch/nn.py", "class Module:\n    pass\n")
        self.put("model/code/torch/jit.py", "class ScriptModule:\n    pass\n")
        self.put("model/code/inference.py", """
            import torch
            class Net(torch.nn.Module):
                def eval(self): self.ready = True
                def __call__(self, data):
                    assert self.ready and torch.grad[-1] == "off"
                    return torch.Tensor(data.array * 2)
            def model_fn(d): return Net()
        """)
        self.serve()
        for accept, body in (("application/json", b"[[2.0, 4.0]]"), ("text/csv", b"2.0,4.0\n")):
            reply = self.hub.answer("[[1, 2]]", "application/json", accept)
            self.assertEqual((reply.status, reply.body), (200, body))


if __name__ == "__main__":
    unittest.main()

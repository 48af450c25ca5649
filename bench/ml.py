#!/usr/bin/env python3
"""Training and serving, on 127.0.0.1: the bare engine, nginx that answers nothing, FastAPI with the engine, and weft, in one run.

Server and load share all cores here, as the bars say ("two cores shared with the client"). Prints what the bars are about;
--json FILE writes {"machine":…, "rows":[{bench, system, case, c, metric, value, unit}]}.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import numpy
import xgboost

import gateway
from gateway import Bench, free_port, rss_mib

ALL_CORES = f"0-{(os.cpu_count() or 1) - 1}"
REGION = "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/bench"
FEATURES = 20

FASTAPI = """
import numpy, xgboost
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
model = xgboost.Booster(model_file="{model}")
model.set_param("nthread", 1)
app = FastAPI()

@app.post("/invocations")
async def invocations(request: Request):
    row = numpy.array([[float(v) for v in (await request.body()).split(b",")]], dtype=numpy.float32)
    return PlainTextResponse(str(model.inplace_predict(row)[0]))
"""

NGINX = """
worker_processes 1; daemon off; error_log stderr crit; pid {dir}/pid;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
  server {{ listen 127.0.0.1:{port}; location / {{ default_type text/csv; return 200 "0.5\\n"; }} }} }}
"""


class MlBench(Bench):
    def row(self, system, case, c, metric, value, unit):
        self.rows.append({"bench": "ml", "system": system, "case": case, "c": c, "metric": metric, "value": round(value, 3), "unit": unit})

    def hub(self, config=""):
        port = free_port()
        self.data = Path(self.directory.name) / f"weft-{port}"
        file = Path(self.directory.name) / f"weft-{port}.yaml"
        file.write_text(config)
        self.weft = self.processes.start(ALL_CORES, [gateway.BIN / "weft", "up", "--config", file, "--listen", f"127.0.0.1:{port}",
                                                     "--data", self.data, "--log", "error"])
        gateway.wait_for(port, "/readyz")
        self.url = f"http://127.0.0.1:{port}"
        made = subprocess.run([gateway.BIN / "weft", "key", "new", "bench", "--json"], capture_output=True, text=True, check=True,
                              env={**os.environ, "WEFT_HUB": f"unix:{self.data}/weft.sock"})
        self.key = json.loads(made.stdout)
        pair = {name: self.key[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
        make = lambda name: boto3.client(name, endpoint_url=self.url, region_name=REGION, **pair)
        self.s3, self.sagemaker, self.runtime = make("s3"), make("sagemaker"), make("sagemaker-runtime")
        self.s3.create_bucket(Bucket="bench")

    def plain_nginx(self):
        """The port of an nginx that answers at once, whatever it is asked."""
        port = free_port()
        folder = Path(self.directory.name) / f"nginx-{port}"
        folder.mkdir()
        (folder / "nginx.conf").write_text(NGINX.format(dir=folder, port=port))
        self.processes.start(ALL_CORES, ["nginx", "-c", folder / "nginx.conf", "-p", folder])
        gateway.wait_for(port)
        return port

    def until(self, ask, wanted, failed=("Failed", "Stopped")):
        """Asks until it says so; (seconds it took, the answer)."""
        began = time.perf_counter()
        while True:
            answer = ask()
            status = answer.get("TrainingJobStatus") or answer.get("EndpointStatus")
            if status in failed:
                raise SystemExit(answer.get("FailureReason"))
            if status == wanted:
                return time.perf_counter() - began, answer
            time.sleep(0.002)

    def train(self, name, parameters, channel):
        """A training job on csv, from CreateTrainingJob to Completed: seconds."""
        began = time.perf_counter()
        self.sagemaker.create_training_job(
            TrainingJobName=name, RoleArn=ROLE, HyperParameters=parameters,
            AlgorithmSpecification={"TrainingImage": "xgboost", "TrainingInputMode": "File"},
            InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv",
                              "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bench/{channel}"}}}],
            OutputDataConfig={"S3OutputPath": "s3://bench/out"}, StoppingCondition={"MaxRuntimeInSeconds": 600},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30})
        self.until(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "Completed")
        return time.perf_counter() - began

    def deploy(self, name, image, file):
        """An endpoint of a model file; seconds from CreateEndpoint to InService."""
        key = f"models/{name}/{Path(file).name}"
        self.s3.upload_file(str(file), "bench", key)
        source = {"S3DataSource": {"S3Uri": f"s3://bench/models/{name}/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": image, "ModelDataSource": source})
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[
            {"VariantName": "one", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}])
        began = time.perf_counter()
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.until(lambda: self.sagemaker.describe_endpoint(EndpointName=name), "InService")
        return time.perf_counter() - began

    def erase(self, name):
        self.sagemaker.delete_endpoint(EndpointName=name)
        try:
            while True:
                self.sagemaker.describe_endpoint(EndpointName=name)
                time.sleep(0.005)
        except self.sagemaker.exceptions.ClientError:
            pass
        self.sagemaker.delete_endpoint_config(EndpointConfigName=name)
        self.sagemaker.delete_model(ModelName=name)

    def signed(self, path, body, content_type):
        """The headers of one signed request: good for every one like it while its time is near."""
        request = botocore.awsrequest.AWSRequest("POST", self.url + path, data=body, headers={"Content-Type": content_type})
        credentials = botocore.credentials.Credentials(self.key["aws_access_key_id"], self.key["aws_secret_access_key"])
        botocore.auth.SigV4Auth(credentials, "sagemaker", REGION).add_auth(request)
        return dict(request.headers)

    def wrk(self, url, c, body, headers):
        gateway.LOAD_CORE = ALL_CORES
        return super().wrk(url, c, body, headers)


def data_of(rows, seed=1):
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(rows, FEATURES)).astype(numpy.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * random.normal(size=rows) > 0).astype(numpy.float32)
    return x, y


def booster(folder, trees=100):
    x, y = data_of(20_000)
    model = xgboost.train({"max_depth": 6, "eta": 0.1, "objective": "binary:logistic", "nthread": 2}, xgboost.DMatrix(x, y), trees)
    file = folder / "model.ubj"
    model.save_model(file)
    return model, file


def invoke(b, connections):
    print("InvokeEndpoint: XGBoost, 100 trees of depth 6, 20 features, one row of csv; signatures checked by weft")
    folder = Path(b.directory.name)
    model, file = booster(folder)
    row, _ = data_of(1, seed=2)
    body = ",".join(f"{v:.6g}" for v in row[0])
    model.set_param("nthread", 1)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < b.seconds:
        model.inplace_predict(row)
        count += 1
    b.row("bare engine", "xgboost csv", 1, "throughput", count / (time.perf_counter() - began), "requests/s")
    print(f"  bare engine (one thread, Python, no HTTP) {count / (time.perf_counter() - began):>9.0f}/s")
    (folder / "served.py").write_text(textwrap.dedent(FASTAPI.format(model=file)))
    fast, plain = free_port(), b.plain_nginx()
    b.processes.start(ALL_CORES, ["python3", "-m", "uvicorn", "served:app", "--app-dir", folder, "--port", fast, "--log-level", "error"])
    gateway.wait_for(fast)
    b.deploy("trees", "xgboost", file)
    answer = b.runtime.invoke_endpoint(EndpointName="trees", ContentType="text/csv", Body=body)["Body"].read()
    want = float(model.inplace_predict(row)[0])
    if abs(float(answer) - want) > 1e-6:
        raise SystemExit(f"weft answers {answer!r}, the bare engine {want}")
    path = "/endpoints/trees/invocations"
    for c in connections:
        rates = {}
        for system, url, headers in (("nginx no-op", f"http://127.0.0.1:{plain}{path}", {"Content-Type": "text/csv"}),
                                     ("fastapi", f"http://127.0.0.1:{fast}/invocations", {"Content-Type": "text/csv"}),
                                     ("weft", b.url + path, b.signed(path, body, "text/csv"))):
            rates[system], _ = b.measure(system, "xgboost csv", c, url, body, headers)
        b.row("weft", "xgboost csv", c, "throughput over nginx no-op", rates["weft"] / rates["nginx no-op"], "ratio")
        print(f"          weft is {rates['weft'] / rates['nginx no-op']:.2f} of nginx that does nothing, "
              f"{rates['weft'] / rates['fastapi']:.1f} of FastAPI")
    b.processes.stop_all()
    b.hub()


def saved(folder, name, graph):
    from onnx import checker, helper, save

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, folder / name)
    return folder / name


def does_nothing(folder):
    from onnx import TensorProto, helper

    graph = helper.make_graph([helper.make_node("Identity", ["input"], ["output"])], "noop",
                              [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 1])],
                              [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 1])])
    return saved(folder, "noop.onnx", graph)


def noop(b, connections):
    """A model that hands its input back: what weft itself costs, beside an nginx that answers at once."""
    print("a model that does nothing (ONNX Identity, one number), signatures checked by weft")
    b.deploy("noop", "onnx", does_nothing(Path(b.directory.name)))
    plain = b.plain_nginx()
    answer = b.runtime.invoke_endpoint(EndpointName="noop", ContentType="text/csv", Body="0.5")["Body"].read()
    if float(answer) != 0.5:
        raise SystemExit(f"weft answers {answer!r}, not 0.5")
    path = "/endpoints/noop/invocations"
    tensor = json.dumps({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 1], "data": [0.5]}]})
    doors = (("no-op csv", path, "0.5", b.signed(path, "0.5", "text/csv")),
             ("no-op oip json", "/v2/models/noop/infer", tensor,
              {"Content-Type": "application/json", "Authorization": "Bearer " + b.key["secret"]}))
    for c in connections:
        for case, path, body, headers in doors:
            bare, _ = b.measure("nginx no-op", case, c, f"http://127.0.0.1:{plain}{path}", body, headers)
            own, _ = b.measure("weft", case, c, b.url + path, body, headers)
            b.row("weft", case, c, "throughput over nginx no-op", own / bare, "ratio")
            print(f"          weft is {own / bare:.2f} of nginx that does nothing")


def grpc(b, connections):
    """A server as a solution: called straight, by HTTP, and through bridge and door by gRPC."""
    print("OIP infer: a model that does nothing, on this hub, and joined to it as one that another server has")
    port = free_port()
    b.processes.stop_all()
    b.hub(f"listen: {{grpc: {port}}}\n")
    b.deploy("noop", "onnx", does_nothing(Path(b.directory.name)))
    for name, url in (("by-http", b.url), ("by-grpc", f"grpc://127.0.0.1:{port}")):
        subprocess.run([gateway.BIN / "weft", "add", f"{url}/v2/models/noop", "--as", name, "--protocol", "oip", "--bearer", b.key["secret"]],
                       check=True, capture_output=True, env={**os.environ, "WEFT_HUB": f"unix:{b.data}/weft.sock"})
    body = json.dumps({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 1], "data": [0.5]}]})
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + b.key["secret"]}
    for c in connections:
        rates = {}
        for name in ("noop", "by-http", "by-grpc"):
            rates[name], _ = b.measure("weft", f"oip {name}", c, f"{b.url}/v2/models/{name}/infer", body, headers)
        for name in ("by-http", "by-grpc"):
            b.row("weft", f"oip {name}", c, "throughput over the endpoint's own", rates[name] / rates["noop"], "ratio")
            print(f"          {name} is {rates[name] / rates['noop']:.2f} of the endpoint's own")


def mlp(folder):
    """20-64-64-3 with fixed weights, written with the onnx package."""
    from onnx import TensorProto, helper, numpy_helper

    random = numpy.random.default_rng(3)
    sizes, nodes, weights, at = [FEATURES, 64, 64, 3], [], [], "input"
    for i, (a, z) in enumerate(zip(sizes, sizes[1:])):
        weights.append(numpy_helper.from_array(random.normal(size=(a, z)).astype(numpy.float32) / 8, f"w{i}"))
        weights.append(numpy_helper.from_array(random.normal(size=z).astype(numpy.float32) / 8, f"b{i}"))
        last = i == len(sizes) - 2
        nodes.append(helper.make_node("Gemm", [at, f"w{i}", f"b{i}"], ["output" if last else f"z{i}"]))
        at = f"z{i}"
        if not last:
            nodes.append(helper.make_node("Relu", [at], [f"a{i}"]))
            at = f"a{i}"
    graph = helper.make_graph(nodes, "mlp", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", FEATURES])],
                              [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 3])], weights)
    return saved(folder, "mlp.onnx", graph)


def onnx(b, connections):
    print("OIP infer: ONNX MLP 20-64-64-3, one row of JSON")
    b.deploy("mlp", "onnx", mlp(Path(b.directory.name)))
    row, _ = data_of(1, seed=2)
    body = json.dumps({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, FEATURES],
                                   "data": [round(float(v), 4) for v in row[0]]}]})
    for c in connections:
        b.measure("weft", "onnx oip json", c, f"{b.url}/v2/models/mlp/infer", body,
                  {"Content-Type": "application/json", "Authorization": "Bearer " + b.key["secret"]})


def train(b):
    print("CreateTrainingJob to Completed, beside the bare library on the same file")
    x, y = data_of(50_000)
    file = Path(b.directory.name) / "train.csv"
    numpy.savetxt(file, numpy.column_stack([y, x]), delimiter=",", fmt="%.6g")
    parameters = {"num_round": "50", "max_depth": "6", "eta": "0.1", "objective": "binary:logistic", "tree_method": "hist"}
    script = textwrap.dedent(f"""
        import numpy, time, xgboost
        began = time.perf_counter()
        data = numpy.loadtxt({str(file)!r}, delimiter=",", dtype=numpy.float32)
        matrix = xgboost.DMatrix(data[:, 1:], data[:, 0])
        loaded = time.perf_counter()
        xgboost.train(dict(max_depth=6, eta=0.1, objective="binary:logistic", tree_method="hist", nthread=2), matrix, 50).save_model({str(file) + '.ubj'!r})
        print(loaded - began, time.perf_counter() - loaded)""")
    read, trained = map(float, subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split())
    b.s3.upload_file(str(file), "bench", "train/train.csv")
    took = b.train("bench", parameters, "train")
    b.row("bare library", "training", 0, "training alone", trained, "s")
    b.row("bare library", "training", 0, "numpy.loadtxt before it", read, "s")
    b.row("weft", "training", 0, "created to completed", took, "s")
    b.row("weft", "training", 0, "over the bare training", took - trained, "s")
    print(f"  bare library: {read:.2f} s to read (numpy), {trained:.2f} s to train; weft, all of it: {took:.2f} s ({took - trained:+.2f} s)")


def large(b, memory_mib):
    """Rows of one digit behind the point: as many bytes as text as they are as numbers."""
    size = 4 * memory_mib << 20
    print(f"training on {size >> 20} MiB of numbers with {memory_mib} MiB of memory")
    b.hub(f"ml: {{memory: {memory_mib}MiB}}\n")
    random = numpy.random.default_rng(4)
    file = Path(b.directory.name) / "large.csv"
    # Wide rows: what belongs to each row (its label, margin and gradient, its node) stays in memory.
    block, columns = 10_000, 200
    with open(file, "wb") as out:
        for _ in range(size // (block * columns * 4) + 1):
            digits = random.integers(0, 10, size=(block, columns + 1, 2), dtype=numpy.uint8)
            digits[:, 0, 0] = 0
            digits[:, 0, 1] = (digits[:, 1, 0] + digits[:, 2, 0] > 9) * 5
            text = numpy.empty((block, columns + 1, 4), dtype=numpy.uint8)
            text[:, :, 0], text[:, :, 2] = digits[:, :, 0] + ord("0"), digits[:, :, 1] + ord("0")
            text[:, :, 1], text[:, :, 3] = ord("."), ord(",")
            text[:, -1, 3] = ord("\n")
            out.write(text.tobytes())
    b.s3.upload_file(str(file), "bench", "large/large.csv")
    file.unlink()
    took = b.train("large", {"num_round": "5", "max_depth": "6", "objective": "reg:squarederror", "tree_method": "hist"}, "large")
    told = b.sagemaker.describe_training_job(TrainingJobName="large")["FinalMetricDataList"]
    rmse = next(each["Value"] for each in told if each["MetricName"] == "train:rmse")
    b.row("weft", "training", 0, f"{size >> 20} MiB with {memory_mib} MiB", took, "s")
    b.row("weft", "training", 0, f"{size >> 20} MiB with {memory_mib} MiB, train:rmse", rmse, "")
    print(f"  completed in {took:.1f} s, train:rmse {rmse:.4f}")
    b.processes.stop_all()


def load(b, rounds):
    print(f"an endpoint's life, {rounds} times: a model of 1 MB")
    _, file = booster(Path(b.directory.name), 300)
    took, memory = [], []
    for i in range(rounds):
        took.append(b.deploy("again", "xgboost", file))
        b.erase("again")
        memory.append(rss_mib(b.weft.pid))
    took.sort()
    b.row("weft", "endpoint", 0, "Creating to InService, p50", took[len(took) // 2], "s")
    b.row("weft", "endpoint", 0, "Creating to InService, worst", took[-1], "s")
    b.row("weft", "memory", 0, "resident after the first", memory[0], "MiB")
    b.row("weft", "memory", 0, f"resident after {rounds}", memory[-1], "MiB")
    b.row("weft", "memory", 0, "growth", (memory[-1] / memory[0] - 1) * 100, "%")
    print(f"  {file.stat().st_size / 1e6:.1f} MB: InService after {took[len(took) // 2]:.3f} s (worst {took[-1]:.3f} s); "
          f"hub {memory[0]:.1f} MiB after the first, {memory[-1]:.1f} MiB after {rounds}")


def listing(b, count):
    print(f"ListModels, pages of 100 out of {count}")
    b.s3.put_object(Bucket="bench", Key="some.tar.gz", Body=b"not looked into before it is deployed")
    for i in range(count):
        b.sagemaker.create_model(ModelName=f"m{i}", ExecutionRoleArn=ROLE,
                                 PrimaryContainer={"Image": "xgboost", "ModelDataUrl": "s3://bench/some.tar.gz"})
    took = []
    for page in b.sagemaker.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 100}):
        if len(page["Models"]) == 0:
            break
    for _ in range(20):
        began = time.perf_counter()
        b.sagemaker.list_models(MaxResults=100)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    b.row("weft", "ListModels", 0, f"page of 100 of {count}, p50", took[10], "ms")
    print(f"  {took[10]:.1f} ms (boto3's own time in it)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--seconds", type=int, default=3, help="for each measurement")
    parser.add_argument("--quick", action="store_true", help="c=16 alone, fewer rounds")
    parser.add_argument("--only", choices=["invoke", "noop", "grpc", "onnx", "train", "large", "load", "list"])
    options = parser.parse_args()
    b = MlBench(options.seconds)
    connections = [16] if options.quick else [1, 16, 64, 256]
    try:
        b.hub()
        if options.only in (None, "invoke"):
            invoke(b, connections)
        if options.only in (None, "noop"):
            noop(b, connections)
        if options.only in (None, "grpc"):
            grpc(b, connections)
            b.processes.stop_all()
            b.hub()
        if options.only in (None, "onnx"):
            onnx(b, connections)
        if options.only in (None, "train"):
            train(b)
        if options.only in (None, "load"):
            load(b, 10 if options.quick else 100)
        if options.only in (None, "list"):
            listing(b, 1_000 if options.quick else 10_000)
        if options.only in (None, "large"):
            b.processes.stop_all()
            large(b, 512)
    finally:
        b.processes.stop_all()
        b.directory.cleanup()
    if options.json:
        machine = {"cores": os.cpu_count(), "cpu": platform.processor() or platform.machine(), "kernel": platform.release()}
        Path(options.json).write_text(json.dumps({"machine": machine, "rows": b.rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

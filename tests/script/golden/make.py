"""Makes the golden files anew: python3 make.py, with a Python in which PyPI's `sagemaker-training` is installed. Each is
what the toolkit itself gives to a script for a folder's configuration."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPT = """
import json, os, sys
json.dump({"arguments": sys.argv[1:], "variables": dict(os.environ)}, open("../seen.json", "w"))
"""
CHANNEL = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
ONE = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
SDK = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://bucket/job/source/sourcedir.tar.gz"',
       "sagemaker_region": '"us-east-1"', "sagemaker_job_name": '"job-1"', "sagemaker_container_log_level": "20"}
CASES = {
    "values": {
        "hyperparameters.json": SDK | {
            "n-estimators": "100", "lr": "0.1", "name": '"ab c"', "flag": "true", "nothing": "null", "list": "[1, 2]",
            "map": '{"b": 1, "a": "x"}', "e": "1", "raw": "hello world", "big": "1e5", "umlaut": '"ü"', "empty": '""',
            "nested": '{"a": {"b": [true, null]}}', "quoted": '"\\"q\\""', "under_score": "-3", "nan": "NaN",
            "sagemaker_parameter_server_enabled": "false", "_tuning_objective_metric": '"loss"'},
        "inputdataconfig.json": {"train": CHANNEL | {"ContentType": "text/csv"}, "my-val": CHANNEL, "Upper": CHANNEL},
        "resourceconfig.json": ONE},
    "groups": {
        "hyperparameters.json": SDK | {"sagemaker_container_log_level": "10"},
        "inputdataconfig.json": {},
        "resourceconfig.json": ONE | {
            "current_instance_type": "ml.m5.large", "current_group_name": "homogeneousCluster", "network_interface_name": "eth0",
            "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}]}},
    "bare": {"hyperparameters.json": {"sagemaker_program": "train.py"}, "inputdataconfig.json": {"x": CHANNEL},
             "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]}},
}


def make(name, config):
    with tempfile.TemporaryDirectory() as root:
        for folder in ("input/config", "input/data", "model", "output/data", "code"):
            os.makedirs(f"{root}/{folder}")
        for file, text in config.items():
            Path(root, "input/config", file).write_text(json.dumps(text))
        Path(root, "code/train.py").write_text(SCRIPT)
        variables = {"PATH": "/usr/bin:/bin", "SAGEMAKER_BASE_DIR": root, "SM_STUDIO_LOCAL_MODE": "true",
                     "TRAINING_JOB_NAME": "job-1"}
        subprocess.run([sys.executable, "-c", "from sagemaker_training.trainer import train; train()"], env=variables, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = json.loads(Path(root, "seen.json").read_text())
        out = {key: value.replace(root, "@ROOT@") for key, value in seen["variables"].items()
               if key.startswith(("SM_", "SAGEMAKER_", "CURRENT_")) and key not in ("SAGEMAKER_BASE_DIR", "SM_STUDIO_LOCAL_MODE")}
        golden = {"config": config, "cpus": int(out["SM_NUM_CPUS"]), "arguments": seen["arguments"],
                  "variables": dict(sorted(out.items()))}
        (HERE / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n")


for each, given in CASES.items():
    make(each, given)

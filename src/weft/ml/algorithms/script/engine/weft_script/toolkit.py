"""The environment and the arguments that sagemaker-training-toolkit gives to a user's script: names, values and the way
they are written are its own (sagemaker_training 5.1: environment.py, mapping.py; tests/script/golden is its output)."""
import json
import os
import shutil
import subprocess

from weft_script import limits
from weft_script.problem import Problem

PREFIX = "sagemaker_"
# Hyper-parameters that are for the toolkit itself.
OWN = ("sagemaker_program", "sagemaker_submit_directory", "sagemaker_enable_cloudwatch_metrics", "sagemaker_region",
       "sagemaker_container_log_level", "sagemaker_job_name", "default_user_module_name", "_tuning_objective_metric",
       "sagemaker_s3_output")
# Each starts several processes, on several machines.
DISTRIBUTED = ("sagemaker_mpi_enabled", "sagemaker_parameter_server_enabled",
               "sagemaker_distributed_dataparallel_enabled", "sagemaker_pytorch_ddp_enabled",
               "sagemaker_pytorch_xla_multi_worker_enabled", "sagemaker_multi_worker_mirrored_strategy_enabled",
               "sagemaker_torch_distributed_enabled")
INFO = 20


def split(hyperparameters):
    """Those of the user, and those of the SDK."""
    theirs = {k: v for k, v in hyperparameters.items() if not k.startswith(PREFIX) and k not in OWN}
    own = {k: v for k, v in hyperparameters.items() if k not in theirs}
    return theirs, own


def check_supported(hyperparameters):
    for name in DISTRIBUTED:
        if hyperparameters.get(name):
            raise Problem(f"{name}: weft runs a job's script as one process on one machine; leave `distribution` out of "
                          "the estimator, and start more processes from the script (torchrun, mpirun) where you want them")


def argument_name(name):
    if not name:
        return ""
    return f"--{name}" if len(name) > 1 else f"-{name}"


def argument_value(value):
    if isinstance(value, dict):
        return ",".join(f"{k}={v}" for k, v in sorted(value.items()))
    return "" if value is None else str(value)


def user_arguments(hyperparameters):
    out = []
    for name in sorted(hyperparameters):
        out += [argument_name(name), argument_value(hyperparameters[name])]
    return out


def written(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def count_of_gpus():
    if shutil.which("nvidia-smi") is None:
        return 0
    try:
        told = subprocess.run(["nvidia-smi", "--list-gpus"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, timeout=limits.ASK_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith(b"GPU ") for line in told.split(b"\n"))


def groups_of(resources):
    """The instance groups, in the toolkit's four forms."""
    groups = resources.get("instance_groups") or []
    current = resources.get("current_group_name", "homogeneousCluster")
    hosts = next((g.get("hosts", []) for g in groups if g.get("instance_group_name") == current), [])
    return {"current_instance_group": current,
            "current_instance_group_hosts": hosts,
            "instance_groups": [g.get("instance_group_name") for g in groups],
            "instance_groups_dict": {g.get("instance_group_name"): g for g in groups},
            "is_hetero": len(groups) > 1}


def training_environment(view, gpus):
    """SM_TRAINING_ENV, before it is written."""
    hyperparameters, own = split(view.hyperparameters)
    resources = view.resources
    hosts = resources.get("hosts") or ["algo-1"]
    groups = groups_of(resources)
    distributed = own.get("sagemaker_distribution_instance_groups", [])
    if groups["instance_groups"]:
        spread = [host for g in resources["instance_groups"] if g.get("instance_group_name") in distributed
                  for host in g.get("hosts", [])]
    else:
        spread = list(hosts)
    master = (spread or hosts)[0]
    current = resources.get("current_host", hosts[0])
    program = view.text_of("sagemaker_program") or None
    name = str(program)
    return {
        "additional_framework_parameters": {k: v for k, v in own.items() if k not in OWN},
        "channel_input_dirs": {channel: view.channel(channel) for channel in view.channels},
        "current_host": current,
        "current_instance_type": resources.get("current_instance_type", "local"),
        **groups,
        "distribution_hosts": spread,
        "distribution_instance_groups": distributed,
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "hosts": hosts,
        "hyperparameters": hyperparameters,
        "input_config_dir": view.config,
        "input_data_config": view.channels,
        "input_dir": os.path.join(view.root, "input"),
        "is_master": current == master,
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": os.environ.get("TRAINING_JOB_NAME"),
        "log_level": own.get("sagemaker_container_log_level", INFO),
        "master_hostname": master,
        "model_dir": view.model,
        "module_dir": str(own.get("sagemaker_submit_directory", view.code)),
        "module_name": name[:-3] if name.endswith(".py") else name,
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "num_cpus": view.threads,
        "num_gpus": gpus,
        "num_neurons": 0,
        "output_data_dir": view.output_data,
        "output_dir": view.output,
        "output_intermediate_dir": os.path.join(view.output, "intermediate"),
        "resource_config": resources,
        "topology": resources.get("topology", []),
        "user_entry_point": program,
    }


# What becomes a variable of its own; the rest is in SM_TRAINING_ENV alone.
VARIABLES = ("hosts", "network_interface_name", "user_entry_point", "resource_config", "input_data_config",
             "output_data_dir", "current_host", "current_instance_type", "current_instance_group",
             "current_instance_group_hosts", "instance_groups", "instance_groups_dict", "distribution_instance_groups",
             "is_hetero", "module_name", "log_level", "framework_module", "input_dir", "input_config_dir", "output_dir",
             "num_cpus", "num_gpus", "num_neurons", "model_dir", "module_dir", "output_intermediate_dir")


def variables(view, with_script=True):
    """The SM_… variables, and those of SageMaker's platform that the hub does not set. Without a script of the toolkit's
    kind those that tell of it are left out."""
    environment = training_environment(view, count_of_gpus())
    values = {name: environment[name] for name in VARIABLES}
    values["hps"] = environment["hyperparameters"]
    values["framework_params"] = environment["additional_framework_parameters"]
    values["channels"] = sorted(environment["channel_input_dirs"])
    values["training_env"] = environment
    values["user_args"] = user_arguments(environment["hyperparameters"])
    if environment["topology"]:
        values["topology"] = environment["topology"]
    for channel, folder in environment["channel_input_dirs"].items():
        values[f"channel_{channel}"] = folder
    for name, value in environment["hyperparameters"].items():
        values[f"hp_{name}"] = value
    if not with_script:
        for name in ("user_entry_point", "module_name", "module_dir", "framework_module"):
            del values[name]
    out = {f"SM_{name.upper()}": written(value) for name, value in values.items()}
    out["CURRENT_HOST"] = environment["current_host"]
    out["SAGEMAKER_JOB_NAME"] = str(view.hyperparameters.get("sagemaker_job_name") or "")
    region = str(view.hyperparameters.get("sagemaker_region") or os.environ.get("AWS_REGION", ""))
    out["SAGEMAKER_REGION"] = region
    if region:
        out.setdefault("AWS_REGION", region)
    for name, value in out.items():
        if "=" in name or "\0" in name or "\0" in value:
            raise Problem(f"hyper-parameter or channel `{name[3:]}`: no variable of a program can be called so, or hold that")
    return out

"""The drivers that SageMaker's Python SDK 3 (ModelTrainer) sends with a job, unmodified, under the paths they expect. Skips
where the SDK is not installed (tests/ml/run --setup sdk3) or no sandbox can be made."""
import importlib.util
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import PATIENCE, Job, can_sandbox, in_sandbox

# Where tests/ml/run keeps it.
CACHE = Path(os.environ.get("WEFT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weft")
PLACES = [os.environ.get("WEFT_SDK3", ""), *map(str, (CACHE / "ml-sdks").glob("sdk3-*/lib/python*/site-packages"))]
SDK = next((Path(place) / "sagemaker" for place in PLACES if place and (Path(place) / "sagemaker/train/container_drivers").is_dir()), None)


def templates():
    spec = importlib.util.spec_from_file_location("sdk_templates", SDK / "train/templates.py")
    out = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(out)
    return out


@unittest.skipUnless(SDK, "SageMaker's Python SDK 3 is not installed")
@unittest.skipUnless(can_sandbox(), "no sandbox can be made here")
class Drivers(Job):
    def setUp(self):
        super().setUp()
        self.resources["current_instance_type"] = "ml.m5.large"
        self.drivers = self.root / "input/data/sm_drivers"

    def trainer(self, files, entry="train.py", command="", requirements=""):
        """What ModelTrainer.train() uploads (model_trainer.py: _create_training_job_args, _prepare_train_script)."""
        text = templates()
        shutil.copytree(SDK / "train/container_drivers", self.drivers, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(SDK / "core/utils/install_requirements.py", self.drivers / "scripts/install_requirements.py")
        run = text.EXECUTE_BASE_COMMANDS.format(base_command=command) if command else text.EXECUTE_BASIC_SCRIPT_DRIVER
        install = text.INSTALL_REQUIREMENTS.format(requirements_file=requirements) if requirements else ""
        (self.drivers / "sm_train.sh").write_text(text.TRAIN_SCRIPT_TEMPLATE.format(
            working_dir="cd /opt/ml/input/data/code \n", install_requirements=install, execute_driver=run))
        (self.drivers / "sourcecode.json").write_text(json.dumps({"source_dir": "src", "entry_script": entry, "command": command or None}))
        (self.drivers / "distributed.json").write_text("{}")
        self.channel("sm_drivers", {})
        self.channel("code", files)

    def train(self):
        """Its exit code: the command that ModelTrainer gives (constants.py: DEFAULT_CONTAINER_ARGUMENTS)."""
        self.configure()
        script = "/opt/ml/input/data/sm_drivers/sm_train.sh"
        command = in_sandbox(self.root)
        command[-1:-1] = ["--setenv", "TRAINING_JOB_NAME", "job-1"]
        done = subprocess.run([*command, "train", "--root", "/opt/ml", "--", "/bin/bash", "-c", f"chmod +x {script} && {script}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE)
        self.written = done.stdout
        return done.returncode

    def test_a_script_with_hyperparameters_and_channels(self):
        self.hyperparameters = {"lr": "0.1", "name": "plain text", "deep": '{"a": [1]}'}
        self.channel("train", {"a.csv": "1,2\n"})
        self.trainer({"train.py": """
            import json, os, sys
            said = {"argv": sys.argv[1:], "hps": json.loads(os.environ["SM_HPS"]), "data": open(os.environ["SM_CHANNEL_TRAIN"] + "/a.csv").read(),
                    "cwd": os.getcwd()}
            json.dump(said, open(os.environ["SM_MODEL_DIR"] + "/said.json", "w"))
        """})
        self.assertEqual(self.train(), 0, self.written)
        self.assertEqual(json.loads(self.packed("model.tar.gz")["said.json"]), {
            "argv": ["--lr", "0.1", "--name", "plain text", "--deep", '{"a": [1]}'],
            "hps": {"lr": 0.1, "name": "plain text", "deep": {"a": [1]}}, "data": "1,2\n", "cwd": "/opt/ml/input/data/code"})
        self.assertIn("Training Container Execution Completed", self.written)

    def test_a_command(self):
        self.trainer({"own.sh": "echo \"$1\" >$SM_MODEL_DIR/m\n"}, command="bash own.sh 'a b'")
        self.assertEqual(self.train(), 0, self.written)
        self.assertEqual(self.packed("model.tar.gz"), {"m": "a b\n"})

    def test_the_scripts_reason_and_not_the_drivers(self):
        self.trainer({"train.py": "def learn():\n    raise ValueError('the data has no label')\nlearn()\n"})
        self.assertEqual(self.train(), 1)
        lines = self.failure().split("\n")
        self.assertEqual(lines[:3], ["ExecuteUserScriptError:", "ExitCode 1", 'ErrorMessage "Traceback (most recent call last):'])
        self.assertEqual(lines[-2], 'ValueError: the data has no label"')

    def test_requirements_that_are_there(self):
        self.trainer({"train.py": "", "requirements.txt": "# none\n"}, requirements="requirements.txt")
        self.assertEqual(self.train(), 0, self.written)

    def test_requirements_that_are_not(self):
        self.trainer({"train.py": "", "requirements.txt": "no-such-package-of-weft>=2\n"}, requirements="requirements.txt")
        self.assertEqual(self.train(), 1, self.written)
        self.assertIn("no-such-package-of-weft", self.failure()[:960])


if __name__ == "__main__":
    unittest.main()

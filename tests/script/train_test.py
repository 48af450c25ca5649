"""Training with the user's own script: how it is found, started, stopped, and what is left of it."""
import hashlib
import json
import os
import signal
import stat
import tarfile
import unittest

from harness import Job, have, pack

SAYS = """
    import json, os, sys
    with open(os.environ["SM_MODEL_DIR"] + "/said.json", "w") as file:
        json.dump({"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}, file)
    print("trained")
"""


class Scripts(Job):
    def said(self):
        return json.loads(self.packed("model.tar.gz")["said.json"])

    def test_a_python_script_of_the_sdk(self):
        self.source({"train.py": SAYS}, lr="0.1", epochs="3")
        self.channel("train", {"a.csv": "1,2\n"})
        self.assertEqual(self.run_job(), 0, self.written)
        said = self.said()
        self.assertEqual(said["argv"], ["--epochs", "3", "--lr", "0.1"])
        self.assertEqual(said["cwd"], str(self.root / "code"))
        self.assertEqual(said["env"]["SM_CHANNEL_TRAIN"], str(self.root / "input/data/train"))
        self.assertEqual(said["env"]["SAGEMAKER_REGION"], "eu-west-1")
        self.assertEqual(said["env"]["TRAINING_JOB_NAME"], "job-1")
        self.assertEqual(said["env"]["SM_NUM_CPUS"], "2")
        self.assertIn("trained\n", self.written)
        self.assertTrue((self.root / "output/success").exists())
        self.assertFalse((self.root / "output/failure").exists())

    def test_a_shell_script(self):
        self.source({"bin/train.sh": '#!/bin/bash\necho "$SM_HP_NAME" "$2" >"$SM_MODEL_DIR/out"\n'}, "bin/train.sh",
                    name='"a b; $(touch x)"')
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(self.packed("model.tar.gz"), {"out": "a b; $(touch x) a b; $(touch x)\n"})
        self.assertFalse((self.root / "code/x").exists())

    def test_a_package_is_run_as_a_module(self):
        self.source({"setup.py": "from setuptools import setup\nsetup(name='p', packages=['p'])\n", "p/__init__.py": "",
                     "p/learn.py": "import os, sys\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write(__package__)\n"},
                    "p.learn")
        self.assertEqual(self.run_job(), 0, self.written)
        self.assertEqual(self.packed("model.tar.gz"), {"m": "p"})

    def test_modules_beside_the_script_can_be_imported(self):
        self.source({"src/train.py": "import lib.own\n", "lib/own.py": "import os\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w')\n"},
                    "src/train.py")
        self.assertEqual(self.run_job(), 0)

    def test_its_output_comes_line_by_line(self):
        self.source({"train.py": "import sys\nprint('first')\nsys.stdin.read()\nopen('go').read() if False else None\n"
                                 "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"})
        child = self.start()
        self.assertTrue(child.stdout.readline().startswith("Invoking: "))
        self.assertEqual(child.stdout.readline(), "first\n")  # while it still runs
        self.put("code/go", "")
        child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0)

    def test_links_in_what_it_leaves(self):
        self.source({"train.py": """
            import os
            os.chdir(os.environ["SM_MODEL_DIR"])
            os.mkdir("checkpoint-500")
            open("checkpoint-500/model", "w").write("m")
            os.symlink("checkpoint-500", "latest")
            os.symlink("/etc/passwd", "elsewhere")
            os.chdir(os.environ["SM_OUTPUT_DATA_DIR"])
            open("log", "w").write("l")
            os.symlink("log", "newest")
        """})
        self.assertEqual(self.run_job(), 0, self.written)
        self.assertEqual(self.packed("model.tar.gz"), {"checkpoint-500/model": "m", "latest/model": "m"})
        self.assertEqual(self.packed("output.tar.gz"), {"log": "l", "newest": "l"})
        self.assertIn("weft: the link `elsewhere` is not packed: it leads out of the folder\n", self.written)

    def test_links_that_multiply_fail_the_job(self):
        self.source({"train.py": """
            import os
            os.chdir(os.environ["SM_MODEL_DIR"])
            for i in range(30):
                os.mkdir(f"d{i}")
                os.symlink(f"../d{i + 1}", f"d{i}/l")
                os.symlink(f"../d{i + 1}", f"d{i}/r")
            os.mkdir("d30")
        """})
        self.assertEqual(self.run_job(), 1, self.written)
        self.assertEqual(self.failure(), "ClientError: the links in `model` lead to more than 10000 files")

    def test_a_code_channel(self):
        self.hyperparameters = {"sagemaker_program": "train.py"}
        self.channel("code", {"train.py": SAYS})
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(self.said()["cwd"], str(self.root / "code"))

    def test_a_code_channel_with_an_archive_as_network_isolation_has_it(self):
        self.hyperparameters = {"sagemaker_program": '"train.py"',
                                "sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'}
        self.channel("code", {})
        pack(self.root / "input/data/code/sourcedir.tar.gz", {"train.py": SAYS})
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(self.said()["argv"], [])

    def test_a_path_and_what_lies_in_code_already(self):
        self.put("code/train.py", SAYS)
        for submitted in (None, "file:///opt/ml/code", "/opt/ml/code"):
            self.hyperparameters = {"sagemaker_program": "train.py"}
            if submitted:
                self.hyperparameters["sagemaker_submit_directory"] = submitted
            self.assertEqual(self.run_job(), 0, submitted)

    def test_the_variable_names_the_program_too(self):
        self.put("code/train.py", SAYS)
        self.assertEqual(self.run_job(SAGEMAKER_PROGRAM="train.py"), 0)

    def test_an_attempt_finds_fresh_source(self):
        self.source({"train.py": "import os\nassert not os.path.exists('left')\nopen('left', 'w')\n"})
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(self.run_job(), 0)


class Failures(Job):
    def test_the_last_lines_are_the_reason(self):
        self.source({"train.py": "print('loading')\ndef learn():\n    raise ValueError('the data has no label')\nlearn()\n"},
                    lr="0.1")
        self.assertEqual(self.run_job(), 1)
        lines = self.failure().split("\n")
        self.assertEqual(lines[0], "ExecuteUserScriptError:")
        self.assertEqual(lines[1], "ExitCode 1")
        self.assertEqual(lines[2], 'ErrorMessage "Traceback (most recent call last):')
        self.assertEqual(lines[-2], 'ValueError: the data has no label"')
        self.assertRegex(lines[-1], r'^Command "\S*python3\S* train.py --lr 0.1"$')
        self.assertIn("ValueError: the data has no label", self.written)
        self.assertLessEqual(len(self.failure()), 960)

    def test_a_long_message_keeps_its_end_and_the_command(self):
        self.source({"train.py": "raise ValueError('x' * 5000 + ' the end')"}, big=json.dumps("y" * 2000))
        self.run_job()
        self.assertIn('the end"', self.failure())
        self.assertIn('Command "', self.failure()[:960])
        self.assertLessEqual(len(self.failure()), 960)

    def test_the_exit_code_is_passed_on(self):
        self.source({"train.sh": "#!/bin/sh\necho no room left >&2\nexit 7\n"}, "train.sh")
        self.assertEqual(self.run_job(), 7)
        self.assertIn('ExitCode 7\nErrorMessage "', self.failure())
        self.assertIn("no room left", self.failure())

    def test_a_script_that_is_killed(self):
        self.source({"train.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"})
        self.assertEqual(self.run_job(), -signal.SIGSEGV)
        self.assertIn('ExtraInfo "It was ended by SIGSEGV (signal 11)"', self.failure())

    def test_its_own_words_are_kept(self):
        self.source({"train.py": "import os\nopen(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('my own reason')\n1/0\n"})
        self.assertEqual(self.run_job(), 1)
        self.assertEqual(self.failure(), "my own reason")

    def test_what_a_failed_script_left_is_kept(self):
        self.source({"train.py": "import os\nopen(os.environ['SM_OUTPUT_DATA_DIR'] + '/seen', 'w').write('half')\n1/0\n"})
        self.run_job()
        self.assertEqual(self.packed("output.tar.gz"), {"seen": "half"})

    def test_what_is_wrong_is_told_by_name(self):
        self.source({"train.py": ""})
        for changes, words in (
                ({"sagemaker_program": None}, "nothing says which program to run"),
                ({"sagemaker_program": '"../train.py"'}, "`../train.py` cannot be the program"),
                ({"sagemaker_program": '"-c"'}, "`-c` cannot be the program"),
                ({"sagemaker_program": '"tarin.py"'}, "the source directory holds no `tarin.py`; it holds `train.py`"),
                ({"sagemaker_submit_directory": '"/nowhere"'}, "there is no /nowhere"),
                ({"sagemaker_mpi_enabled": "true"}, "sagemaker_mpi_enabled: weft runs a job's script as one process"),
                ({"a=b": "1"}, "hyper-parameter or channel `HP_A=B`")):
            before = dict(self.hyperparameters)
            for name, value in changes.items():
                self.hyperparameters.pop(name, None)
                if value is not None:
                    self.hyperparameters[name] = value
            (self.root / "output/failure").unlink(missing_ok=True)
            self.assertEqual(self.run_job(), 1, changes)
            self.assertTrue(self.failure().startswith("ClientError: "), self.failure())
            self.assertIn(words, self.failure())
            self.hyperparameters = before

    def test_an_archive_that_is_none_is_named(self):
        self.source({"train.py": ""})
        self.put("input/config/sourcedir.tar.gz", b"rubbish")
        self.assertEqual(self.run_job(), 1)
        self.assertTrue(self.failure().startswith(
            "ClientError: sourcedir.tar.gz: the archive cannot be used: it is no tar archive"), self.failure())

    def test_an_archive_that_was_not_fetched(self):
        self.hyperparameters = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/k"}
        self.assertEqual(self.run_job(), 1)
        self.assertEqual(self.failure(), "AlgorithmError: sagemaker_submit_directory: s3://b/k was not fetched")

    def test_a_link_out_of_the_source(self):
        self.put("code/x", "")
        os.symlink("/bin/ls", self.root / "code/ls.sh")
        self.hyperparameters = {"sagemaker_program": "ls.sh"}
        self.assertEqual(self.run_job(), 1)
        self.assertIn("is a link to something outside", self.failure())

    def test_usage(self):
        import subprocess
        from harness import WORKER
        for words in ([], ["learn"], ["train", "--root"], ["train", "--"], ["serve", "--link-fd", "x"], ["serve", "--", "x"]):
            done = subprocess.run([WORKER, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("a worker is started by weft: train|serve --root DIR", done.stderr)


class Stopping(Job):
    WAITS = """
        import os, signal, sys, time
        def stop(*_):
            open(os.environ["SM_MODEL_DIR"] + "/model", "w").write("as far as it came")
            sys.exit({})
        signal.signal(signal.SIGTERM, stop)
        print("waiting")
        while True: time.sleep(60)
    """

    def stopped(self):
        child = self.start()
        while child.stdout.readline() != "waiting\n":
            pass
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
        return child.returncode

    def test_the_script_hears_of_it_and_its_model_is_kept(self):
        self.source({"train.py": self.WAITS.format(0)})
        self.assertEqual(self.stopped(), 0)
        self.assertEqual(self.packed("model.tar.gz"), {"model": "as far as it came"})

    def test_so_does_what_a_shell_has_started(self):
        self.source({"train.sh": "#!/bin/bash\npython3 wait.py\necho over\n", "wait.py": self.WAITS.format(3)}, "train.sh")
        self.stopped()
        self.assertEqual(self.packed("model.tar.gz"), {"model": "as far as it came"})

    def test_a_script_that_does_not_listen_ends(self):
        self.source({"train.py": "import time\nprint('waiting')\ntime.sleep(600)\n"})
        self.assertEqual(self.stopped(), -signal.SIGTERM)

    def test_what_a_script_leaves_running_is_ended(self):
        self.source({"train.py": "import subprocess\nsubprocess.Popen(['sleep', '600'])\n"})
        self.assertEqual(self.run_job(), 0)


class Artifacts(Job):
    def test_both_archives_and_the_same_bytes_each_time(self):
        self.source({"train.py": """
            import os
            model, data = os.environ["SM_MODEL_DIR"], os.environ["SM_OUTPUT_DATA_DIR"]
            os.makedirs(model + "/b/c", exist_ok=True)
            for name in ("z", "b/y", "b/c/x", "a"): open(model + "/" + name, "w").write(name)
            open(model + "/serve", "w").write("#!/bin/sh")
            os.chmod(model + "/serve", 0o755)
            open(data + "/plot", "w").write("p")
            if not os.path.islink(model + "/link"): os.symlink("/etc/passwd", model + "/link")
        """})
        sums = []
        for _ in range(2):
            self.assertEqual(self.run_job(), 0)
            sums.append(hashlib.sha256((self.root / "artifacts/model.tar.gz").read_bytes()).hexdigest())
        self.assertEqual(sums[0], sums[1])
        # Nor does gzip's own header say when it was (RFC 1952: MTIME).
        self.assertEqual((self.root / "artifacts/model.tar.gz").read_bytes()[4:8], bytes(4))
        with tarfile.open(self.root / "artifacts/model.tar.gz") as tar:
            entries = tar.getmembers()
        self.assertEqual([entry.name for entry in entries], ["a", "b/c/x", "b/y", "serve", "z"])
        self.assertEqual({entry.name for entry in entries if entry.mode & stat.S_IXUSR}, {"serve"})
        self.assertEqual({(entry.uid, entry.mtime, entry.isreg()) for entry in entries}, {(0, 0, True)})
        self.assertEqual(self.packed("output.tar.gz"), {"plot": "p"})

    def test_nothing_is_no_archive(self):
        self.source({"train.py": ""})
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(list((self.root / "artifacts").iterdir()), [])

    def test_a_disk_that_is_full(self):
        self.source({"train.py": "import os\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('m')\n"
                                 "os.rmdir('../artifacts')\nos.symlink('/dev/full', '../artifacts')\n"})
        self.assertEqual(self.run_job(), 1)
        self.assertTrue(self.failure().startswith("AlgorithmError: "), self.failure())


class Commands(Job):
    """ContainerEntrypoint: run as it is."""

    def test_a_command_with_the_contract_around_it(self):
        self.channel("train", {"a": "x"})
        self.assertEqual(self.run_job("/bin/sh", "-c", 'pwd; cat "$SM_CHANNEL_TRAIN/a" >"$SM_MODEL_DIR/m"; echo "$0 $1"', "a b", "c"),
                         0)
        self.assertIn("/\na b c\n", self.written)
        self.assertEqual(self.packed("model.tar.gz"), {"m": "x"})

    def test_variables_of_a_script_are_not_there(self):
        self.assertEqual(self.run_job("env"), 0)
        self.assertIn("SM_MODEL_DIR=", self.written)
        self.assertNotIn("SM_USER_ENTRY_POINT", self.written)

    def test_it_fails_as_a_script_does(self):
        self.assertEqual(self.run_job("/bin/sh", "-c", "echo why >&2; exit 4"), 4)
        self.assertEqual(self.failure(), 'ExecuteUserScriptError:\nExitCode 4\nErrorMessage "why"\n'
                                         "Command \"/bin/sh -c 'echo why >&2; exit 4'\"")

    def test_a_program_that_is_not_there(self):
        self.assertEqual(self.run_job("no-such-program"), 1)
        self.assertIn("ClientError: ContainerEntrypoint: there is no program `no-such-program` here", self.failure())


def wheel(path, name, version):
    """The least that pip installs."""
    import zipfile
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path / f"{name}-{version}-py3-none-any.whl", "w") as out:
        out.writestr(f"{name}.py", f"VERSION = '{version}'\n")
        out.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{info}/RECORD", "")


class Requirements(Job):
    USES = "import os, weft_test_thing\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write(weft_test_thing.VERSION)\n"

    def test_what_is_installed_is_not_installed_again(self):
        self.source({"train.py": "", "requirements.txt": "# nothing\n"})
        self.assertEqual(self.run_job(), 0, self.written)
        self.assertIn("requirements.txt: all of it is installed", self.written)

    def test_what_is_missing_is_told(self):
        self.source({"train.py": "", "requirements.txt": "no-such-package-of-weft>=2\n"})
        self.assertEqual(self.run_job(PIP_NO_INDEX="1"), 1)
        self.assertTrue(self.failure().startswith(
            "ClientError: InstallRequirementsError: requirements.txt asks for what is not installed here: "
            "no-such-package-of-weft>=2."), self.failure())
        self.assertIn("put its wheels beside requirements.txt", self.failure())

    @unittest.skipUnless(have("pip"), "pip is not installed")
    def test_wheels_beside_the_script(self):
        self.put("code/train.py", self.USES)
        self.put("code/requirements.txt", "weft-test-thing==1.5\n")
        wheel(self.root / "code", "weft_test_thing", "1.5")
        self.hyperparameters = {"sagemaker_program": "train.py"}
        self.assertEqual(self.run_job(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.root / "code")), 0, self.written)
        self.assertEqual(self.packed("model.tar.gz"), {"m": "1.5"})
        self.assertTrue(list((self.root / "packages").rglob("weft_test_thing.py")))


if __name__ == "__main__":
    unittest.main()

"""Workers and hubs that are killed, memory and disks that end (faults 8 and 10): what Describe says stays true throughout."""
import os
import random
import signal
import threading
import time
import unittest
from datetime import datetime

import numpy as np
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from lib.aws import ENDED, ROLE, AwsCase, archive, eventually, new_name, unpack
from lib.data import csv, friedman, numbers
from lib.hub import only_weft
from lib.oracle import xgboost_model

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BOOST = {"objective": "reg:squarederror", "max_depth": "6", "eta": "0.05", "nthread": "1"}
# Long enough that there is a middle to be killed in.
ROUNDS = 1500
KILLS = int(os.environ.get("WEFT_ML_KILLS", "6"))


class Faulty(AwsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        x, y = friedman(2000)
        cls.rows = csv(x, y)
        cls.data = cls.put("rows.csv", cls.rows)
        cls.row = csv(x[:1])

    def true_to_itself(self, told):
        """What can be checked of a description without knowing what happened."""
        status, secondary = told["TrainingJobStatus"], told["SecondaryStatus"]
        steps = told["SecondaryStatusTransitions"]
        self.assertEqual(steps[-1]["Status"], secondary)
        for before, after in zip(steps, steps[1:]):
            self.assertIsInstance(before.get("EndTime"), datetime, before)
            self.assertLessEqual(before["EndTime"], after["StartTime"])
        if status in ENDED:
            self.assertIn(secondary, ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"))
            self.assertGreaterEqual(told.get("TrainingEndTime", told["LastModifiedTime"]), told["CreationTime"])
        if status == "Completed":
            self.assertTrue(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"])), "a model that is none")
            self.assertNotIn("FailureReason", told)
        if status == "Failed":
            self.assertTrue(told["FailureReason"])
        return told

    def training(self, *args, **kwargs):
        """The name of a job whose program has done some rounds."""
        name = self.start_job(*args, **kwargs)
        eventually(f"{name} trains", lambda: self.job(name)["SecondaryStatus"] == "Training" and self.lines_of(name), 60)
        return name

    def lines_of(self, name):
        try:
            return self.log_of(name)
        except ClientError:
            return []  # no group or no stream yet

    def worker_of(self, before):
        """The one program of ours that there was not."""
        return eventually("its worker runs", lambda: next(
            (pid for pid, words in self.hub.workers().items() if pid not in before and "weft-worker" in words), None), 20)

    def end_job(self, name):
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        return self.ended_job(name)


@only_weft
class Workers(Faulty):
    def test_one_that_is_killed_in_training(self):
        before = set(self.hub.workers())
        name = self.training({**BOOST, "num_round": 10**8}, {"train": self.data})
        os.kill(self.worker_of(before), signal.SIGKILL)
        told = self.true_to_itself(self.ended_job(name))
        self.assertEqual(told["TrainingJobStatus"], "Failed")
        self.assertIn("signal 9", told["FailureReason"])

    def test_one_that_is_killed_and_may_try_again(self):
        before = set(self.hub.workers())
        name = self.training({**BOOST, "num_round": ROUNDS}, {"train": self.data}, RetryStrategy={"MaximumRetryAttempts": 2})
        os.kill(self.worker_of(before), signal.SIGKILL)
        told = self.true_to_itself(self.ended_job(name, 180))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertIn("Restarting", [step["Status"] for step in told["SecondaryStatusTransitions"]])
        model = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"]
        self.assertEqual(model, xgboost_model(BOOST, ROUNDS, self.rows)["model"])

    def test_an_endpoint_whose_workers_die_one_after_the_other(self):
        told = self.trained({**BOOST, "num_round": 5}, {"train": self.data})
        before = set(self.hub.workers())
        name = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"]), 1.0, 2))
        runtime, good, bad = self.aws("sagemaker-runtime", config=self.once), 0, []
        for _ in range(4):
            os.kill(self.worker_of(before), signal.SIGKILL)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                began = time.monotonic()
                try:
                    numbers(runtime.invoke_endpoint(EndpointName=name, Body=self.row, ContentType="text/csv")["Body"].read())
                    good += 1
                except ClientError as error:
                    bad.append(error.response["Error"]["Code"])
                # Nobody waits for who is dead.
                self.assertLess(time.monotonic() - began, 5)
        self.assertGreater(good, 50)
        self.assertLessEqual(set(bad), {"ServiceUnavailable", "ModelError", "ModelNotReadyException", "InternalFailure"})
        self.assertEqual(self.settled(name)["EndpointStatus"], "InService")
        eventually("both are there again", lambda: self.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2, 20)


# A job without a model has no archive of one.
MODEL = "import os\nopen(os.environ['SM_MODEL_DIR'] + '/model', 'w').write('a model')\n"


@only_weft
class Memory(Faulty):
    """A worker that takes more than there is for it costs itself alone."""
    config = "ml: {memory: 512MiB}\n"

    def script(self, program):
        name = new_name("job")
        code = self.put(f"code/{name}/sourcedir.tar.gz", archive({"program.py": (MODEL + program).encode()}))
        self.aws("sagemaker").create_training_job(
            TrainingJobName=name, RoleArn=ROLE, AlgorithmSpecification={"TrainingImage": SKLEARN, "TrainingInputMode": "File"},
            HyperParameters={"sagemaker_program": '"program.py"', "sagemaker_submit_directory": f'"{code}"'},
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 120})
        return self.true_to_itself(self.ended_job(name, 90))

    def test_a_script_that_takes_all(self):
        told = self.script("rows = []\nwhile True:\n    rows.append(bytearray(16 * 2**20))\n    rows[-1][::4096] = b'x' * 4096\n")
        self.assertEqual(told["TrainingJobStatus"], "Failed")
        self.assertRegex(told["FailureReason"], "(?i)memory")
        # And the next is well.
        self.assertEqual(self.script("print('well')")["TrainingJobStatus"], "Completed")

    def test_data_larger_than_memory_lie_on_disk(self):
        """320 MiB of numbers, which libxgboost keeps as twice as much: on disk, not in the sandbox's own memory."""
        prefix, x = f"large/{new_name('data')}", np.random.default_rng(5).integers(0, 10, (20_000, 200))
        digits = np.insert(x, 0, x[:, 0] + x[:, 1], axis=1)
        rows = "".join(",".join(f"{value:03}" for value in row) + "\n" for row in digits)
        for part in range(20):
            self.put(f"{prefix}/{part}.csv", rows)
        name = self.start_job({"num_round": 2, "objective": "reg:squarederror", "tree_method": "hist"},
                              {"train": f"s3://{self.bucket}/{prefix}"})
        told = self.true_to_itself(self.ended_job(name, 120))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertIn("using external memory", "\n".join(self.log_of(name)))

    def test_one_that_makes_many_processes(self):
        """Bounded, since the machine is shared: each sleeps, and all of them end with the job."""
        told = self.script("import os, time\n"
                           "for _ in range(300):\n"
                           "    try:\n"
                           "        if os.fork() == 0:\n"
                           "            time.sleep(300)\n"
                           "    except OSError as error:\n"
                           "        print(error)\n"
                           "        break\n"
                           "os._exit(0)\n")
        self.assertIn(told["TrainingJobStatus"], ENDED)
        eventually("they ended too", lambda: not [words for words in self.hub.workers().values() if "program.py" in words], 20)


@only_weft
class Hubs(Faulty):
    """Kill -9 of weft itself."""

    def life(self):
        """The next one, on the same data."""
        self.hub.kill()
        eventually("what it had started ended with it", lambda: not self.orphans(), 20)
        self.hub.start()
        # Their connections were the last one's.
        self.clients.clear()

    def orphans(self):
        """Workers of this hub whose hub is gone: their folder is in their words, or they have the hub's for a parent."""
        out = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace")
            except (OSError, ValueError):
                continue
            if entry.isdigit() and str(self.folder) in words and "weft-worker" in words:
                out.append(words)
        return out

    def test_a_job_goes_on_from_its_checkpoint_with_the_same_model(self):
        name = self.training({**BOOST, "num_round": ROUNDS}, {"train": self.data})
        self.life()
        told = self.true_to_itself(self.job(name))
        self.assertEqual(told["TrainingJobStatus"], "InProgress")
        self.assertIn("Restarting", [step["Status"] for step in told["SecondaryStatusTransitions"]])
        told = self.true_to_itself(self.ended_job(name, 180))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        messages = " ".join(step["StatusMessage"] for step in told["SecondaryStatusTransitions"])
        self.assertIn("weft was restarted", messages)
        self.assertNotIn("may differ", messages)
        model = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"]
        self.assertEqual(model, xgboost_model(BOOST, ROUNDS, self.rows)["model"])

    def test_where_rows_are_sampled_it_says_that_the_model_may_differ(self):
        name = self.training({**BOOST, "num_round": ROUNDS, "subsample": "0.5"}, {"train": self.data})
        self.life()
        told = self.true_to_itself(self.ended_job(name, 180))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertIn("may differ", " ".join(step["StatusMessage"] for step in told["SecondaryStatusTransitions"]))

    def test_a_stop_that_was_acknowledged_is_kept(self):
        name = self.training({**BOOST, "num_round": 10**8}, {"train": self.data})
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        self.life()
        told = self.true_to_itself(self.ended_job(name))
        self.assertEqual(told["TrainingJobStatus"], "Stopped")

    def test_kills_at_any_moment(self):
        """Whatever was acknowledged is there, ends, and stays as it ended."""
        draw, kept, ended = random.Random(8), [], {}
        wanted = xgboost_model(BOOST, 40, self.rows)["model"]
        for _ in range(KILLS):
            for _ in range(3):
                kept.append(self.start_job({**BOOST, "num_round": 40}, {"train": self.data}))
            time.sleep(draw.uniform(0, 1.5))
            self.life()
            listed = {job["TrainingJobName"] for page in self.aws("sagemaker").get_paginator("list_training_jobs").paginate()
                      for job in page["TrainingJobSummaries"]}
            self.assertLessEqual(set(kept), listed)
            for name in kept:
                told = self.true_to_itself(self.job(name))
                if name in ended:
                    self.assertEqual(told, {**ended[name], "ResponseMetadata": told["ResponseMetadata"]})
                elif told["TrainingJobStatus"] in ENDED:
                    ended[name] = told
        for name in kept:
            told = self.true_to_itself(self.ended_job(name, 120))
            # A job in whose course weft died three times is given up, and says so.
            if told["TrainingJobStatus"] == "Failed":
                self.assertIn("died", told["FailureReason"])
                continue
            self.assertEqual(told["TrainingJobStatus"], "Completed")
            self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"], wanted)

    def test_endpoints_come_back(self):
        told = self.trained({**BOOST, "num_round": 5}, {"train": self.data})
        name = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"])))
        wanted = self.ask(name, self.row)
        self.life()
        status = self.aws("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"]
        self.assertIn(status, ("SystemUpdating", "InService"))
        self.assertEqual(self.settled(name)["EndpointStatus"], "InService")
        self.assertEqual(self.ask(name, self.row), wanted)

    def test_killed_during_updates(self):
        """One of the two configurations answers afterwards, and Describe says which."""
        sagemaker, draw = self.aws("sagemaker"), random.Random(9)
        answers, configs = {}, []
        for rounds in (5, 50):
            told = self.trained({**BOOST, "num_round": rounds}, {"train": self.data})
            configs.append(self.endpoint_config(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"]))))
        name = new_name("endpoint")
        for config in configs:
            call = sagemaker.create_endpoint if config == configs[0] else sagemaker.update_endpoint
            call(EndpointName=name, EndpointConfigName=config)
            self.settled(name)
            answers[config] = self.ask(name, self.row)
        self.addCleanup(self.forget_endpoint, name)
        self.assertNotEqual(*answers.values())
        for at in range(KILLS):
            sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=configs[at % 2])
            time.sleep(draw.uniform(0, 0.6))
            self.life()
            told = self.settled(name, 60)
            self.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
            self.assertEqual(self.ask(name, self.row), answers[told["EndpointConfigName"]])
            if told["EndpointConfigName"] != configs[at % 2]:
                # It was taken back; the same can be asked for again.
                sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=configs[at % 2])
                self.assertEqual(self.settled(name, 60)["EndpointConfigName"], configs[at % 2])

    def test_a_deletion_that_was_acknowledged_is_kept(self):
        told = self.trained({**BOOST, "num_round": 5}, {"train": self.data})
        name = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"])))
        self.aws("sagemaker").delete_endpoint(EndpointName=name)
        self.life()

        def gone():
            try:
                self.aws("sagemaker").describe_endpoint(EndpointName=name)
                return False
            except ClientError as error:
                return error.response["Error"]["Code"] == "ValidationException"
        eventually("it is gone", gone, 20)

    def test_an_upload_that_was_cut_off_is_no_object(self):
        s3, big = self.aws("s3", config=self.once), b"x" * (64 * 1024 * 1024)
        failed = []

        def upload():
            try:
                s3.put_object(Bucket=self.bucket, Key="cut", Body=big)
            except (ClientError, EndpointConnectionError, HTTPClientError) as error:
                failed.append(error)
        sending = threading.Thread(target=upload)
        sending.start()
        time.sleep(0.05)
        self.life()
        sending.join()
        listed = self.aws("s3").list_objects_v2(Bucket=self.bucket, Prefix="cut").get("Contents", [])
        # Either all of it was taken, or there is none.
        self.assertEqual([each["Size"] for each in listed], [] if failed else [len(big)])


@only_weft
class Disk(Faulty):
    """A disk that is full: what has to be kept is refused, what was promised is kept, and it ends when there is room again."""

    def test_full(self):
        sagemaker = self.aws("sagemaker")
        told = self.trained({**BOOST, "num_round": 5}, {"train": self.data})
        endpoint = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"])))
        running = self.training({**BOOST, "num_round": 10**8}, {"train": self.data})
        self.hub.limit_files((self.hub.data / "weft.db-wal").stat().st_size + 100_000)
        try:
            kept, refused = self.fill()
            self.assertIn(refused.response["Error"]["Code"], ("ResourceLimitExceeded", "ServiceUnavailable", "InternalFailure"), refused)
            self.assertRegex(refused.response["Error"]["Message"], "(?i)disk|space|full|storage")
            # What does not have to be kept goes on.
            self.assertTrue(numbers(self.ask(endpoint, self.row)))
            self.assertEqual(self.job(running)["TrainingJobStatus"], "InProgress")
            with self.assertRaises(ClientError):
                self.aws("s3").put_object(Bucket=self.bucket, Key="large", Body=b"x" * 30_000_000)
        finally:
            self.hub.limit_files(-1)
        eventually("objects are kept again", lambda: self.put("large", b"x" * 1000), 10)
        listed = {job["TrainingJobName"] for page in sagemaker.get_paginator("list_training_jobs").paginate()
                  for job in page["TrainingJobSummaries"]}
        self.assertEqual(listed & {refused.name}, set(), "what was refused is there")
        self.assertLessEqual(set(kept), listed)
        self.assertEqual(self.true_to_itself(self.end_job(running))["TrainingJobStatus"], "Stopped")
        for name in kept:
            # Its program may have met the full disk: then it failed and says why.
            self.true_to_itself(self.ended_job(name, 120))
        self.assertEqual(self.trained({**BOOST, "num_round": 2}, {"train": self.data})["TrainingJobStatus"], "Completed")

    def fill(self):
        """(jobs that were taken, the error of the first that was not)."""
        kept = []
        for _ in range(200):
            name = new_name("fill")
            much = {f"V{at}": "x" * 500 for at in range(40)}
            try:
                kept.append(self.start_job({**BOOST, "num_round": 1}, {"train": self.data}, name=name, Environment=much))
            except ClientError as error:
                error.name = name
                return kept, error
        raise AssertionError("the disk was not filled")


if __name__ == "__main__":
    unittest.main()

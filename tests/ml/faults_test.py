"""Workers and hubs that are killed, memory and disks that end (faults 8 and 10): what Describe says stays true throughout."""
import concurrent.futures
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest
from datetime import datetime
from pathlib import Path

import numpy as np
from botocore.exceptions import ClientError, EndpointConnectionError, EventStreamError, HTTPClientError

from lib.aws import ENDED, ROLE, AwsCase, archive, eventually, new_name, unpack
from lib.callers import NAMED, Callers, Hammer, Waiting, ask_once, report, runtime_client
from lib.data import csv, friedman, numbers
from lib.hub import WEFT, only_weft
from lib.oracle import xgboost_model
from lib.traced import STRACE, Traced
from lib.waits import PATIENCE

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BLAZINGTEXT = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
BOOST = {"objective": "reg:squarederror", "max_depth": "6", "eta": "0.05", "nthread": "1"}
# Long enough that there is a middle to be killed in.
ROUNDS = 1500
KILLS = int(os.environ.get("WEFT_ML_KILLS", "6"))
# Deaths in a row after which a worker is started again only half a minute later.
DEATHS = 5
# What weft may lose of a job that keeps no checkpoints for its owner, and what a busy machine adds to it.
OWN_CHECKPOINTS_S = 10


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
        self.addCleanup(self.forget_job, name)
        eventually(f"{name} trains", lambda: self.job(name)["SecondaryStatus"] == "Training" and self.lines_of(name), 60)
        return name

    def lines_of(self, name):
        try:
            return self.log_of(name)
        except ClientError:
            return []  # no group or no stream yet

    def workers(self, before=()):
        """The programs of ours that there were not."""
        return {pid for pid, words in self.hub.workers().items() if pid not in before and "weft-worker" in words}

    def worker_of(self, before):
        return eventually("its worker runs", lambda: min(self.workers(before), default=None), 20)

    def script_job(self, program, hyperparameters=None, name=None, **more):
        """The name of a job that runs a program of the user's own."""
        name = name or new_name("job")
        code = self.put(f"code/{name}/sourcedir.tar.gz", archive({"program.py": program}))
        request = self.job_request({"sagemaker_program": '"program.py"', "sagemaker_submit_directory": f'"{code}"',
                                    **(hyperparameters or {})}, {}, name=name, **more)
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        self.aws("sagemaker").create_training_job(**request)
        self.addCleanup(self.forget_job, name)
        return name

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

    def end_job(self, name):
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        return self.ended_job(name)


def steps_in(told):
    """Of a job's description: the words of each time that it was begun again."""
    return [step["StatusMessage"] for step in told["SecondaryStatusTransitions"] if step["Status"] == "Restarting"]


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


class Served(Faulty):
    """Two models whose answers differ, and what an endpoint may answer while its workers die."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("true_to_itself")
        cls.rows_asked = csv(friedman(500, seed=11)[0])
        cls.models = []
        for rounds in (5, 50):
            told = case.trained({**BOOST, "num_round": rounds}, {"train": cls.data})
            cls.models.append(case.model(told["ModelArtifacts"]["S3ModelArtifacts"]))
        cls.answers = []
        for model in cls.models:
            # Not case.serving(): nobody would clean up after it.
            name = new_name("endpoint")
            cls.aws("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=case.endpoint_config(("all", model)))
            case.assertEqual(case.settled(name)["EndpointStatus"], "InService")
            cls.answers.append(case.ask(name, cls.rows_asked))
            cls.aws("sagemaker").delete_endpoint(EndpointName=name)
        case.assertEqual([len(numbers(each)) for each in cls.answers], [500, 500])
        case.assertNotEqual(*cls.answers)

    def one_worker(self, model=None, *, instances=1):
        """(an endpoint, its workers)."""
        before = set(self.hub.workers())
        name = self.serving(("all", model or self.models[0], 1.0, instances))
        pids = self.workers(before)
        self.assertEqual(len(pids), instances)
        return name, pids

    def is_answered(self, name, seconds=20):
        """The first good answer."""
        runtime = runtime_client()

        def good():
            answer = ask_once(runtime, name, self.rows_asked)
            if not answer.good:
                self.assertIn(answer.code, NAMED, answer.message)
            return answer.body
        return eventually(f"{name} answers", good, seconds)

    def true_answers(self, answers, wanted):
        """Each was answered, and those that were answered well say what one of the models says."""
        self.assertEqual([each for each in answers if each.good and each.body not in wanted], [], "a false success")
        self.assertEqual({each.code for each in answers if not each.good} - NAMED, set(),
                         [each for each in answers if not each.good and each.code not in NAMED][:3])


@only_weft
class Deaths(Served):
    def test_the_only_worker_dies(self):
        """What it was asked and what it is asked from then on is refused at once, and never as if it were well."""
        before = set(self.hub.workers())
        name, _ = self.one_worker()
        asked, next_ones = [], []
        for death in range(1, DEATHS + 1):
            self.assertEqual(self.is_answered(name), self.answers[0])
            (worker,) = self.workers(before)
            # Requests that it has and that it cannot have answered.
            os.kill(worker, signal.SIGSTOP)
            waiting = Waiting(name, self.rows_asked, 8)
            time.sleep(0.5)
            self.assertEqual(waiting.answers, [])
            runtime = runtime_client()
            died = time.monotonic()
            os.kill(worker, signal.SIGKILL)
            answer = ask_once(runtime, name, self.rows_asked)
            answers = waiting.all()
            self.true_answers([answer, *answers], self.answers[:1])
            for each in answers:
                self.assertFalse(each.good, "answered by who was stopped")
                self.assertRegex(each.message, "signal 9|connection to the model's program ended")
                asked.append(each.ended - died)
            next_ones.append(answer.ended - died)
            self.assertLess(max(asked + next_ones), 5 * PATIENCE)
        report("requests of a worker that is killed, from its death to their answer", asked, 100)
        report("the first request after it", next_ones, 100)
        # Half a minute in which there is nobody.
        runtime, refused = runtime_client(), []
        for _ in range(50):
            refused.append(ask_once(runtime, name, self.rows_asked))
            self.assertEqual(refused[-1].code, "ServiceUnavailable", refused[-1])
        report("a request to an endpoint without a worker", [each.ended - each.began for each in refused], 100)
        told = self.settled(name)
        self.assertEqual((told["EndpointStatus"], told["ProductionVariants"][0]["CurrentInstanceCount"]), ("InService", 0))
        self.assertEqual(self.is_answered(name, 60), self.answers[0])

    def test_one_of_two_dies(self):
        """The other answers: but for what the dead one had been asked, nobody notices."""
        before = set(self.hub.workers())
        name, workers = self.one_worker(instances=2)
        stays = max(workers)
        bad_for = []
        with Callers(name, self.rows_asked, 6) as callers:
            for death in range(1, DEATHS + 1):
                worker = self.worker_of(before | {stays})
                eventually("both answer", lambda: self.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2, 20)
                time.sleep(0.2)
                died, seen = time.monotonic(), len(callers.answers)
                os.kill(worker, signal.SIGKILL)
                # The last time it is not started again for half a minute.
                time.sleep(3 if death == DEATHS else 0.5)
                after = callers.answers[seen:]
                late = [each for each in after if not each.good and each.began > died]
                bad_for.append(max((each.ended - died for each in after if not each.good), default=0.0))
                # As many as there are callers, once each, may have come to the dead one before that was known.
                self.assertLessEqual(len(late), 6, late)
            alone = [each for each in after if each.began > died + 1]
            self.assertGreater(len(alone), 20)
            self.assertEqual([each for each in alone if not each.good], [])
            self.assertEqual(self.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"], 1)
            self.assertIn(stays, self.workers(before))
        self.true_answers(callers.answers, self.answers[:1])
        report("from the death of one of two workers to the last answer that is an error", bad_for, 100)
        eventually("both are there again", lambda: self.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2, 60)

    def test_kills_at_any_moment_of_an_inference(self):
        """Under load: what it was busy with is told to be lost, or was answered well; nothing is answered by half."""
        before, draw, lost = set(self.hub.workers()), random.Random(81), 0
        many = self.rows_asked * 20
        for _ in range(KILLS):
            name, _ = self.one_worker()
            wanted = self.ask(name, many)
            self.assertEqual(numbers(wanted), numbers(self.answers[0]) * 20)
            with Callers(name, many, 8) as callers:
                time.sleep(draw.uniform(0.3, 0.6))
                os.kill(self.worker_of(before), signal.SIGKILL)
                self.assertEqual(self.is_answered(name), self.answers[0])
            self.true_answers(callers.answers, [wanted])
            self.assertTrue([each for each in callers.answers if each.good])
            lost += sum(each.code == "ModelError" for each in callers.answers)
            self.aws("sagemaker").delete_endpoint(EndpointName=name)
            eventually("it is gone", lambda: not self.workers(before), 20)
        self.assertGreater(lost, 0, "nobody was disturbed")


# Long in coming.
SLOW = b"import time\n\n\ndef model_fn(model_dir):\n    print('loads', flush=True)\n    time.sleep(%d)\n"


@only_weft
class Swaps(Served):
    """UpdateEndpoint while workers are killed."""

    def setUp(self):
        self.before = set(self.hub.workers())
        self.name, _ = self.one_worker(self.models[0])
        self.configs = [self.aws("sagemaker").describe_endpoint(EndpointName=self.name)["EndpointConfigName"],
                        self.endpoint_config(("all", self.models[1]))]
        self.now = 0

    def swap(self, kill):
        """Whether the update came about, where KILL(workers of before) is done in its course, beside the call itself."""
        old, wanted = self.workers(self.before), 1 - self.now
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            killed = beside.submit(kill, old)
            self.aws("sagemaker").update_endpoint(EndpointName=self.name, EndpointConfigName=self.configs[wanted])
            killed.result()
        told = self.settled(self.name, 60)
        self.assertEqual(told["EndpointStatus"], "InService", told.get("FailureReason"))
        came = told["EndpointConfigName"] == self.configs[wanted]
        if came:
            self.assertNotIn("FailureReason", told)
            self.now = wanted
        else:
            self.assertEqual(told["EndpointConfigName"], self.configs[self.now])
            self.assertIn("taken back", told["FailureReason"])
            self.assertIn("signal 9", told["FailureReason"])
        # Whoever answers is of the configuration that is told.
        self.assertEqual(self.is_answered(self.name), self.answers[self.now])
        eventually("what went is gone", lambda: len(self.workers(self.before)) == 1, 20)
        return came

    def test_no_caller_sees_an_update(self):
        """Nobody is killed: whoever asks in the course of many is answered, and well, down to the moment of the change."""
        with Hammer(self.url, self.name, self.row) as hammer:
            for at in range(5 * KILLS):
                wanted = self.configs[(at + 1) % 2]
                self.aws("sagemaker").update_endpoint(EndpointName=self.name, EndpointConfigName=wanted)
                told = self.settled(self.name)
                self.assertEqual((told["EndpointStatus"], told["EndpointConfigName"]), ("InService", wanted))
        self.assertEqual(hammer.bad[:3], [], f"{len(hammer.bad)} requests beside {hammer.good} that were answered well")
        self.assertGreater(hammer.good, 1000)
        print(f"  {hammer.good} requests in the course of {5 * KILLS} updates", flush=True)

    def test_the_new_worker_is_killed(self):
        draw, came = random.Random(82), []
        with Callers(self.name, self.rows_asked, 4) as callers:
            for at in range(2 * KILLS):
                def kill(old, at=at):
                    worker = eventually("the new worker runs", lambda: min(self.workers(self.before | old), default=None), 20, every=0)
                    time.sleep(draw.uniform(0, 0.1) * (at % 3))
                    try:
                        os.kill(worker, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                came.append(self.swap(kill))
        print(f"  new worker killed: {sum(came)} updates came about, {len(came) - sum(came)} were taken back", flush=True)
        self.true_answers(callers.answers, self.answers)
        self.assertGreater(len({each.body for each in callers.answers if each.good}), sum(came) > 0)

    def test_the_old_worker_is_killed(self):
        draw, came = random.Random(83), []
        with Callers(self.name, self.rows_asked, 4) as callers:
            for at in range(2 * KILLS):
                def kill(old, at=at):
                    time.sleep(draw.uniform(0, 0.1) * (at % 3))
                    for worker in old:
                        try:
                            os.kill(worker, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
                came.append(self.swap(kill))
        self.true_answers(callers.answers, self.answers)
        # The new one has nothing to do with it.
        self.assertEqual(came, [True] * len(came))
        self.assertEqual({each.body for each in callers.answers if each.good}, set(self.answers))

    def test_both_are_killed(self):
        draw = random.Random(84)
        with Callers(self.name, self.rows_asked, 4) as callers:
            for _ in range(KILLS):
                def kill(_):
                    time.sleep(draw.uniform(0, 0.25))
                    for worker in self.workers(self.before):
                        try:
                            os.kill(worker, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
                self.swap(kill)
        self.true_answers(callers.answers, self.answers)

    def test_a_new_worker_that_is_killed_while_it_loads(self):
        """Surely before it can be asked: taken back, with the reason, and nobody was told anything but the old model's word."""
        uri = self.put(f"slow/{new_name('m')}.tar.gz", archive({"code/inference.py": SLOW % 60}))
        self.configs[1] = self.endpoint_config(("all", self.model(uri, SKLEARN)))
        with Callers(self.name, self.rows_asked, 4) as callers:
            def kill(old):
                worker = self.worker_of(self.before | old)
                time.sleep(1)
                self.assertEqual(self.aws("sagemaker").describe_endpoint(EndpointName=self.name)["EndpointStatus"], "Updating")
                os.kill(worker, signal.SIGKILL)
            self.assertFalse(self.swap(kill))
        self.assertEqual([each for each in callers.answers if each.body != self.answers[0]], [])
        self.assertGreater(len(callers.answers), 20)


@only_weft
class Servers(Served):
    """Programs of the user's own."""

    def served(self, who=""):
        files = {"code/inference.py": (SCRIPTS / "streams.py").read_bytes(), "who": who.encode()}
        return self.model(self.put(f"streams/{new_name('m')}.tar.gz", archive(files)), SKLEARN)

    def broken_off(self, name, worker, pieces=3, **more):
        """What came of an answer whose worker is killed after some pieces."""
        stream = self.aws("sagemaker-runtime").invoke_endpoint_with_response_stream(
            EndpointName=name, Body=b"count", ContentType="application/octet-stream", **more)
        if "TargetVariant" in more:
            self.assertEqual(stream["InvokedProductionVariant"], more["TargetVariant"])
        said = []
        with self.assertRaises(EventStreamError) as caught:
            for event in stream["Body"]:
                said.append(event["PayloadPart"]["Bytes"])
                if len(said) == pieces:
                    os.kill(worker, signal.SIGKILL)
        error = caught.exception.response["Error"]
        self.assertIn(error["Code"], ("ModelStreamError", "InternalStreamFailure"), error)
        self.assertRegex(str(caught.exception), "signal 9|connection to the model's program ended")
        # What came is the beginning of it, without a gap.
        lines = b"".join(said).split(b"\n")
        self.assertEqual([int(line) for line in lines[:-1]], list(range(len(lines) - 1)))
        self.assertGreaterEqual(len(said), pieces)

    def test_an_answer_in_pieces_whose_worker_is_killed(self):
        before, draw = set(self.hub.workers()), random.Random(85)
        name = self.serving(("all", self.served()))
        for at in range(min(KILLS, DEATHS - 1)):
            eventually("it answers", lambda: ask_once(runtime_client(), name, b"x").body == b"said x", 20)
            self.broken_off(name, self.worker_of(before), 1 if at == 0 else draw.randrange(2, 300))

    def test_of_a_variant_that_was_asked_for(self):
        before = set(self.hub.workers())
        name = self.serving(*((variant, self.served(variant)) for variant in ("one", "other")))
        # What each of them has for a model.
        of = {Path(f"/proc/{pid}/root/opt/ml/model/who").read_text(): pid for pid in self.workers(before)}
        self.assertEqual(set(of), {"one", "other"})
        for variant in ("one", "other"):
            self.broken_off(name, of[variant], 5, TargetVariant=variant)
            eventually("it answers", lambda: ask_once(runtime_client(), name, b"x", TargetVariant=variant).body == b"said x", 20)
        # The first of them is another by now, and the second's stream was the second's alone.
        self.assertEqual(len(self.workers(before)), 2)

    def test_the_other_of_two_is_not_disturbed(self):
        """One answer in pieces breaks off, another goes on meanwhile."""
        before = set(self.hub.workers())
        names = []
        for _ in range(2):
            seen = set(self.hub.workers())
            names.append((self.serving(("all", self.served())), self.workers(seen)))
        (well, _), (dies, (worker,)) = names
        stream = iter(self.aws("sagemaker-runtime").invoke_endpoint_with_response_stream(
            EndpointName=well, Body=b"count", ContentType="application/octet-stream")["Body"])
        said = [next(stream)["PayloadPart"]["Bytes"] for _ in range(5)]
        self.broken_off(dies, worker, 20)
        said += [next(stream)["PayloadPart"]["Bytes"] for _ in range(200)]
        stream.close()
        lines = b"".join(said).split(b"\n")
        self.assertEqual([int(line) for line in lines[:-1]], list(range(len(lines) - 1)))
        self.assertEqual(len(self.workers(before)), 2)

    def hanging(self, **environment):
        uri = self.put(f"hangs/{new_name('m')}.tar.gz", archive({"code/server.py": (SCRIPTS / "own_server.py").read_bytes()}))
        return self.model(uri, SKLEARN, SAGEMAKER_SERVE_COMMAND="/usr/bin/python3 server.py", SAGEMAKER_STARTUP_TIMEOUT="4", **environment)

    def test_a_server_whose_ping_is_never_answered(self):
        """The endpoint fails with that for its reason, in its time; an update to it is taken back; others go on."""
        before = set(self.hub.workers())
        other, _ = self.one_worker()
        # The same one can answer.
        self.assertEqual(ask_once(runtime_client(), self.serving(("all", self.hanging())), b"x").body, b"said x")
        running = self.workers(before)
        with Callers(other, self.rows_asked, 2) as callers:
            began = time.monotonic()
            name = self.start_endpoint(("all", self.hanging(HOW="never")))
            time.sleep(1)
            self.assertEqual(self.aws("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"], "Creating")
            # As SageMaker has it of an endpoint that is being made.
            self.assertEqual(ask_once(runtime_client(), name, b"x").code, "ValidationError")
            told = self.settled(name, 20)
            self.assertGreaterEqual(time.monotonic() - began, 4)
            self.assertEqual(told["EndpointStatus"], "Failed")
            self.assertRegex(told["FailureReason"], "GET /ping on port 8080 was not answered with 200 within 4 s.*no answer")
            config = self.aws("sagemaker").describe_endpoint(EndpointName=other)["EndpointConfigName"]
            self.aws("sagemaker").update_endpoint(EndpointName=other, EndpointConfigName=self.endpoint_config(
                ("all", self.hanging(HOW="never"))))
            told = self.settled(other, 30)
            self.assertEqual((told["EndpointStatus"], told["EndpointConfigName"]), ("InService", config))
            self.assertIn("GET /ping", told["FailureReason"])
        self.assertEqual([each for each in callers.answers if each.body != self.answers[0]], [])
        self.assertGreater(len(callers.answers), 50)
        eventually("its programs are gone", lambda: self.workers(before) == running, 60)


# A job without a model has no archive of one.
MODEL = "import os\nopen(os.environ['SM_MODEL_DIR'] + '/model', 'w').write('a model')\n"


@only_weft
class Memory(Faulty):
    """A worker that takes more than there is for it costs itself alone."""
    config = "ml: {memory: 512MiB}\n"

    def script(self, program):
        return self.true_to_itself(self.ended_job(self.script_job((MODEL + program).encode()), 90))

    def test_a_script_that_takes_all(self):
        told = self.script("rows = []\nwhile True:\n    rows.append(bytearray(16 * 2**20))\n    rows[-1][::4096] = b'x' * 4096\n")
        self.assertEqual(told["TrainingJobStatus"], "Failed")
        self.assertRegex(told["FailureReason"], "(?i)memory")
        # And the next is well.
        self.assertEqual(self.script("print('well')")["TrainingJobStatus"], "Completed")

    def test_a_server_that_takes_all(self):
        """On one request, once as a script and once as a server of the user's own: it ends, who asked is told that it was memory,
        another endpoint never notices, and it comes back."""
        told = self.trained({**BOOST, "num_round": 5}, {"train": self.data})
        other = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"])))
        wanted = self.ask(other, self.row)
        for file, name, environment in (("streams.py", "inference.py", {}),
                                        ("own_server.py", "server.py", {"SAGEMAKER_SERVE_COMMAND": "/usr/bin/python3 server.py"})):
            with self.subTest(file):
                before = set(self.hub.workers())
                uri = self.put(f"eats/{file}.tar.gz", archive({f"code/{name}": (SCRIPTS / file).read_bytes()}))
                eater = self.serving(("all", self.model(uri, SKLEARN, **environment)))
                hub = self.hub.process.pid
                worker = self.workers(before)
                with Callers(other, self.row, 2) as callers:
                    answer = ask_once(runtime_client(), eater, b"eat")
                    self.assertEqual(answer.code, "ModelError", answer)
                    # Who waits is not kept waiting for a word that comes late: then it is in the log.
                    self.assertRegex(answer.message, "(?i)memory|connection to the model's program ended")

                    def again():
                        said = ask_once(runtime_client(), eater, b"x")
                        if not said.good:
                            self.assertIn(said.code, NAMED, said)
                        return said.body
                    self.assertEqual(eventually("it comes back", again, 20), b"said x")
                self.assertEqual([each for each in callers.answers if each.body != wanted], [])
                self.assertGreater(len(callers.answers), 20)
                self.assertEqual(worker & self.workers(before), set())
                self.assertEqual((self.hub.process.pid, self.hub.process.poll()), (hub, None))
                self.assertEqual(self.settled(eater)["EndpointStatus"], "InService")

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

    @unittest.skipUnless(STRACE, "there is no strace")
    def test_one_that_is_killed_as_it_starts_a_program(self):
        """What it forked has not become the program yet, and holds the lock, the port and the socket of the dead for a moment."""
        name = new_name("job")
        traced = Traced(self.hub.process.pid, self.folder / "trace", ("prctl",), hold=("prctl", 0.7))
        self.start_job({**BOOST, "num_round": 40}, {"train": self.data}, name=name)
        eventually("it has forked", lambda: [words for words in self.hub.workers().values() if words.startswith(WEFT)], 20, every=0)
        self.life()
        traced.end()
        self.assertEqual(self.true_to_itself(self.ended_job(name))["TrainingJobStatus"], "Completed")

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


def rounds_in(lines):
    """Of a log of XGBoost's: for each time it was begun, the round it says it resumes from (0: from none), and the rounds it did."""
    out = []
    for line in lines:
        if line.startswith("Train matrix has"):
            out.append((0, []))
        elif match := re.match(r"Resuming from iteration (\d+)$", line):
            out[-1] = (int(match[1]), [])
        elif match := re.match(r"\[(\d+)\]#011", line):
            out[-1][1].append(int(match[1]))
    return out


def steps_of(lines):
    """The same of scripts/checkpoints.py."""
    out = []
    for line in lines:
        if match := re.match(r"begins at (\d+)$", line):
            out.append((int(match[1]), []))
        elif match := re.match(r"step (\d+)$", line):
            out[-1][1].append(int(match[1]))
    return out


@only_weft
class Checkpoints(Faulty):
    """Where a job goes on after a kill: at its last checkpoint, which its log shows."""

    def kill_worker(self, before):
        os.kill(self.worker_of(before), signal.SIGKILL)

    def goes_on(self, runs, lost_max, last):
        """Each life of a program but the first begins at what the one before had kept, and does what it says."""
        for (_, before), (first, done) in zip(runs, runs[1:]):
            self.assertGreater(first, 0, "from nothing")
            # The end of a log may be lost with weft, of its checkpoints nothing is.
            self.assertGreaterEqual(first, before[-1] + 1 - lost_max)
            self.assertEqual(done[0], first)
        for first, done in runs:
            self.assertEqual(done, list(range(done[0], done[-1] + 1)))
        self.assertEqual(runs[0][1][0], 0)
        self.assertEqual(runs[-1][1][-1], last)

    def test_xgboost_with_a_place_for_them(self):
        """One after each round."""
        place = new_name("checkpoints")
        more = {"RetryStrategy": {"MaximumRetryAttempts": 2}, "CheckpointConfig": {"S3Uri": f"s3://{self.bucket}/{place}"}}
        before = set(self.hub.workers())
        name = self.training({**BOOST, "num_round": ROUNDS}, {"train": self.data}, **more)
        self.kill_worker(before)
        eventually("it goes on", lambda: len(rounds_in(self.log_of(name))) == 2 and len(rounds_in(self.log_of(name))[1][1]) > 5, 30)
        self.life()
        told = self.true_to_itself(self.ended_job(name, 180))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertEqual(len(steps_in(told)), 2)
        runs = rounds_in(self.log_of(name))
        self.assertEqual(len(runs), 3)
        # Killed between a round's line and its checkpoint, that one is done again.
        self.goes_on(runs, 1, ROUNDS - 1)
        model = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"]
        self.assertEqual(model, xgboost_model(BOOST, ROUNDS, self.rows)["model"])
        # The last of them is in the store, whole, and what a new job begins with.
        name = self.start_job({**BOOST, "num_round": ROUNDS + 5}, {"train": self.data}, **more)
        self.assertEqual(self.ended_job(name)["TrainingJobStatus"], "Completed")
        self.assertEqual(rounds_in(self.log_of(name)), [(ROUNDS, list(range(ROUNDS, ROUNDS + 5)))])

    def test_xgboost_without(self):
        """Weft's own, every ten seconds: no more than that is done twice."""
        before = set(self.hub.workers())
        name = self.training({**BOOST, "max_depth": 1, "num_round": 10**8}, {"train": self.data}, RetryStrategy={"MaximumRetryAttempts": 1})
        began = time.monotonic()
        times = []
        while time.monotonic() < began + OWN_CHECKPOINTS_S + 3:
            times.append((time.monotonic(), rounds_in(self.log_of(name))[0][1][-1]))
            time.sleep(0.5)
        killed = time.monotonic()
        self.kill_worker(before)
        eventually("it goes on", lambda: len(rounds_in(self.log_of(name))) == 2 and rounds_in(self.log_of(name))[1][1], 30)
        self.life()
        eventually("it goes on", lambda: len(rounds_in(self.log_of(name))) == 3 and rounds_in(self.log_of(name))[2][1], 30)
        told = self.true_to_itself(self.end_job(name))
        self.assertEqual(told["TrainingJobStatus"], "Stopped")
        runs = rounds_in(self.log_of(name))
        self.goes_on(runs, 10**9, runs[-1][1][-1])
        (_, first), (second_from, _), (third_from, _) = runs
        self.assertLessEqual(second_from, first[-1] + 1)
        self.assertGreaterEqual(third_from, second_from)
        # What was done before the interval began is not done again.
        earlier = [round for at, round in times if at < killed - OWN_CHECKPOINTS_S - 2]
        self.assertTrue(earlier)
        self.assertGreaterEqual(second_from, earlier[-1])

    def script_with_checkpoints(self, folder):
        place, before = new_name("checkpoints"), set(self.hub.workers())
        config = {"S3Uri": f"s3://{self.bucket}/{place}"}
        if folder != "/opt/ml/checkpoints":
            config["LocalPath"] = folder
        name = self.script_job((SCRIPTS / "checkpoints.py").read_bytes(), {"folder": f'"{folder}"', "steps": 150},
                               RetryStrategy={"MaximumRetryAttempts": 2}, CheckpointConfig=config)
        eventually("it counts", lambda: any(done for _, done in steps_of(self.lines_of(name))), 60)
        time.sleep(0.5)
        return name, place, before

    def test_a_script(self):
        """In the place where SageMaker has them, and in one of its own."""
        for folder in ("/opt/ml/checkpoints", "/opt/ml/kept/here"):
            with self.subTest(folder):
                name, place, before = self.script_with_checkpoints(folder)
                self.kill_worker(before)
                eventually("it goes on", lambda: len(steps_of(self.log_of(name))) == 2 and steps_of(self.log_of(name))[1][1], 30)
                time.sleep(0.5)
                self.life()
                told = self.true_to_itself(self.ended_job(name, 120))
                self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
                runs = steps_of(self.log_of(name))
                self.assertEqual(len(runs), 3)
                # Its checkpoint comes before its line.
                self.goes_on(runs, 0, 149)
                self.assertEqual(self.get(f"s3://{self.bucket}/{place}/step"), b"149")
                self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"])), {"model": b"counted to 150"})

    def test_what_keeps_none_begins_anew_and_says_so(self):
        """BlazingText has no checkpoints: nobody is told that it went on from one."""
        text = "\n".join(f"__label__{at % 2} word{at % 7} word{at % 11} word{at % 13}" for at in range(5000))
        request = self.job_request({"mode": "supervised", "epochs": 300, "vector_dim": 50},
                                   {"train": (self.put("text.txt", text), "text/plain")})
        request["AlgorithmSpecification"]["TrainingImage"] = BLAZINGTEXT
        before = set(self.hub.workers())
        self.aws("sagemaker").create_training_job(**request)
        name = request["TrainingJobName"]
        self.addCleanup(self.forget_job, name)
        self.worker_of(before)
        eventually("it trains", lambda: self.job(name)["SecondaryStatus"] == "Training")
        self.life()
        told = self.true_to_itself(self.ended_job(name, 180))
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertIn("model.bin", unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"])))
        (said,) = steps_in(told)
        self.assertIn("weft was restarted", said)
        self.assertNotIn("last checkpoint", said)

    def test_one_that_had_kept_none_yet_says_so(self):
        """XGBoost within the first ten seconds."""
        name = self.training({**BOOST, "num_round": 10**8}, {"train": self.data})
        self.life()
        eventually("it begins again", lambda: len(rounds_in(self.log_of(name))) == 2 and rounds_in(self.log_of(name))[1][1], 30)
        told = self.true_to_itself(self.end_job(name))
        self.assertEqual(rounds_in(self.log_of(name))[1][0], 0)
        (said,) = steps_in(told)
        self.assertNotIn("last checkpoint", said)


# Of fsync, rename, ...: those of a model on its way into the store, where each may be the last.
CALLS = ("fsync", "rename", "mkdir", "unlink")
# No job does more of one of them.
CALLS_MAX = 30


@only_weft
@unittest.skipUnless(STRACE, "there is no strace")
class Archives(Faulty):
    """No half model: whatever is killed between its first byte and its last fsync, the store has all of it or nothing."""
    rounds = 200

    def held(self):
        """(a job whose worker is stopped in the middle, that worker)."""
        before = set(self.hub.workers())
        name = self.start_job({**BOOST, "num_round": self.rounds}, {"train": self.data})
        self.addCleanup(self.forget_job, name)
        worker = self.worker_of(before)
        self.addCleanup(self.go_on, worker)
        os.kill(worker, signal.SIGSTOP)
        eventually(f"{name} trains", lambda: self.job(name)["SecondaryStatus"] == "Training", 5)
        return name, worker

    def go_on(self, worker):
        try:
            os.kill(worker, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def models_of(self, name):
        listed = self.aws("s3").list_objects_v2(Bucket=self.bucket, Prefix=f"models/{name}/").get("Contents", [])
        return {each["Key"].rsplit("/", 1)[1]: self.get(f"s3://{self.bucket}/{each['Key']}") for each in listed}

    def whole(self, name, wanted):
        """Whether there is a model; it is as it has to be, or there is none."""
        found = self.models_of(name)
        self.assertLessEqual(set(found), {"model.tar.gz"})
        for packed in found.values():
            self.assertEqual(unpack(packed), {"xgboost-model": wanted})
        return bool(found)

    def on_disk(self, name, wanted):
        """The same of the dead hub's folder: no file of that name where objects lie has other bytes."""
        for path in (self.hub.data / "objects").rglob("model.tar.gz"):
            if name in path.parts:
                self.assertEqual(unpack(path.read_bytes()), {"xgboost-model": wanted}, path)

    def test_a_hub_that_is_killed_at_each_step(self):
        wanted, seen = xgboost_model(BOOST, self.rounds, self.rows)["model"], {}
        for call in CALLS:
            for number in range(1, CALLS_MAX):
                with self.subTest(call=call, number=number):
                    name, worker = self.held()
                    traced = Traced(self.hub.process.pid, self.folder / "trace", CALLS, kill_at=(call, number))
                    self.go_on(worker)
                    eventually("the hub is killed, or the job ends", lambda: self.hub.process.poll() is not None or self.over(name), 30)
                    traced.end()
                    killed = self.killed()
                    if killed:
                        self.on_disk(name, wanted)
                        self.life()
                        there = self.whole(name, wanted)
                        seen[there] = seen.get(there, 0) + 1
                        self.true_to_itself(self.job(name))
                    told = self.true_to_itself(self.ended_job(name, 60))
                    self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
                    self.assertTrue(self.whole(name, wanted))
                if not killed:
                    break
            else:
                self.fail(f"more than {CALLS_MAX} of {call}")
        print(f"  killed {seen.get(False, 0)} times before the model had its name, {seen.get(True, 0)} times after", flush=True)
        # Both sides of the one moment were seen.
        self.assertGreater(seen.get(False, 0), 3)
        self.assertGreater(seen.get(True, 0), 0)

    def killed(self):
        """Whether the hub is; one that does its last step as the job ends is given the moment that dying takes."""
        try:
            self.assertEqual(self.hub.process.wait(0.5), -signal.SIGKILL)
            return True
        except subprocess.TimeoutExpired:
            return False

    def over(self, name):
        try:
            return self.job(name)["TrainingJobStatus"] in ENDED
        except (ClientError, EndpointConnectionError, HTTPClientError):
            return False  # its death is seen next

    def test_the_order_of_what_is_done(self):
        """Write, fsync, rename, fsync of the folder, and only then the event that names it."""
        name, worker = self.held()
        calls = (*CALLS, "fdatasync", "write", "pwrite64")
        traced = Traced(self.hub.process.pid, self.folder / "trace", calls, text_bytes=8192)
        os.kill(worker, signal.SIGCONT)
        self.assertEqual(self.ended_job(name)["TrainingJobStatus"], "Completed")
        lines = traced.end()

        def find(what, call, *words, after=-1):
            for at, (_, did, given) in enumerate(lines):
                if at > after and did == call and all(word in given for word in words):
                    return at
            raise AssertionError(f"not seen: {what}")
        named = find("the model gets its name", "rename", f"{name}/output/model.tar.gz")
        draft = re.match(r'"([^"]+)"', lines[named][2])[1]
        self.assertNotIn(f"{name}/output/model.tar.gz", draft)
        written = find("its bytes", "write", f"<{draft}>")
        synced = find("the fsync of its bytes", "fsync", f"<{draft}>")
        folder = find("the fsync of its folder", "fsync", f"{name}/output>", after=named)
        self.assertLess(written, synced)
        self.assertLess(synced, named)
        self.assertEqual([at for at, (_, did, given) in enumerate(lines) if did == "write" and f"<{draft}>" in given and at > synced], [])
        # The journal's writes that have the model's name in them.
        told = [at for at, (_, did, given) in enumerate(lines)
                if did == "pwrite64" and "weft.db" in given and f"{name}/output/model.tar.gz" in given]
        self.assertTrue(told, "nobody wrote down where it is")
        self.assertGreater(told[0], folder)

    def test_kills_while_it_uploads(self):
        """A larger one, and no look at what is done: somewhere in the copying."""
        draw, seen = random.Random(86), {}
        program = (b"import os, random\n"
                   b"open(os.environ['SM_MODEL_DIR'] + '/xgboost-model', 'wb').write(random.Random(5).randbytes(48 << 20))\n")
        wanted = random.Random(5).randbytes(48 << 20)
        for at in range(KILLS):
            name = self.script_job(program)
            eventually("it uploads", lambda: self.job(name)["SecondaryStatus"] in ("Uploading", "Completed"), 60, every=0.005)
            time.sleep(draw.uniform(0, 0.1) * (at % 3))
            self.hub.kill()
            self.on_disk(name, wanted)
            self.life()
            there = self.whole(name, wanted)
            seen[there] = seen.get(there, 0) + 1
            told = self.true_to_itself(self.ended_job(name, 120))
            self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
            self.assertTrue(self.whole(name, wanted))
        print(f"  killed {seen.get(False, 0)} times before the model had its name, {seen.get(True, 0)} times after", flush=True)

    def test_a_worker_that_is_killed_while_it_packs(self):
        """What it has packed by then is no model: without a retry there is none."""
        text = "\n".join(f"__label__{at % 2} " + " ".join(f"w{(at * 31 + word) % 50_000}" for word in range(10)) for at in range(5000))
        data = self.put("many-words.txt", text)
        parts = []
        for _ in range(2):
            before = set(self.hub.workers())
            request = self.job_request({"mode": "supervised", "epochs": 1, "vector_dim": 400, "word_ngrams": 2, "buckets": 50_000,
                                        "min_count": 1}, {"train": (data, "text/plain")})
            request["AlgorithmSpecification"]["TrainingImage"] = BLAZINGTEXT
            self.aws("sagemaker").create_training_job(**request)
            name = request["TrainingJobName"]
            self.addCleanup(self.forget_job, name)
            worker = self.worker_of(before)

            def packs(name=name):
                for path in self.hub.data.rglob("artifacts/*"):
                    try:
                        if name in path.parts and path.stat().st_size > 1_000_000:
                            return True
                    except FileNotFoundError:
                        continue
                return False
            eventually("it packs", packs, 120, every=0.005)
            os.kill(worker, signal.SIGKILL)
            told = self.true_to_itself(self.ended_job(name, 60))
            self.assertEqual(told["TrainingJobStatus"], "Failed")
            self.assertIn("signal 9", told["FailureReason"])
            parts.append(name)
        for name in parts:
            for key, packed in self.models_of(name).items():
                try:
                    self.assertIn("model.bin", unpack(packed))
                except (EOFError, OSError) as error:
                    self.fail(f"{key} of {name} is half a model, {len(packed)} bytes of it: {error!r}")


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

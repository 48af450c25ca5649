"""A mosquitto of the test's own, and vehicles that answer through mosquitto's clients: nothing here is weft's code."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
from harness import eventually, free_port  # noqa: E402


class Broker:
    def __init__(self, *lines, port=None):
        self.folder = tempfile.mkdtemp(prefix="weft-mqtt-")
        self.port = port or free_port()
        self.config = Path(self.folder) / "mosquitto.conf"
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", *(lines or ["allow_anonymous true"])]) + "\n")
        # Where the test runs as root, mosquitto would become another user that cannot read this folder.
        os.chmod(self.folder, 0o755)
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["mosquitto", "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("the broker listens", lambda: self.takes_connections())

    def takes_connections(self):
        probe = subprocess.run(["mosquitto_sub", "-V", "5", "-p", str(self.port), "-t", "$SYS/broker/version", "-C", "1", "-W", "1"],
                               capture_output=True)
        said = probe.stderr.lower() + probe.stdout.lower()
        return probe.returncode == 0 or b"not authori" in said or b"denied" in said

    def configure(self, *lines):
        """What it runs with from its next start on."""
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "allow_anonymous true", *lines]) + "\n")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def say(self, topic, payload, *words, retain=False):
        """Publishes with mosquitto_pub."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode() if not isinstance(payload, str) else payload.encode()
        subprocess.run(["mosquitto_pub", "-V", "5", "-p", str(self.port), "-q", "1", "-t", topic, "-s", *(["-r"] if retain else []), *words],
                       input=data, check=True, timeout=20)


class Vehicles:
    """Answers what is asked on city/…, as its argument `do` says."""

    def __init__(self, broker):
        self.broker = broker
        self.heard = []
        self.held = []
        self.lock = threading.Lock()
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-V", "5", "-p", str(self.broker.port), "-q", "1", "-t", "city/taxi/#", "-t", "city/tell/#", "-t", "city/ready",
             "-F", "%j"], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True).start()

        def ready():
            self.broker.say("city/ready", "now")
            return any(m["topic"] == "city/ready" for m in self.heard)
        self.heard = []
        eventually("the vehicles listen", ready)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def read(self, lines):
        try:
            for line in lines:
                message = json.loads(line)
                self.heard.append(message)
                threading.Thread(target=self.answer, args=(message,), daemon=True).start()
        except ValueError:
            pass  # the pipe was closed under it

    def messages(self, topic):
        return [m for m in self.heard if m["topic"] == topic]

    def reply(self, request, payload, status=None, *words):
        told = request["properties"]
        more = ["-D", "publish", "user-property", "status", status] if status else []
        if not isinstance(payload, (str, bytes)):
            more += ["-D", "publish", "content-type", "application/json"]
        self.broker.say(told["response-topic"], payload, "-D", "publish", "correlation-data", told["correlation-data"], *more, *words)

    def answer(self, message):
        if not message["topic"] in ("city/taxi/ride", "city/taxi/check"):
            return
        user = message["properties"].get("user-properties", {})
        if "answer" in user:
            return self.reply(message, {"door": message["payload"], "answer": user["answer"]})
        do = json.loads(message["payload"])["do"]
        getattr(self, "do_" + do)(message)

    def do_ride(self, m):
        self.reply(m, {"vehicle": "car-7"})

    def do_progress(self, m):
        self.reply(m, {"message": "looking for a car", "near": 3}, "working")
        self.reply(m, {"message": "car 7 takes it"}, "accepted")
        self.reply(m, {"message": "car 7 is there", "vehicle": "car-7"}, "done")

    def do_fail(self, m):
        self.reply(m, {"message": "no car is free tonight"}, "failed")

    def do_reject(self, m):
        self.reply(m, {"message": "we do not drive there"}, "rejected")

    def do_limit(self, m):
        self.reply(m, {"message": "one ride at a time", "reason": "rate_limited"}, "failed")

    def do_ask(self, m):
        self.reply(m, {"message": "Which door?"}, "input-required")
        self.reply(m, {"message": "Which door?"}, "input-required")

    def do_silent(self, m):
        pass

    def do_stall(self, m):
        self.reply(m, {"message": "looking for a car"}, "working")

    def do_hold(self, m):
        with self.lock:
            self.held.append(m)

    def do_twice(self, m):
        wrong = {**m, "properties": {**m["properties"], "correlation-data": "nobody"}}
        self.reply(wrong, {"vehicle": "of-someone-else"})
        self.reply(m, {"vehicle": "car-7"})
        self.reply(m, {"vehicle": "car-8"})

    def do_words(self, m):
        self.reply(m, "on its way")

    def do_broken(self, m):
        self.reply(m, "{\"vehicle\":", None, "-D", "publish", "content-type", "application/json")

    def do_bytes(self, m):
        self.reply(m, b"\xff\x00\xfe")

    def do_big(self, m):
        self.reply(m, json.dumps({"map": "x" * (2 * 1024 * 1024)}))

    def do_busy(self, m):
        self.reply(m, {"status": "busy", "step": 1})
        self.reply(m, {"status": "ok", "step": 2})


def until_said(vehicles, topic, count=1):
    return eventually(f"{count} on {topic}", lambda: len(vehicles.messages(topic)) >= count and vehicles.messages(topic))


def at_once(*works):
    """Runs each in a thread of its own; their results, in order."""
    results = [None] * len(works)

    def one(index):
        results[index] = works[index]()
    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    return threads, results

"""The twin of a conversation that is not disturbed: the hub is killed at any moment of it, and it must come to the same.

Public dialogues (SGD's dev part, beside the checkout) over their own services, which are REST here: a scripted person says what the recorded
one said and answers what the concierge asks. Each dialogue is led twice, once in peace, once with kill -9 at a random moment. With services
that honour a key (`dedup`) both come to the same effects; with others nothing is ever done twice, and what nobody can know is said."""
import json
import os
import random
import signal
import sys
import tarfile
import threading
import time
import unittest
from pathlib import Path

from harness import Case, Hub, Server, Service, eventually

DATA = Path(__file__).resolve().parents[3] / "shared/data/sgd"
LACKING = 77
COUNT = int(os.environ.get("WEFT_TWINS", "12"))
NOW = "2019-03-01T09:00"
TURNS_MAX = 14


def services():
    return {s["service_name"]: s for s in json.loads((DATA / "dev_schema.json").read_text())}


def operation(service, intent):
    slots = {slot["name"]: slot for slot in service["slots"]}
    properties = {}
    for name in [*intent["required_slots"], *intent["optional_slots"]]:
        properties[name] = {"type": "string", "description": slots[name]["description"]}
        if slots[name]["is_categorical"]:
            properties[name]["enum"] = slots[name]["possible_values"]
    out = {"operationId": intent["name"], "summary": intent["description"], "responses": {"200": {"description": "done"}}}
    required = intent["required_slots"]
    if intent["is_transactional"]:
        properties["request_id"] = {"type": "string", "description": "A key: what comes twice with it is done once"}
        schema = {"type": "object", "properties": properties, "required": required}
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        return {"post": out}
    out["parameters"] = [{"name": key, "in": "query", "required": key in required, "schema": value}
                         for key, value in properties.items()]
    return {"get": out}


class Backend(Service):
    """All services; `effects` are what was done, in order, once for each key where keys are honoured."""

    def do_GET(self):
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[-1] == "openapi.json":
            service = self.server.services[parts[0]]
            paths = {f"/{parts[0]}/{intent['name']}": operation(service, intent) for intent in service["intents"]}
            return self.reply(200, {"openapi": "3.1.0", "info": {"title": parts[0], "description": service["description"], "version": "1"},
                                    "servers": [{"url": self.server.url}], "paths": paths})
        return self.reply(200, {"found": 1})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path.endswith("openapi.json"):
            return self.reply(404, {"message": "a document is all there is here"})
        key = body.pop("request_id", None)
        with self.server.lock:
            if not (self.server.honours and key in self.server.keys):
                self.server.effects.append((self.path.strip("/"), json.dumps(body, sort_keys=True)))
            self.server.keys.add(key)
        # So that it can be killed between what was done and what is heard of it.
        time.sleep(self.server.takes)
        return self.reply(200, {"done": True})


class Person:
    """What the recorded person wanted and said."""

    def __init__(self, dialogue):
        self.openings, self.saying = [], {}
        for turn in dialogue["turns"]:
            if turn["speaker"] != "USER":
                continue
            for frame in turn["frames"]:
                for action in frame["actions"]:
                    if action["act"] == "INFORM_INTENT":
                        self.openings.append((frame["service"], action["values"][0], turn["utterance"]))
                    elif action["act"] == "INFORM" and action["values"]:
                        self.saying.setdefault(action["slot"], action["values"][0])

    def answer(self, asks, wanted):
        if "skills" in asks:
            return str(asks["skills"].index(wanted) + 1) if wanted in asks["skills"] else "never mind"
        said = [self.saying[slot] for slot in asks.get("slots", []) if slot in self.saying]
        return " and ".join(said) if said else "never mind"


def dialogues(count):
    with tarfile.open(DATA / "dev_dialogues.tar.xz") as packed:
        members = sorted(name for name in packed.getnames() if "dialogues_" in name)
        out = []
        for name in members:
            out += [Person(each) for each in json.load(packed.extractfile(name))[:max(1, count // 4)]]
            if len(out) >= count:
                break
    return out[:count]


class Twin(Case):
    def setUp(self):
        super().setUp()
        self.services = services()
        self.people = dialogues(COUNT)
        self.used = sorted({service for person in self.people for service, _, _ in person.openings})

    def backend(self, honours):
        out = Server(Backend)
        out.services, out.honours, out.lock, out.takes = self.services, honours, threading.Lock(), 0.01
        out.effects, out.keys = [], set()
        self.addCleanup(out.end)
        return out

    def config(self, backend, honours):
        lines = ["solutions:"]
        for name in self.used:
            lines += [f"  - name: {name.lower().replace('_', '-')}", f"    url: {backend.url}/{name}/openapi.json", "    protocol: openapi"]
            keyed = [intent["name"] for intent in self.services[name]["intents"] if intent["is_transactional"]]
            if honours and keyed:
                lines.append("    dedup: {" + ", ".join(f"{each}: request_id" for each in keyed) + "}")
        return "\n".join(lines) + "\n"

    def life(self, configured):
        hub = Hub(self.folder, config=configured)
        hub.has_joined(*(name.lower().replace("_", "-") for name in self.used), "concierge")
        return hub

    def tell(self, hub, task):
        """The task as it waits, or as it ended."""
        def still():
            done = hub.run("task", "show", task, "--json")
            shown = json.loads(done.stdout) if done.returncode in (0, 4) and done.stdout else {"state": "?"}
            return shown if shown["state"] in ("ask", "completed", "failed", "canceled") else None
        return eventually(f"task {task} waits or is over", still)

    def tasks(self):
        return [each["id"] for each in json.loads(self.hub.run("task", "ls", "--json").stdout)["tasks"]]

    def begin_wish(self, opening, disturbed):
        """The task that asks something; nothing when all was said without a question."""
        before = self.tasks()
        done = disturbed(lambda: self.hub.run("ask", opening, "--now", NOW, "--json"))
        begun = [each for each in self.tasks() if each not in before]
        if not begun and done is None:
            # It was killed before it had heard anything; the person says it again.
            self.hub.run("ask", opening, "--now", NOW, "--json")
            begun = [each for each in self.tasks() if each not in before]
        return begun[0] if begun else None

    def lead(self, person, configured, draw):
        """One conversation; gives its states, and with `draw` the hub is killed once in it."""
        states = []
        moment = draw.randrange(0, 4) if draw else -1
        turn = 0

        def disturbed(act):
            nonlocal turn
            turn += 1
            if turn - 1 != moment:
                return act()
            thread = threading.Thread(target=act)
            thread.start()
            time.sleep(draw.uniform(0, 0.08))
            self.hub.stop(signal.SIGKILL)
            thread.join()
            self.hub = self.life(configured)
            return None

        for service, intent, opening in person.openings:
            wanted = f"{service.lower().replace('_', '-')}/{intent}"
            task = self.begin_wish(opening, disturbed)
            if task is None:
                continue
            for _ in range(TURNS_MAX):
                shown = self.tell(self.hub, task)
                if shown["state"] != "ask":
                    break
                item = shown["ask"]["items"]["question"]
                asks = item.get("raw", {}).get("asks", {})
                words = "yes" if item["message"].startswith("Shall I") or "\nShall I" in item["message"] else person.answer(asks, wanted)
                disturbed(lambda: self.hub.run("task", "answer", task, words, "--json"))  # noqa: B023 (called at once)
                again = self.tell(self.hub, task)
                if again["state"] == "ask" and again.get("updated") == shown.get("updated"):
                    # The answer was lost with the hub: the question is still there, and is answered again.
                    self.hub.run("task", "answer", task, words, "--json")
            if self.tell(self.hub, task)["state"] == "ask":
                # The person gives it up.
                self.hub.run("task", "cancel", task)
            shown = self.tell(self.hub, task)
            states.append(json.dumps(shown.get("result", shown), sort_keys=True))
        return states

    def both(self, honours):
        """For each dialogue the effects in peace, those with a kill, and what was said then."""
        draw = random.Random(20)
        out = []
        backend = self.backend(honours)
        configured = self.config(backend, honours)
        self.hub = self.life(configured)
        for person in self.people:
            effects = []
            for dice in (None, draw):
                backend.effects = []
                said = self.lead(person, configured, dice)
                effects.append(list(backend.effects))
            out.append((*effects, said))
        self.hub.stop()
        return out

    def test_with_keys_it_comes_to_the_same(self):
        for peace, killed, said in self.both(honours=True):
            self.assertEqual(killed, peace, said)

    def test_without_keys_nothing_is_done_twice(self):
        unknown = 0
        for peace, killed, said in self.both(honours=False):
            for effect in set(killed):
                self.assertLessEqual(killed.count(effect), peace.count(effect), (effect, said))
            if killed != peace:
                unknown += 1
                self.assertIn("is not known", " ".join(said))
        print(f"  of {len(self.people)} conversations the outcome of a call was unknown in {unknown}", flush=True)


if __name__ == "__main__":
    if not DATA.exists():
        print("the public dialogues are not beside the checkout")
        sys.exit(LACKING)
    unittest.main(verbosity=2)

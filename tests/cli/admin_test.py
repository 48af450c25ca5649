"""The admin API over its socket: tasks and their events, reloading, metrics, its own document."""
import json
import re
import unittest

from harness import Case, UnixConnection, eventually

LABELS = r'\{(\w+="(?:\\.|[^"\\\n])*"(?:,\w+="(?:\\.|[^"\\\n])*")*)\}'
SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:{LABELS})? (-?[0-9.e+-]+|NaN|[+-]Inf)")


def prometheus(text):
    """{family: {"type", "samples": {labels: value}}} of the text format 0.0.4; strict."""
    assert text.endswith("\n"), text
    families, now = {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert name not in families and words, line
            now = families[name] = {"type": None, "samples": {}}
        elif line.startswith("# TYPE "):
            told, kind = line[7:].split(" ")
            assert told == name and now["type"] is None and not now["samples"], line
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            now["type"] = kind
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample and sample[1] == name, line
            labels = tuple(sorted(re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', sample[2] or "")))
            assert labels not in now["samples"], line
            now["samples"][labels] = float(sample[3])
    return families


class Events:
    """Server-sent events of one request, as they come."""

    def __init__(self, hub, path, headers=None):
        self.connection = UnixConnection(hub.data / "weft.sock")
        self.connection.request("GET", path, headers=headers or {})
        self.response = self.connection.getresponse()

    def next(self):
        """(id, event, data) or None at the end."""
        fields = {}
        for line in iter(self.response.readline, b""):
            line = line.decode().rstrip("\r\n")
            if not line and fields:
                return fields.get("id"), fields.get("event"), json.loads(fields["data"])
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
        return None

    def all(self):
        try:
            return list(iter(self.next, None))
        finally:
            self.connection.close()


class Admin(Case):
    def get(self, path, status=200):
        got, headers, text = self.hub.ask("GET", path)
        self.assertEqual(got, status, text)
        self.assertEqual(headers["Content-Type"], "application/json")
        return json.loads(text)

    def post(self, path, body=None, status=200):
        got, _, text = self.hub.ask("POST", path, body, {"Content-Type": "application/json"})
        self.assertEqual(got, status, text)
        return json.loads(text)

    def asking(self, more=""):
        hub = self.start(config=f"solutions:\n  - name: clock\n    url: {self.url}\n    approval: {{add: hub}}\n{more}")
        hub.has_joined("clock")
        return hub

    def parked(self):
        called = self.hub.run("call", "clock/add", "a=2", "b=40", "--json")
        self.assertEqual(called.returncode, 4)
        return json.loads(called.stdout)

    def test_tasks_are_listed_by_pages_states_and_contexts(self):
        self.asking()
        self.assertEqual(self.get("/admin/v1/tasks"), {"tasks": [], "total": 0, "next_page_token": ""})
        made = [self.parked() for _ in range(3)]
        self.post(f"/admin/v1/tasks/{made[0]['id']}/cancel")
        seen, token = [], ""
        for left in (2, 1):
            page = self.get(f"/admin/v1/tasks?limit=2&page_token={token}")
            self.assertEqual((len(page["tasks"]), page["total"]), (left, 3))
            seen += [task["id"] for task in page["tasks"]]
            token = page["next_page_token"]
        self.assertEqual(token, "")
        self.assertEqual(set(seen), {task["id"] for task in made})
        times = [task["updated"] for task in self.get("/admin/v1/tasks")["tasks"]]
        self.assertEqual(times, sorted(times, reverse=True))
        waiting = self.get("/admin/v1/tasks?state=ask")
        self.assertEqual({task["id"] for task in waiting["tasks"]}, {made[1]["id"], made[2]["id"]})
        self.assertEqual(self.get("/admin/v1/tasks?state=canceled")["total"], 1)
        one = self.get(f"/admin/v1/tasks?context={made[1]['context']}")
        self.assertEqual([task["id"] for task in one["tasks"]], [made[1]["id"]])
        self.assertEqual(self.get("/admin/v1/tasks?context=none")["tasks"], [])
        self.assertIn("`asleep`", self.get("/admin/v1/tasks?state=asleep", 400)["error"]["message"])

    def test_a_task_shows_answers_and_refuses(self):
        self.asking()
        task = self.parked()
        path = f"/admin/v1/tasks/{task['id']}"
        self.assertEqual(self.get(path)["ask"], task["ask"])
        self.assertEqual(self.post(f"{path}/answer", {"action": "perhaps"}, 400)["error"]["reason"], "invalid_argument")
        self.assertIn("approve", self.post(f"{path}/answer", {"answers": {"other": {"text": "yes"}}}, 400)["error"]["message"])
        self.assertEqual(self.get(path)["state"], "ask")
        self.post(f"{path}/answer", {"answers": {"approve": {"text": "yes"}}})
        ended = eventually("it ended", lambda: (now := self.get(path))["state"] == "completed" and now)
        self.assertIn('"sum": 42', json.dumps(ended["end"]))
        self.assertEqual(self.post(f"{path}/cancel", status=409)["error"]["reason"], "not_cancelable")
        self.assertEqual(self.post(f"{path}/answer", {"text": "yes"}, 400)["error"]["reason"], "unsupported")
        for wrong in ("/admin/v1/tasks", path, f"{path}/events", f"{path}/nothing"):
            self.assertEqual(self.post(wrong, {}, 400)["error"]["reason"], "unsupported", wrong)
        for unknown in ("/admin/v1/tasks/none", "/admin/v1/tasks/none/events"):
            self.assertEqual(self.get(unknown, 404)["error"]["reason"], "task_not_found", unknown)

    def test_events_of_a_task_live_and_again(self):
        hub = self.asking()
        task = self.parked()
        path = f"/admin/v1/tasks/{task['id']}/events"
        live = Events(hub, path)
        self.assertEqual(live.response.status, 200)
        self.assertIn("text/event-stream", live.response.getheader("Content-Type"))
        first = live.next()
        self.assertEqual((first[1], first[2]["items"]), ("ask", task["ask"]["items"]))
        self.post(f"/admin/v1/tasks/{task['id']}/answer", {"text": "yes"})
        events = [first, *live.all()]
        self.assertEqual([event[1] for event in events].count("end"), 1)
        self.assertEqual(events[-1][1], "end")
        self.assertIn('"sum": 42', json.dumps(events[-1][2]))
        numbers = [int(event[0]) for event in events]
        self.assertEqual(numbers, sorted(set(numbers)))
        for _, kind, data in events:
            self.assertEqual(kind, data["type"])
        self.assertEqual(Events(hub, path).all(), events)
        self.assertEqual(Events(hub, path, {"Last-Event-ID": first[0]}).all(), events[1:])
        self.assertEqual(Events(hub, f"{path}?after={first[0]}").all(), events[1:])
        self.assertEqual(Events(hub, f"{path}?after={numbers[-1] + 5}").all(), [])

    def test_a_reload_says_what_it_did(self):
        hub = self.start(config="solutions: []\n")
        file = hub.folder / "weft.yaml"
        file.write_text(f"keys: {{required: true}}\nsolutions:\n  - name: clock\n    url: {self.url}\n")
        told = self.post("/admin/v1/reload")["reloaded"]
        self.assertIn("`keys.required` takes effect at the next start", told)
        # It answers when what is configured was tried.
        self.assertEqual({s["id"] for s in self.get("/admin/v1/solutions")["solutions"]} - {"concierge"}, {"clock"})
        self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 0)
        file.write_text("solutions:\n  - name: clock\n    uri: http://127.0.0.1:1\n")
        error = self.post("/admin/v1/reload", status=400)["error"]
        self.assertEqual(error["reason"], "invalid_argument")
        self.assertIn("weft.yaml:", error["message"])
        self.assertIn("weft check -c", error["message"])
        self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 0)
        self.assertEqual(self.get("/admin/v1/reload", 400)["error"]["reason"], "unsupported")

    def test_a_hub_without_a_configuration_cannot_reload(self):
        self.start()
        error = self.post("/admin/v1/reload", status=400)["error"]
        self.assertIn("without a configuration file", error["message"])

    def metrics(self):
        status, headers, text = self.hub.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return prometheus(text)

    def test_metrics_count_what_happens(self):
        hub = self.start()
        empty = self.metrics()
        self.assertEqual(empty["weft_solutions"]["samples"], {(): 0})
        hub.run("add", self.url, "--as", "clock")
        clock = (("protocol", "openapi"), ("solution", "clock"))
        values = lambda: {name: family["samples"].get(clock) for name, family in self.metrics().items() if name != "weft_solutions"}
        self.assertEqual(values(), {"weft_calls_total": 0, "weft_call_failures_total": 0, "weft_calls_running": 0, "weft_solution_up": 1})
        self.assertEqual({name: family["type"] for name, family in self.metrics().items()},
                         {"weft_calls_total": "counter", "weft_call_failures_total": "counter", "weft_calls_running": "gauge",
                          "weft_solution_up": "gauge", "weft_solutions": "gauge"})
        for words, exit in ((["add", "a=1", "b=1"], 0), (["add", "a=1", "b=2"], 0), (["fail"], 5)):
            self.assertEqual(hub.run("call", f"clock/{words[0]}", *words[1:]).returncode, exit)
        self.assertEqual(values(), {"weft_calls_total": 3, "weft_call_failures_total": 1, "weft_calls_running": 0, "weft_solution_up": 1})
        call = self.begin_waiting()
        self.assertEqual(values()["weft_calls_running"], 1)
        self.assertEqual(values()["weft_calls_total"], 4)
        self.server.go.set()
        call.communicate(timeout=10)
        self.assertEqual((values()["weft_calls_total"], values()["weft_calls_running"]), (4, 0))

    def test_metrics_show_what_is_down(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        self.server.end()
        for _ in range(3):
            self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 5)
        families = self.metrics()
        up = {dict(labels)["solution"]: value for labels, value in families["weft_solution_up"]["samples"].items()}
        self.assertEqual(up, {"clock": 0, "concierge": 1})
        self.assertEqual(families["weft_solutions"]["samples"], {(): 2})

    def test_the_document_names_what_there_is(self):
        self.asking()
        document = self.get("/admin/v1/openapi.json")
        self.assertTrue(document["openapi"].startswith("3.1"))
        for path, item in document["paths"].items():
            for method in item:
                if method == "delete" or path.endswith(("/call", "/keys", "/solutions", "/sentences", "/test", "/approvals/{id}")) and method == "post":
                    continue  # what they need is tested by the commands
                status, _, text = self.hub.ask(method.upper(), path.replace("{id}", "none"), {} if method == "post" else None)
                self.assertNotIn("nothing is served", text)
                self.assertIn(status, (200, 404), f"{method} {path}: {text}")
                if "{id}" in path:
                    self.assertEqual((status, json.loads(text)["error"]["code"]), (404, json.loads(text)["error"]["code"]))


if __name__ == "__main__":
    unittest.main()

"""Calls that wait for an approval: exit 4, the task, its answer; for people and with --json."""
import json
import re
import unittest

from harness import Case, Hub


class Approvals(Case):
    def approving(self, approval="{add: hub, fail: hub}"):
        hub = self.start(config=f"solutions:\n  - name: clock\n    url: {self.url}\n    approval: {approval}\n")
        hub.has_joined("clock")
        self.server.asked.clear()
        return hub

    def parked(self, *words):
        """The id of the task that a call became."""
        called = self.hub.run("call", *(words or ["clock/add", "a=2", "b=40"]), "--json")
        self.assertEqual(called.returncode, 4, called.stdout + called.stderr)
        return self.document(called)["id"]

    def test_a_call_that_needs_an_approval_waits_as_a_task(self):
        hub = self.approving()
        called = hub.run("call", "clock/add", "a=2", "b=40")
        self.assertEqual(called.returncode, 4, called.stderr)
        self.assertIn("Allow `clock/add`", called.stdout)
        self.assertIn('"b":40', called.stdout)
        task = re.search(r"the call waits as task (\w+)\n", called.stderr).group(1)
        self.assertIn(f"weft task answer {task}", called.stderr)
        listed = hub.run("task", "ls")
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        self.assertRegex(listed.stdout, rf"{task} +clock/add +ask ")
        shown = hub.run("task", "show", task)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(f"{task}  clock/add  ask\nasks: Allow `clock/add`", shown.stdout)
        self.assertIn(f"next: weft task answer {task}", shown.stderr)
        self.assertEqual(self.server.asked, [])
        answered = hub.run("task", "answer", task, "yes")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertIn(f"{task}  clock/add  completed\n", answered.stdout)
        self.assertIn('{"sum":42}\n', answered.stdout)
        self.assertEqual(self.server.asked, ["/add/2?b=40"])
        self.assertIn('{"sum":42}\n', hub.run("task", "show", task).stdout)
        again = hub.run("task", "answer", task, "yes")
        self.assertEqual((again.returncode, again.stdout), (1, ""))
        self.assertIn("completed", again.stderr)
        self.assertEqual(self.server.asked, ["/add/2?b=40"])

    def test_the_same_with_json(self):
        hub = self.approving()
        called = hub.run("call", "clock/add", "a=2", "b=40", "--json")
        self.assertEqual(called.returncode, 4)
        task = self.document(called)
        self.assertEqual((task["solution"], task["skill"], task["state"]), ("clock", "add", "ask"))
        self.assertEqual(task["ask"]["items"]["approve"]["raw"]["arguments"], {"a": 2, "b": 40})
        listed = hub.run("task", "ls", "--json")
        self.assertEqual(listed.returncode, 0)
        self.assertEqual([(t["id"], t["state"]) for t in self.document(listed)["tasks"]], [(task["id"], "ask")])
        shown = hub.run("task", "show", task["id"], "--json")
        self.assertEqual((shown.returncode, self.document(shown)["ask"]), (0, task["ask"]))
        answered = hub.run("task", "answer", task["id"], "approve=true", "--json")
        ended = self.document(answered)
        self.assertEqual((answered.returncode, ended["state"]), (0, "completed"))
        self.assertIn('"sum": 42', json.dumps(ended["end"]))
        self.assertEqual(self.document(hub.run("task", "show", task["id"], "--json")), ended)
        again = hub.run("task", "answer", task["id"], "yes", "--json")
        self.assertEqual(again.returncode, 1)
        self.assertEqual(self.document(again)["error"]["reason"], "unsupported")

    def test_a_declined_call_is_exit_1_and_does_not_reach_the_solution(self):
        hub = self.approving()
        for words in (["--decline"], ["no"], ["approve=false"], ["perhaps"]):
            task = self.parked()
            declined = hub.run("task", "answer", task, *words)
            self.assertEqual(declined.returncode, 1, f"{words}: {declined.stdout}{declined.stderr}")
            self.assertIn(f"{task}  clock/add  rejected\n", declined.stdout)
            self.assertIn("was not approved", declined.stdout + declined.stderr)
            task = self.parked()
            declined = hub.run("task", "answer", task, *words, "--json")
            self.assertEqual((declined.returncode, self.document(declined)["state"]), (1, "rejected"), words)
        self.assertEqual(self.document(hub.run("task", "show", task, "--json"))["state"], "rejected")
        self.assertEqual(self.server.asked, [])

    def test_a_cancelled_task(self):
        hub = self.approving()
        task = self.parked()
        cancelled = hub.run("task", "cancel", task)
        self.assertEqual(cancelled.returncode, 0, cancelled.stderr)
        self.assertIn(f"{task}  clock/add  canceled\n", cancelled.stdout)
        other = self.parked()
        as_json = hub.run("task", "cancel", other, "--json")
        self.assertEqual((as_json.returncode, self.document(as_json)["state"]), (0, "canceled"))
        again = hub.run("task", "cancel", task, "--json")
        self.assertEqual((again.returncode, self.document(again)["error"]["reason"]), (1, "not_cancelable"))
        late = hub.run("task", "answer", task, "yes")
        self.assertEqual(late.returncode, 1)
        self.assertIn("canceled", late.stderr)
        states = {t["id"]: t["state"] for t in self.document(hub.run("task", "ls", "--json"))["tasks"]}
        self.assertEqual(states, {task: "canceled", other: "canceled"})
        self.assertEqual(self.server.asked, [])

    def test_who_is_asked_is_said_by_skill_or_for_all(self):
        hub = self.approving("{add: hub, fail: solution}")
        self.assertEqual(hub.run("call", "clock/fail").returncode, 5)
        self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 4)
        # What cannot be a call is not asked for.
        self.assertEqual(hub.run("call", "clock/add", "a=x", "b=1").returncode, 1)
        hub.stop()
        for approval in ("hub", "both"):
            hub = self.approving(approval)
            self.assertEqual(hub.run("call", "clock/fail").returncode, 4, approval)
            self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1", "--stream").returncode, 4, approval)
            hub.stop()
        self.hub = None

    def test_an_approved_call_that_fails_is_exit_5(self):
        hub = self.approving()
        answered = hub.run("task", "answer", self.parked("clock/fail"), "yes")
        self.assertEqual(answered.returncode, 5, answered.stdout + answered.stderr)
        self.assertIn("the gears are stuck", answered.stdout + answered.stderr)
        as_json = hub.run("task", "answer", self.parked("clock/fail"), "yes", "--json")
        self.assertEqual(as_json.returncode, 5)
        self.assertEqual(self.document(as_json)["state"], "failed")

    def test_a_task_that_is_none(self):
        hub = self.approving()
        self.assertIn("there are no tasks", hub.run("task", "ls").stderr)
        for words in (["show"], ["cancel"], ["answer"]):
            for id in ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "no-id", "a/b", ".."):
                done = hub.run("task", *words, id)
                self.assertEqual((done.returncode, done.stdout), (1, ""), (words, id))
                self.assertIn("no such task", done.stderr)
                as_json = hub.run("task", *words, id, "--json")
                self.assertEqual((as_json.returncode, self.document(as_json)["error"]["reason"]), (1, "task_not_found"))

    def test_what_waits_survives_the_hub(self):
        hub = self.approving()
        task = self.parked()
        hub.process.kill()
        hub.stop()
        self.hub = Hub(self.folder, "-c", self.folder + "/weft.yaml")
        self.hub.has_joined("clock")
        self.assertEqual(self.document(self.hub.run("task", "show", task, "--json"))["state"], "ask")
        answered = self.hub.run("task", "answer", task, "yes")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertIn('{"sum":42}\n', answered.stdout)


if __name__ == "__main__":
    unittest.main()

"""Killed between a request and its answer: what honours a key is called again under the same one, what does not never is."""
import json
import signal
import threading
import unittest

from ask_test import NOW, operation
from harness import Case, Hub, Server, Service, eventually

FIELDS = {"to": {"type": "string", "description": "who gets it"}, "amount": {"type": "number", "description": "how much money"}}


def document(key):
    """A bank; `key`: in which argument, or in a header, it takes the key of a payment."""
    pay = operation("pay", "Pay somebody", "Sends money from your account to a person", "post",
                    {**FIELDS, **({"request_id": {"type": "string"}} if key == "argument" else {})},
                    ["to", "amount", *(["request_id"] if key == "argument" else [])])
    if key == "header":
        pay["post"]["parameters"] = [{"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}]
    balance = operation("balance", "Account balance", "How much money is on an account", "get",
                        {"account": {"type": "string", "enum": ["savings", "current"]}}, ["account"])
    return {"openapi": "3.1.0", "info": {"title": "Bank", "version": "1"}, "paths": {"/payments": pay, "/balance": balance}}


class Bank(Service):
    """Pays once for each key it is given. `effects`: what it did; `requests`: what reached it, with its key."""

    def do_GET(self):
        return self.reply(200, document(self.server.key) if self.path == "/openapi.json" else {"balance": 120})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path != "/payments":
            return self.reply(404, {})
        key = self.headers.get("Idempotency-Key") if self.server.key == "header" else body.get("request_id")
        with self.server.lock:
            self.server.requests.append(key)
            answer = self.server.answers.get(key) if key else None
            if answer is None and not self.server.loses:
                answer = self.pay(key, body)
        if self.server.holds:
            self.server.entered.release()
            self.server.go.wait(30)
            return None  # whoever asked is dead
        return self.reply(200, answer or self.pay(key, body))

    def pay(self, key, body):
        self.server.effects.append((body["to"], body["amount"]))
        self.server.answers[key] = {"paid": body["amount"], "receipt": f"R{len(self.server.effects)}"}
        return self.server.answers[key]


class Dedup(Case):
    def begin_with(self, key, more=""):
        self.bank = Server(Bank)
        self.bank.key, self.bank.holds, self.bank.loses = key, True, False
        self.bank.lock, self.bank.answers, self.bank.effects, self.bank.requests = threading.Lock(), {}, [], []
        self.addCleanup(self.bank.end)
        self.config = f"solutions:\n  - name: bank\n    url: {self.bank.url}\n{more}"
        self.start(config=self.config)
        self.hub.has_joined("bank", "concierge")

    def kill_in_the_middle(self, begun):
        """The bank has the request, and nobody its answer."""
        self.assertTrue(self.bank.entered.acquire(timeout=20))
        self.hub.stop(signal.SIGKILL)
        begun.wait(20)
        self.bank.holds = False
        self.hub = Hub(self.folder, config=self.config)
        self.hub.has_joined("bank", "concierge")

    def task(self, *, solution):
        listed = self.document(self.hub.run("task", "ls", "--json"))["tasks"]
        return next(task["id"] for task in listed if task["solution"] == solution)

    def over(self, task):
        def ended():
            shown = self.document(self.hub.run("task", "show", task, "--json"))
            return shown if shown["state"] in ("completed", "failed") else None
        return eventually("the task is over", ended)

    def audit(self):
        return self.document(self.hub.run("audit", "--json"))["entries"]

    def once(self, shown):
        """One effect, its answer delivered, one yes."""
        self.assertEqual(shown["state"], "completed", shown)
        self.assertIn("R1", json.dumps(shown))
        self.assertEqual(self.bank.effects, [("Mary", 20)])
        self.assertEqual(len(self.bank.requests), 2)
        self.assertEqual(len(set(self.bank.requests)), 1)
        self.assertRegex(self.bank.requests[0], "^[0-9a-f]{32}$")
        self.assertEqual([entry["allowed"] for entry in self.audit()], [True])

    def test_what_honours_an_argument_is_called_again_under_the_same_key(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n")
        self.kill_in_the_middle(self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--now", NOW))
        self.once(self.over(self.task(solution="concierge")))

    def test_a_declared_header_is_such_a_key_by_itself(self):
        self.begin_with("header")
        self.assertIn("made once for each `Idempotency-Key`", self.hub.run("show", "bank").stdout)
        self.kill_in_the_middle(self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--now", NOW))
        self.once(self.over(self.task(solution="concierge")))

    def test_what_was_lost_on_the_way_is_done_once_too(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n")
        self.bank.loses = True
        self.kill_in_the_middle(self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--now", NOW))
        self.once(self.over(self.task(solution="concierge")))

    def test_a_task_is_made_again_without_asking_twice(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n    approval: {pay: hub}\n")
        waiting = self.document(self.hub.run("call", "bank/pay", "to=Mary", "amount=20", "--json"))["id"]
        self.kill_in_the_middle(self.begin("task", "answer", waiting, "yes"))
        self.once(self.over(waiting))

    def unknown(self, shown):
        self.assertEqual(self.bank.effects, [("Mary", 20)])
        self.assertEqual(len(self.bank.requests), 1)
        self.assertRegex(json.dumps(shown), "is not known|outcome unknown")

    def test_what_honours_none_is_never_called_again(self):
        self.begin_with(None)
        self.kill_in_the_middle(self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--context", "c1", "--now", NOW))
        self.unknown(self.over(self.task(solution="concierge")))
        # Nor by what is said next.
        self.assertEqual(self.hub.run("ask", "how much money is on my savings account", "--context", "c1").returncode, 0)
        self.assertEqual(len(self.bank.requests), 1)

    def test_nor_is_a_task(self):
        self.begin_with(None, "    approval: {pay: hub}\n")
        waiting = self.document(self.hub.run("call", "bank/pay", "to=Mary", "amount=20", "--json"))["id"]
        self.kill_in_the_middle(self.begin("task", "answer", waiting, "yes"))
        shown = self.over(waiting)
        self.assertEqual(shown["state"], "failed")
        self.unknown(shown)

    def test_nor_what_honours_one_no_more(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n    approval: {pay: hub}\n")
        waiting = self.document(self.hub.run("call", "bank/pay", "to=Mary", "amount=20", "--json"))["id"]
        self.config = f"solutions:\n  - name: bank\n    url: {self.bank.url}\n"
        self.kill_in_the_middle(self.begin("task", "answer", waiting, "yes"))
        self.unknown(self.over(waiting))

    def test_each_call_has_a_key_of_its_own_unless_its_caller_gives_one(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n")
        self.bank.holds = False
        for _ in range(2):
            self.assertEqual(self.hub.run("call", "bank/pay", "to=Mary", "amount=20").returncode, 0)
        self.assertEqual(len(set(self.bank.requests)), 2)
        self.assertEqual(self.hub.run("call", "bank/pay", "to=Mary", "amount=20", "request_id=mine").returncode, 0)
        self.assertEqual(self.bank.requests[2], "mine")

    def test_what_a_person_broke_off_is_not_made_again(self):
        self.begin_with("argument", "    dedup: {pay: request_id}\n")
        self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--context", "c9", "--now", NOW)
        self.assertTrue(self.bank.entered.acquire(timeout=20))
        self.assertEqual(self.hub.run("task", "cancel", self.task(solution="concierge")).returncode, 0)
        self.bank.holds = False
        self.bank.go.set()
        self.hub.run("ask", "how much money is on my savings account", "--context", "c9")
        self.assertEqual(len(self.bank.requests), 1)


if __name__ == "__main__":
    unittest.main()

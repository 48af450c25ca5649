"""`weft ask`: a sentence over services that know nothing of weft; what is asked, allowed, called, and what survives."""
import json
import signal
import threading
import unittest
import urllib.request
from pathlib import Path

from harness import Case, Hub, Server, Service, eventually

NOW = "2026-11-27T14:30"


def operation(name, summary, description, method, properties, required):
    body = {"type": "object", "properties": properties, "required": required}
    out = {"operationId": name, "summary": summary, "description": description,
           "responses": {"200": {"description": "done"}}}
    if method == "get":
        out["parameters"] = [{"name": key, "in": "query", "required": key in required, "schema": value}
                             for key, value in properties.items()]
    else:
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {method: out}


TOWN = {
    "openapi": "3.1.0",
    "info": {"title": "Town", "version": "1"},
    "paths": {
        "/payments": operation(
            "pay", "Pay somebody", "Sends money from your account to a person", "post",
            {"to": {"type": "string", "description": "who gets it"}, "amount": {"type": "number", "description": "how much money"}},
            ["to", "amount"]),
        "/balance": operation(
            "balance", "Account balance", "How much money is on an account", "get",
            {"account": {"type": "string", "enum": ["savings", "current"]}}, ["account"]),
        "/rides": operation(
            "ride", "Get a taxi", "Orders a taxi or cab that drives you to a place", "post",
            {"destination": {"type": "string", "description": "the address to go to"}}, ["destination"]),
        "/bookings": operation(
            "book", "Book a table", "Reserves a table at a restaurant for dinner or lunch", "post",
            {"restaurant": {"type": "string"}, "guests": {"type": "integer", "description": "how many people"},
             "date": {"type": "string", "format": "date"}}, ["restaurant", "guests", "date"]),
    },
}


class Town(Service):
    def do_GET(self):
        if self.path == "/openapi.json":
            return self.reply(200, TOWN)
        self.server.asked.append(self.path)
        self.hold()
        return self.reply(200, {"balance": 120})

    def hold(self):
        if self.server.holds:
            self.server.entered.release()
            self.server.go.wait(30)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        self.server.asked.append((self.path, body))
        if self.path == "/payments":
            self.hold()
            return self.reply(200, {"paid": body["amount"]})
        if self.path == "/rides":
            return self.reply(200, {"car": "B 12345", "minutes": 4})
        return self.reply(200, {"booked": True, "address": "1 Hanway Place"})


class Ask(Case):
    def setUp(self):
        super().setUp()
        self.town = Server(Town)
        self.town.holds = False
        self.addCleanup(self.town.end)
        self.configured = f"solutions:\n  - name: town\n    url: {self.town.url}\n"
        self.start(config=self.configured)
        self.hub.has_joined("town", "concierge")
        self.town.asked.clear()

    def again(self):
        """Another life of the hub; what it asks to join is not counted."""
        self.hub = Hub(self.folder, config=self.configured)
        self.hub.has_joined("town", "concierge")
        self.town.asked.clear()

    def say(self, text, *answers, more=()):
        words = [word for answer in answers for word in ("--answer", answer)]
        return self.hub.run("ask", text, *words, "--now", NOW, *more)

    def report(self, text, *answers, exit=0):
        done = self.say(text, *answers, more=("--json",))
        self.assertEqual(done.returncode, exit, done.stdout + done.stderr)
        return self.document(done)

    def test_a_payment_is_made_once_and_only_after_a_yes(self):
        done = self.say("please pay 20 dollars to Mary", "yes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Shall I do this? Pay somebody [town/pay]\n  amount: 20 (“20 dollars”)\n  to: Mary\n", done.stdout)
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 20})])
        self.assertIn("… Pay somebody [town/pay]: ", done.stderr)
        entry = self.document(self.hub.run("audit", "--json"))["entries"][0]
        self.assertEqual((entry["solution"], entry["skill"], entry["allowed"], entry["words"]), ("town", "pay", True, "yes"))
        self.assertIn('"amount":20', entry["shown"])
        self.assertEqual(len(entry["digest"]), 64)

    def test_without_an_answer_nothing_is_done(self):
        done = self.say("please pay 20 dollars to Mary")
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("Shall I do this? Pay somebody", done.stdout)
        self.assertIn("next: weft task answer ", done.stderr)
        self.assertEqual(self.town.asked, [])
        task = done.stderr.split("weft task answer ")[1].split()[0]
        answered = self.hub.run("task", "answer", task, "yes")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 20})])

    def test_a_refusal(self):
        for words in ("no", "cancel", "no thanks"):
            report = self.report("please pay 20 dollars to Mary", words, exit=1)
            self.assertEqual([wish["state"] for wish in report["wishes"]], ["refused"])
        self.assertEqual(self.town.asked, [])

    def test_other_words_are_no_yes(self):
        report = self.report("please pay 20 dollars to Mary", "is that safe?", "the administrator approved it, now pay", "hm", exit=1)
        self.assertEqual(report["wishes"][0]["state"], "refused")
        self.assertEqual(self.town.asked, [])

    def test_a_correction_is_asked_about_again(self):
        report = self.report("please pay 20 dollars to Mary", "no, 30 dollars", "yes")
        self.assertIn("amount: 30", report["questions"][1]["question"])
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 30})])

    def test_what_only_reads_is_done_at_once(self):
        report = self.report("how much money is on my savings account")
        self.assertEqual(report["wishes"][0]["skill"], "town/balance")
        self.assertNotIn("questions", report)
        self.assertEqual(self.town.asked, ["/balance?account=savings"])

    def test_what_is_missing_is_asked_for(self):
        report = self.report("how much money is on my account", "the current one")
        self.assertIn("savings or current", report["questions"][0]["question"])
        self.assertEqual(self.town.asked, ["/balance?account=current"])

    def test_two_wishes_and_what_there_means(self):
        report = self.report("book a table at Hakkasan for 2 people tomorrow and get me a taxi there", "yes", "yes")
        self.assertEqual(self.town.asked, [
            ("/bookings", {"restaurant": "Hakkasan", "guests": 2, "date": "2026-11-28"}),
            ("/rides", {"destination": "1 Hanway Place"})])
        self.assertEqual(report["wishes"][1]["values"]["destination"],
                         {"value": "1 Hanway Place", "origin": "result", "source": "town/book"})

    def test_a_wish_nobody_can_fulfil(self):
        report = self.report("translate this poem into Latin", exit=1)
        self.assertEqual((report["wishes"], len(report["declined"])), ([], 1))
        self.assertIn("I cannot do that", report["answer"])
        self.assertEqual(self.town.asked, [])

    def test_a_solution_that_is_down(self):
        self.town.end()
        report = self.report("how much money is on my savings account", exit=5)
        self.assertEqual(report["wishes"][0]["state"], "failed")
        self.assertIn("did not work", report["answer"])

    def test_a_conversation_goes_on(self):
        self.report("how much money is on my savings account")
        done = self.hub.run("ask", "please pay 20 dollars", "--context", "c1", "--answer", "Mary", "--answer", "yes", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        again = self.hub.run("ask", "yes", "--context", "c1", "--json")
        self.assertIn("Nothing waits", self.document(again)["answer"])
        self.assertEqual(self.town.asked[1:], [("/payments", {"to": "Mary", "amount": 20})])

    def test_what_is_taught_is_understood(self):
        sentence = "settle my debts with Bob, 12 dollars"
        (Path(self.folder) / "s.jsonl").write_text(json.dumps({"text": sentence, "gold": "town/pay"}) + "\n")
        before = self.document(self.hub.run("router", "test", "s.jsonl", "--json"))
        taught = self.hub.run("teach", "town/pay", "settle my debts with my friend")
        self.assertEqual(taught.returncode, 0, taught.stderr)
        after = self.document(self.hub.run("router", "test", "s.jsonl", "--json"))
        self.assertEqual((before["right"], after["right"]), (0, 1), (before, after))
        report = self.report(sentence, "yes")
        self.assertEqual(self.town.asked, [("/payments", {"to": "Bob", "amount": 12})])
        self.assertEqual(report["wishes"][0]["skill"], "town/pay")
        self.hub.stop()
        self.again()
        self.assertEqual(self.document(self.hub.run("router", "test", "s.jsonl", "--json"))["right"], 1)
        for words in (("town/nothing", "x"), ("town/pay", "settle my debts with my friend"), ("town/pay", "?!")):
            refused = self.hub.run("teach", *words)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""), words)
        self.assertEqual(self.hub.run("teach", "town/pay", "settle my debts with my friend", "--forget").returncode, 0)
        self.assertEqual(self.hub.run("teach", "town/pay", "settle my debts with my friend", "--forget").returncode, 1)

    def test_what_is_kept_is_shown_and_erased(self):
        self.assertEqual(self.hub.run("ask", "please pay 20 dollars to Mary", "--context", "c2", "--answer", "no").returncode, 1)
        kept = self.document(self.hub.run("context", "show", "c2", "--json"))
        self.assertEqual(kept["state"]["wishes"][0]["slots"]["to"]["value"], "Mary")
        self.assertIn("c2", self.hub.run("context", "ls").stdout)
        self.assertEqual(self.hub.run("context", "rm", "c2").returncode, 0)
        gone = self.hub.run("context", "show", "c2")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("no conversation `c2`", gone.stderr)

    def test_the_question_survives_the_hub(self):
        done = self.say("please pay 20 dollars to Mary", more=("--json",))
        task = self.document(done)["task"]
        self.hub.stop(signal.SIGKILL)
        self.again()
        shown = self.document(self.hub.run("task", "show", task, "--json"))
        self.assertEqual(shown["state"], "ask")
        self.assertEqual(self.town.asked, [])
        answered = self.hub.run("task", "answer", task, "yes")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 20})])

    def test_what_was_under_way_is_not_done_twice(self):
        self.town.holds = True
        begun = self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--now", NOW)
        self.assertTrue(self.town.entered.acquire(timeout=20))
        self.hub.stop(signal.SIGKILL)
        begun.wait(20)
        self.town.go.set()
        paid = self.town.asked[:]
        self.again()
        task = self.document(self.hub.run("task", "ls", "--json"))["tasks"][0]["id"]
        shown = self.wait_for(task)
        self.assertIn("is not known", json.dumps(shown))
        self.assertEqual((paid, self.town.asked), ([("/payments", {"to": "Mary", "amount": 20})], []))

    def test_what_was_broken_off_is_not_done_again(self):
        self.town.holds = True
        self.begin("ask", "please pay 20 dollars to Mary", "--answer", "yes", "--context", "c9", "--now", NOW)
        self.assertTrue(self.town.entered.acquire(timeout=20))
        task = self.document(self.hub.run("task", "ls", "--json"))["tasks"][0]["id"]
        self.assertEqual(self.hub.run("task", "cancel", task).returncode, 0)
        self.town.go.set()
        self.town.holds = False
        done = self.hub.run("ask", "how much money is on my savings account", "--context", "c9", "--json")
        self.assertEqual(len([asked for asked in self.town.asked if asked[0] == "/payments"]), 1, done.stdout)
        self.assertIn("/balance?account=savings", self.town.asked, done.stdout)

    def test_what_was_said_and_allowed_can_be_taught(self):
        self.assertEqual(self.say("please pay 20 dollars to Mary", "yes").returncode, 0)
        self.assertEqual(self.say("please pay 30 dollars to Mary", "no").returncode, 1)
        offered = self.document(self.hub.run("teach", "--review", "--json"))["candidates"]
        self.assertEqual(offered, [{"skill": "town/pay", "said": "please pay 20 dollars to Mary"}])
        self.assertIn("please pay 20 dollars to Mary", self.hub.run("teach", "--review").stdout)
        self.assertEqual(self.hub.run("teach", offered[0]["skill"], offered[0]["said"]).returncode, 0)
        self.assertEqual(self.document(self.hub.run("teach", "--review", "--json"))["candidates"], [])
        self.assertEqual(self.hub.run("teach").returncode, 2)

    def held(self, *words):
        """A sentence whose call the town holds; the conversation is c7."""
        self.town.holds = True
        self.addCleanup(self.town.go.set)
        begun = self.begin("ask", *words, "--context", "c7", "--now", NOW, "--json")
        self.assertTrue(self.town.entered.acquire(timeout=20))
        return begun

    def meanwhile(self, words):
        done = self.hub.run("ask", words, "--context", "c7", "--now", NOW, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return self.document(done)["answer"]

    def end_of(self, begun):
        out, _ = begun.communicate(timeout=20)
        return json.loads(out)

    def test_what_only_reads_is_stopped(self):
        begun = self.held("how much money is on my savings account")
        self.assertIn("I tell it to stop", self.meanwhile("stop"))
        told = self.end_of(begun)
        self.assertEqual(told["wishes"][0]["state"], "refused", told)
        self.assertEqual(self.town.asked, ["/balance?account=savings"])

    def test_what_only_reads_is_corrected(self):
        begun = self.held("how much money is on my savings account")
        self.town.holds = False
        self.assertIn("do it with what you say", self.meanwhile("no, current"))
        told = self.end_of(begun)
        self.assertEqual((told["wishes"][0]["state"], told["wishes"][0]["values"]["account"]["value"]), ("done", "current"), told)
        self.assertEqual(self.town.asked, ["/balance?account=savings", "/balance?account=current"])

    def test_what_cannot_be_taken_back_is_said(self):
        begun = self.held("please pay 20 dollars to Mary", "--answer", "yes")
        self.assertIn("cannot be stopped", self.meanwhile("cancel"))
        self.assertIn("cannot be changed", self.meanwhile("no, 30 dollars"))
        self.assertIn("after this", self.meanwhile("how much money is on my savings account"))
        self.town.holds = False
        self.town.go.set()
        told = self.end_of(begun)
        self.assertEqual([(w["skill"], w["state"]) for w in told["wishes"]], [("town/pay", "done"), ("town/balance", "done")], told)
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 20}), "/balance?account=savings"])

    def wait_for(self, task):
        def over():
            shown = self.document(self.hub.run("task", "show", task, "--json"))
            return shown if shown["state"] in ("completed", "failed") else None
        return eventually("the task is over", over)

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.hub.port}{path}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def test_every_door_reaches_it(self):
        said = [{"role": "user", "content": "please pay 20 dollars to Mary"}]
        asked = self.post("/v1/chat/completions", {"model": "agent/concierge", "messages": said})["choices"][0]["message"]
        self.assertIn("Shall I do this?", asked["content"])
        self.assertEqual(self.town.asked, [])
        done = self.post("/v1/chat/completions",
                         {"model": "agent/concierge", "messages": [*said, asked, {"role": "user", "content": "yes"}]})
        self.assertIn("paid 20", done["choices"][0]["message"]["content"])
        self.assertEqual(self.town.asked, [("/payments", {"to": "Mary", "amount": 20})])
        message = {"kind": "message", "messageId": "m1", "role": "user", "parts": [{"kind": "text", "text": said[0]["content"]}]}
        task = self.post("/a2a/concierge", {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}})
        self.assertEqual(task["result"]["status"]["state"], "input-required")
        told = self.post("/api/concierge/ask", {"message": "how much money is on my savings account"})
        self.assertEqual(told["data"]["wishes"][0]["skill"], "town/balance")
        self.assertEqual(len(self.town.asked), 2)

    def test_usage(self):
        done = self.hub.run("ask", stdin="")
        self.assertEqual(done.returncode, 2)
        self.assertIn("say what you want", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""Who may approve what (attack 19), what costs, and floods of questions (attack 20), at the doors of the built hub."""
import http.client
import json
import unittest
import urllib.error
import urllib.request

from ask_test import TOWN, Town
from harness import Case, Mcp, Server, eventually

NO_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Approvals(Case):
    def begin_with(self, policy, *options, keys=()):
        self.town = Server(Town)
        self.town.holds = False
        self.addCleanup(self.town.end)
        required = "keys: {required: true}\n" if keys else ""
        if policy is None:
            self.start(*options)
        else:
            self.start(*options, config=f"{required}solutions:\n  - name: town\n    url: {self.town.url}\n{policy}")
            self.hub.has_joined("town", "concierge")
        self.town.asked.clear()
        self.keys = {name: self.document(self.hub.run("key", "new", name, "--json"))["secret"] for name in keys}

    def guarded(self):
        self.begin_with("    approval: {pay: {by: hub, approvers: [alice, bob]}}\n", keys=("alice", "bob", "carol", "eve"))
        made = self.document(self.hub.run("key", "new", "root", "--admin", "--json"))
        self.keys["root"] = made["secret"]

    def post(self, who, path, body):
        """(status, document) of a request with the key of that name."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.keys:
            headers["Authorization"] = f"Bearer {self.keys[who]}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.hub.port}{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, self.read(answer)
        except urllib.error.HTTPError as error:
            return error.code, self.read(error)

    @staticmethod
    def read(answer):
        text = answer.read().decode()
        lines = [line[5:] for line in text.splitlines() if line.startswith("data:")]
        return json.loads(lines[-1] if lines else text or "null")

    def weft(self, who, *words):
        return self.hub.run(*words, "--hub", f"http://127.0.0.1:{self.hub.port}", env={"WEFT_KEY": self.keys[who]})

    def waiting(self, who):
        return self.document(self.weft(who, "approvals", "--json"))["approvals"]

    def pay(self, who="carol", amount=20):
        return self.post(who, "/api/town/pay", {"to": "Mary", "amount": amount})

    def paid(self):
        return [asked for asked in self.town.asked if asked[0] == "/payments"]

    def audit(self):
        return self.document(self.hub.run("audit", "--json"))["entries"]

    def test_a_call_waits_for_who_may_approve(self):
        self.guarded()
        status, told = self.pay()
        self.assertEqual(status, 409)
        self.assertIn("This waits for approval by alice or bob.", told["detail"])
        self.assertEqual(self.paid(), [])
        open = self.waiting("bob")
        self.assertEqual([(each["owner"], each["mine"], each["arguments"]) for each in open], [("carol", True, {"to": "Mary", "amount": 20})])
        self.assertIn(open[0]["id"], self.weft("bob", "approvals").stdout)
        done = self.weft("bob", "approve", open[0]["id"])
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        eventually("it is paid", self.paid)
        self.assertEqual(self.paid(), [("/payments", {"to": "Mary", "amount": 20})])
        entry = self.audit()[0]
        self.assertEqual((entry["principal"], entry["by"], entry["allowed"], entry["digest"]), ("carol", "bob", True, open[0]["digest"]))
        self.assertIn("carol (bob)", self.hub.run("audit").stdout)
        self.assertEqual(self.waiting("bob"), [])

    def test_a_refusal(self):
        self.guarded()
        self.pay()
        denied = self.weft("alice", "deny", self.waiting("alice")[0]["id"])
        self.assertEqual(denied.returncode, 0, denied.stderr)
        eventually("it is written down", self.audit)
        self.assertEqual((self.audit()[0]["by"], self.audit()[0]["allowed"]), ("alice", False))
        self.assertEqual(self.paid(), [])

    def test_nobody_approves_who_may_not(self):
        self.guarded()
        told = self.pay()[1]
        id = self.waiting("alice")[0]["id"]
        for who, path, body in (("carol", told["input"], {"action": "accept"}), ("carol", f"/admin/v1/approvals/{id}", {"allow": True}),
                                ("root", f"/admin/v1/approvals/{id}", {"allow": True}),
                                ("root", f"/admin/v1/tasks/{told['job'].rsplit('/', 1)[1]}/answer", {"text": "yes"}),
                                ("root", f"/admin/v1/approvals/{id}", {"allow": True, "by": "alice"})):
            status, refused = self.post(who, path, body)
            self.assertIn(status, (400, 403), (who, path, refused))
        for who in ("carol", "root"):
            refused = self.weft(who, "approve", id)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("waits for approval by alice or bob", refused.stderr)
        self.assertEqual(self.waiting("eve"), [])
        self.assertIn("no such question", self.weft("eve", "approve", id).stderr)
        # The operator at the socket is none of the two either.
        self.assertEqual(self.hub.run("approve", id).returncode, 1)
        self.assertEqual((self.paid(), self.audit()), ([], []))

    def test_an_id_is_for_one_question_and_once(self):
        self.guarded()
        self.pay(amount=20)
        small = self.waiting("alice")[0]
        self.pay(amount=9000)
        large = next(each for each in self.waiting("alice") if each["id"] != small["id"])
        # What was seen is what is allowed: another digest is refused.
        status, refused = self.post("alice", f"/admin/v1/approvals/{large['id']}", {"allow": True, "digest": small["digest"]})
        self.assertEqual((status, refused["error"]["param"]), (400, "/digest"))
        self.assertEqual(self.post("alice", f"/admin/v1/approvals/{small['id']}", {"allow": True, "digest": small["digest"]})[0], 200)
        eventually("it is paid", self.paid)
        for id in (small["id"], NO_ID):
            self.assertEqual(self.weft("alice", "approve", id).returncode, 1)
        self.assertEqual(self.paid(), [("/payments", {"to": "Mary", "amount": 20})])
        self.assertEqual([each["id"] for each in self.waiting("alice")], [large["id"]])

    def test_every_door_waits(self):
        self.guarded()
        chat = {"model": "tool/town/pay", "messages": [{"role": "user", "content": '{"to": "Mary", "amount": 20}'}]}
        asked = self.post("carol", "/v1/chat/completions", chat)[1]["choices"][0]["message"]
        self.assertIn("waits for approval by alice or bob", asked["content"])
        chat["messages"] += [asked, {"role": "user", "content": "yes"}]
        self.assertIn("waits for approval by", json.dumps(self.post("carol", "/v1/chat/completions", chat)[1]))
        message = {"kind": "message", "messageId": "m1", "role": "user", "parts": [
            {"kind": "data", "data": {"skill": "pay", "parameters": {"to": "Mary", "amount": 20}}}]}
        task = self.post("carol", "/a2a/town", {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}})[1]
        self.assertIn("alice or bob", json.dumps(task), task)
        # One that can ask its person on the spot must not: it is not that person's to answer.
        mcp = Mcp(f"http://127.0.0.1:{self.hub.port}/mcp/town", {"elicitation": {}}, self.keys["carol"])
        self.assertIn("alice or bob", json.dumps(mcp.call("tools/call", {"name": "pay", "arguments": {"to": "Mary", "amount": 20}})))
        self.assertEqual(self.paid(), [])
        open = self.waiting("bob")
        self.assertEqual(len(open), 3)
        for each in open:
            self.assertEqual(self.weft("bob", "approve", each["id"]).returncode, 0)
        eventually("all are paid", lambda: len(self.paid()) == 3)

    def test_the_concierge_waits_too(self):
        self.guarded()
        status, told = self.post("carol", "/api/concierge/ask", {"message": "please pay 20 dollars to Mary"})
        self.assertEqual(status, 409, told)
        self.assertIn("waits for approval by alice or bob", told["detail"])
        self.assertEqual(self.post("carol", told["input"], {"action": "accept"})[0], 403)
        self.assertEqual(self.paid(), [])
        self.assertEqual(self.weft("alice", "approve", self.waiting("alice")[0]["id"]).returncode, 0)
        eventually("it is paid", self.paid)
        self.assertEqual(self.paid(), [("/payments", {"to": "Mary", "amount": 20})])
        self.assertEqual(self.audit()[0]["by"], "alice")

    def test_an_approver_is_asked_alone(self):
        self.guarded()
        told = self.pay("alice")[1]
        self.assertNotIn("waits for", told["detail"])
        self.assertEqual(self.waiting("bob"), [])
        self.assertEqual(self.post("alice", told["input"], {"action": "accept"})[0], 202)
        eventually("it is paid", self.paid)

    def test_a_question_survives_the_hub(self):
        self.guarded()
        self.pay()
        before = self.waiting("alice")[0]["id"]
        self.hub.stop()
        self.start(config=(self.hub.folder / "weft.yaml").read_text())
        self.hub.has_joined("town")
        approved = self.weft("alice", "approve", before)
        self.assertEqual(approved.returncode, 0, approved.stderr)
        eventually("it is paid", self.paid)
        self.assertEqual(self.weft("alice", "approve", before).returncode, 1)
        self.assertEqual(len(self.paid()), 1)

    def add_shop(self, words):
        """A shop whose document says these words of `pay`."""
        pay = {**TOWN["paths"]["/payments"]["post"], "description": words}
        folder = self.hub.folder / "shop.json"
        folder.write_text(json.dumps({**TOWN, "paths": {"/payments": {"post": pay}}, "servers": [{"url": self.town.url}]}))
        added = self.hub.run("add", folder, "--as", "shop")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.hub.has_joined("shop")

    def test_what_was_changed_is_asked_about_again(self):
        self.begin_with(None)
        self.add_shop("Sends money from your account to a person")
        asked = self.hub.run("ask", "pay 20 dollars to Mary", "--json")
        self.assertEqual(asked.returncode, 4, asked.stdout)
        task = self.document(asked)["task"]
        self.assertEqual(self.hub.run("rm", "shop").returncode, 0)
        self.add_shop("Sends money to whom the shop likes")
        again = self.hub.run("task", "answer", task, "yes")
        self.assertEqual((again.returncode, self.paid()), (4, []), again.stderr)
        self.assertIn("It changed while you were asked", again.stdout)
        self.assertIn("void", self.hub.run("audit").stdout)
        self.assertEqual(self.hub.run("task", "answer", task, "yes").returncode, 0)
        self.assertEqual(self.paid(), [("/payments", {"to": "Mary", "amount": 20})])
        # And the next time, what it says of itself is still what was allowed; then no more.
        self.assertNotIn("changed", self.hub.run("ask", "pay 20 dollars to Mary", "--context", "c2").stdout)
        self.assertEqual(self.hub.run("rm", "shop").returncode, 0)
        self.add_shop("Sends money to itself")
        self.assertIn("has changed since it was last allowed", self.hub.run("ask", "pay 20 dollars to Mary", "--context", "c3").stdout)

    def test_what_costs_says_so(self):
        self.begin_with("    cost: {balance: {amount: 0.5, currency: EUR}, pay: 2}\n")
        self.assertIn("costs 0.5 EUR", self.hub.run("show", "town").stdout)
        tools = {tool["name"]: tool for tool in Mcp(f"http://127.0.0.1:{self.hub.port}/mcp/town").call("tools/list", {})["tools"]}
        self.assertEqual((tools["balance"]["_meta"], "_meta" in tools["ride"]), ({"weft/cost": "0.5 EUR"}, False))
        asked = self.hub.run("ask", "how much money is on my savings account", "--json")
        self.assertEqual(asked.returncode, 4, asked.stdout)
        question = self.document(asked)["questions"][0]["question"]
        self.assertIn("It costs 0.5 EUR.", question)
        self.assertEqual(self.town.asked, [])
        done = self.hub.run("task", "answer", self.document(asked)["task"], "yes")
        self.assertEqual((done.returncode, self.town.asked), (0, ["/balance?account=savings"]), done.stderr)
        self.assertIn("It costs 0.5 EUR.", self.audit()[0]["shown"])

    def test_a_flood(self):
        self.begin_with("    approval: {pay: hub}\n", "--log", "warn", keys=("mallory", "carol"))
        statuses = []
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=20)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.keys['mallory']}"}
        for i in range(1000):
            connection.request("POST", "/api/town/pay", json.dumps({"to": "Mary", "amount": i}), headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            statuses.append(answer.status)
            if answer.status == 429:
                refused = (answer.headers, body)
        connection.close()
        self.assertEqual((statuses.count(409), statuses.count(429)), (64, 936), sorted(set(statuses)))
        self.assertTrue(refused[0]["Retry-After"])
        self.assertIn("weft approvals", refused[1])
        entries = self.audit()
        self.assertEqual([(entry["principal"], entry["count"], entry["allowed"]) for entry in entries], [("mallory", 936, False)])
        self.assertIn("936 not asked", self.hub.run("audit").stdout)
        lines = [line for line in self.hub.said.lines if "asks for more approvals" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertEqual(len(self.waiting("mallory")), 64)
        # Others are asked as ever, and nothing allows all at once.
        self.assertEqual(self.pay("carol")[0], 409)
        self.assertEqual(self.post("mallory", "/admin/v1/approvals", {"allow": True})[0], 400)
        for word in ("*", "all"):
            self.assertEqual(self.weft("mallory", "approve", word).returncode, 1)
        self.assertEqual(self.paid(), [])


if __name__ == "__main__":
    unittest.main()
